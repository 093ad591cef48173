"""A collection: works in Parquet shards of the Hub's own form, with their class names."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data.plan import SETTINGS, read_contents
from morelli.data.tasks import UNKNOWN, check_task
from morelli.data.works import Works, class_counts
from morelli.errors import BadFolder, UserError, plain, unknown_name
from morelli.markup import html_table

QUARANTINE = "quarantine.csv"
"""The list of works that were chosen and could not be used."""


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
        labels = _numbers(table[task])
        rows = [np.arange(count) for count in self.works_per_shard]
        works = Works(
            np.array(table["work_id"].to_pylist(), dtype=np.str_),
            labels,
            self.class_names[task],
            np.repeat(np.arange(len(rows)), [len(numbers) for numbers in rows]),
            np.concatenate([np.zeros(0, np.int64), *rows]),
            _as_text(table[group]) if group else np.full(len(table), ""),
        )
        return works.take((labels >= 0) & ~np.isin(labels, self._unknown(task))).by_name()

    def _unknown(self, task: str) -> list[int]:
        """Return the labels of a task that stand for "not known" and were not asked for."""
        names = [] if self.include_unknown else self.class_names[task]
        return [label for label, name in enumerate(names) if plain(name) in UNKNOWN]

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """(shards,) index of each shard's first work in the collection's order."""
        return np.cumsum([0, *self.works_per_shard], dtype=np.int64)[:-1]

    @property
    def _columns(self) -> list[str]:
        return list(pq.read_schema(self.shard_path(0)).names) if self.shards else []

    @cached_property
    def works_per_shard(self) -> tuple[int, ...]:
        """Number of works of each shard."""
        paths = map(self.shard_path, range(len(self.shards)))
        return tuple(int(pq.read_metadata(path).num_rows) for path in paths)

    def _repr_html_(self) -> str:
        rows = [(name, f"{count:,}") for name, count in self.counts.items()]
        return html_table(f"{self.works:,} works in {self.folder}", (self.task, "works"), rows)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return the labels of a column, -1 where there is none."""
    # By way of a list: Arrow's own ways would import pandas wherever it is installed.
    values = column.to_pylist()
    return np.array([-1 if value is None else value for value in values], np.int64)


def _as_text(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    values = column.to_pylist()
    return np.array(["" if value is None else str(value) for value in values], np.str_)


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
    plan, outcome = read_contents(folder)
    strange = [name for name in plan.shards if Path(name).name != name]
    if strange:
        raise BadFolder(f"{settings} names a shard outside its folder: {strange[0]!r}")
    gone = [name for name in plan.shards if not (folder / "data" / name).is_file()]
    if gone:
        raise BadFolder(f"{folder} lacks {', '.join(gone[:3])}; ingest the collection anew")
    return Collection(
        folder=folder,
        task=plan.selection.task,
        class_names=plan.class_names,
        size=plan.size,
        include_unknown=plan.selection.include_unknown,
        source=plan.source,
        shards=plan.shards,
        works=outcome.works,
        quarantined=outcome.quarantined,
    )
