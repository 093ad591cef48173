"""A collection: works in Parquet shards of the Hub's own form, with their class names."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.errors import BadFolder, UserError, plain, unknown_name
from morelli.markup import html_table

TASKS = ("artist", "genre", "style")
"""The label columns that can be predicted."""

UNKNOWN = frozenset({plain("Unknown Artist"), plain("Unknown Genre")})
"""Class names that mean "not known": no classes to predict, unless asked for."""

FORMAT = 1
"""Version of the folder's layout; a later one is refused."""

SETTINGS = "collection.json"
QUARANTINE = "quarantine.csv"

_TRAIT_TYPES = {
    "width": pa.int32(),
    "height": pa.int32(),
    "format": pa.string(),
    "mode": pa.string(),
    "byte_count": pa.int64(),
    "compression": pa.string(),
    "has_profile": pa.bool_(),
    "orientation": pa.int32(),
    "sharpness": pa.float64(),
    "border_left": pa.int32(),
    "border_top": pa.int32(),
    "border_right": pa.int32(),
    "border_bottom": pa.int32(),
}

_HUB_TYPES = {
    "double": "float64",
    "float": "float32",
    "halffloat": "float16",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}
"""Types that the Hub's description calls by another name than Arrow does."""

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""Type of the image column, as the Hub has it."""

OWN_COLUMNS = (
    "image",
    "work_id",
    *_TRAIT_TYPES,
    "source_shard",
    "source_row",
    "source_path",
)
"""Columns that ingest writes itself; of the same name, a source's own are replaced."""


def check_task(task: str) -> None:
    """Refuse a task that does not exist.

    Raises:
        UnknownName: It names the tasks.
    """
    if task not in TASKS:
        raise unknown_name("task", task, TASKS)


def schema(class_names: Mapping[str, tuple[str, ...]], extra: pa.Schema) -> pa.Schema:
    """Return the schema of a collection's shards, with the Hub's description in its metadata.

    Args:
        class_names: For each label column of the source, its full list of class names.
        extra: Further columns that the source has, such as a title.
    """
    fields = [pa.field("image", IMAGE)]
    fields += [pa.field(task, pa.int64()) for task in class_names]
    fields += list(extra)
    fields.append(pa.field("work_id", pa.string()))
    fields += [pa.field(name, kind) for name, kind in _TRAIT_TYPES.items()]
    fields += [
        pa.field("source_shard", pa.string()),
        pa.field("source_row", pa.int64()),
        pa.field("source_path", pa.string()),
    ]
    features = {field.name: _feature(field, class_names) for field in fields}
    described = json.dumps({"info": {"features": features}}, ensure_ascii=False)
    return pa.schema(fields, metadata={"huggingface": described})


def _feature(field: pa.Field, class_names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    if field.name == "image":
        return {"_type": "Image"}
    if field.name in class_names:
        return {"names": list(class_names[field.name]), "_type": "ClassLabel"}
    kind = str(field.type)
    return {"dtype": _HUB_TYPES.get(kind, kind), "_type": "Value"}


def described_names(found: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Return the class names that a schema's Hub description gives for its label columns."""
    text = (found.metadata or {}).get(b"huggingface")
    if text is None:
        return {}
    features = json.loads(text).get("info", {}).get("features", {})
    return {
        name: tuple(feature["names"])
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and "names" in feature
    }


def class_counts(labels: npt.NDArray[np.int64], names: tuple[str, ...]) -> dict[str, int]:
    """Return the number of works of each class that has any, most first, ties by name.

    Args:
        labels: (n,) indices into `names`; -1 where there is no label.
        names: All class names.
    """
    counts = np.bincount(labels[labels >= 0], minlength=len(names)).tolist()
    pairs = [(name, count) for name, count in zip(names, counts, strict=True) if count]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True)
class Works:
    """The works of a collection that are labelled for one task, in shard order.

    Attributes:
        ids: (n,) work ids; equal where the source's bytes are equal.
        labels: (n,) indices into `class_names`.
        class_names: Names of the classes that have works, sorted.
        shards: (n,) index of each work's shard in the collection.
        rows: (n,) row of each work in its shard.
        groups: (n,) value of the group column, empty where there is none.
    """

    ids: npt.NDArray[np.str_]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    shards: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    groups: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, chosen: npt.NDArray[Any]) -> "Works":
        """Return the chosen works, by mask or indices, with labels for the classes that remain."""
        kept = np.unique(self.labels[chosen])
        return Works(
            self.ids[chosen],
            np.searchsorted(kept, self.labels[chosen]),
            tuple(self.class_names[label] for label in kept),
            self.shards[chosen],
            self.rows[chosen],
            self.groups[chosen],
        )


@dataclass(frozen=True)
class Collection:
    """A folder of works, as `morelli ingest` makes it.

    Attributes:
        folder: Where it is.
        task: The task given to ingest; the default of `train`.
        class_names: For each label column, the source's full list of class names.
        size: Short side kept in pixels; None for the original size.
        include_unknown: Whether classes that mean "not known" were asked for.
        source: What it was made from: kind, place, repository and revision.
        shards: File names of its shards, in order.
        works: Number of works.
        quarantined: Number of chosen works that could not be used.
    """

    folder: Path
    task: str
    class_names: dict[str, tuple[str, ...]]
    size: int | None
    include_unknown: bool
    source: dict[str, str]
    shards: tuple[str, ...]
    works: int
    quarantined: int

    def shard_path(self, shard: int) -> Path:
        """Return the file of a shard, by its index."""
        return self.folder / "data" / self.shards[shard]

    def table(self, columns: list[str]) -> pa.Table:
        """Read columns of all works, in shard order."""
        return pa.concat_tables(
            pq.ParquetFile(self.shard_path(shard)).read(columns=columns)
            for shard in range(len(self.shards))
        )

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of works of each class of the default task, most first."""
        works = self.labelled()
        return class_counts(works.labels, works.class_names)

    def labelled(self, task: str | None = None, group: str | None = None) -> Works:
        """Return the works that have a label for a task, with the names of their classes.

        Args:
            task: The task; by default the collection's own.
            group: A column whose equal values must stay on one side of a split.

        Raises:
            UserError: If the collection has no such column.
        """
        task = task or self.task
        check_task(task)
        if task not in self.class_names:
            raise UserError(
                f"{self.folder} has no labels for {task!r}; it has {', '.join(self.class_names)}"
            )
        columns = self._columns
        if group is not None and group not in columns:
            raise unknown_name("column", group, columns)
        table = self.table(list(dict.fromkeys(["work_id", task, *([group] if group else [])])))
        # By way of a list: Arrow's own ways would import pandas wherever it is installed.
        given = table[task].to_pylist()
        labels = np.array([-1 if each is None else each for each in given], np.int64)
        names = self.class_names[task]
        dropped = [
            index
            for index, name in enumerate(names)
            if plain(name) in UNKNOWN and not self.include_unknown
        ]
        rows = [np.arange(self._shard_rows(shard)) for shard in range(len(self.shards))]
        kept = (labels >= 0) & ~np.isin(labels, dropped)
        all_works = Works(
            np.array(table["work_id"].to_pylist(), dtype=np.str_),
            labels,
            names,
            np.repeat(np.arange(len(rows)), [len(each) for each in rows]),
            np.concatenate([np.zeros(0, np.int64), *rows]),
            _as_text(table[group]) if group else np.full(len(table), ""),
        )
        return _sorted_names(all_works.take(kept))

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """(shards,) index of each shard's first work in the collection's order."""
        rows = [self._shard_rows(shard) for shard in range(len(self.shards))]
        return np.cumsum([0, *rows], dtype=np.int64)[:-1]

    @property
    def _columns(self) -> list[str]:
        return list(pq.read_schema(self.shard_path(0)).names) if self.shards else []

    def _shard_rows(self, shard: int) -> int:
        return int(pq.read_metadata(self.shard_path(shard)).num_rows)

    def _repr_html_(self) -> str:
        rows = [(name, f"{count:,}") for name, count in self.counts.items()]
        return html_table(f"{self.works:,} works in {self.folder}", (self.task, "works"), rows)


def _as_text(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    return np.array(["" if each is None else str(each) for each in column.to_pylist()], np.str_)


def _sorted_names(works: Works) -> Works:
    order = np.argsort(np.array(works.class_names, np.str_), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    names = tuple(works.class_names[index] for index in order)
    return Works(works.ids, rank[works.labels], names, works.shards, works.rows, works.groups)


def open_collection(folder: str | Path) -> Collection:
    """Open a folder that `morelli ingest` made.

    Raises:
        BadFolder: If it is no complete collection.
    """
    folder = Path(folder)
    settings = folder / SETTINGS
    if not settings.is_file():
        raise BadFolder(
            f"{folder} is no finished collection (it has no {SETTINGS}); "
            f"make one with: morelli ingest SOURCE {folder}"
        )
    try:
        said = json.loads(settings.read_text(encoding="utf-8"))
        if said["format"] > FORMAT:
            raise BadFolder(f"{folder} was written by a newer Morelli; upgrade to read it")
        collection = Collection(
            folder=folder,
            task=said["selection"]["task"],
            class_names={task: tuple(names) for task, names in said["class_names"].items()},
            size=said["size"],
            include_unknown=said["selection"]["include_unknown"],
            source=said["source"],
            shards=tuple(said["shards"]),
            works=said["works"],
            quarantined=said["quarantined"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFolder(f"{settings} is damaged ({error!r}); ingest the collection anew") from None
    strange = [name for name in collection.shards if Path(name).name != name]
    if strange:
        raise BadFolder(f"{settings} names a shard outside its folder: {strange[0]!r}")
    gone = [name for name in collection.shards if not (folder / "data" / name).is_file()]
    if gone:
        raise BadFolder(f"{folder} lacks {', '.join(gone[:3])}; ingest the collection anew")
    return collection


def seeded_hash(seed: int, *parts: object) -> str:
    """Return a hash that orders things by chance, the same on every machine."""
    return hashlib.sha256(":".join(map(str, (seed, *parts))).encode()).hexdigest()
