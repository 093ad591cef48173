"""Parquet shards as a source: first the columns beside the images, then images by row group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data.columns import OWN_COLUMNS, described_names
from morelli.data.sources.shard_file import (
    ShardFile,
    local_shard,
    open_shard,
    read_footer,
    readable,
)
from morelli.data.sources.source import Labels, Raw, number_names
from morelli.data.tasks import TASKS
from morelli.errors import BadSource
from morelli.parallel import ordered_map
from morelli.progress import Progress, Silent

_READERS = 8


@dataclass(frozen=True)
class ParquetSource:
    """Parquet shards with an image column and label columns.

    Attributes:
        about: Kind, place, and for the Hub repository and revision.
        files: The shards, in order.
    """

    about: dict[str, str]
    files: tuple[ShardFile, ...]
    _footers: dict[int, pq.FileMetaData] = field(default_factory=dict, repr=False, compare=False)
    _labels: list[Labels] = field(default_factory=list, repr=False, compare=False)

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the files, relative to the folder that holds them all."""
        return tuple(file.name for file in self.files)

    @cached_property
    def _schema(self) -> pa.Schema:
        return self._schema_of(0)

    def _schema_of(self, shard: int) -> pa.Schema:
        return self.footer(shard).schema.to_arrow_schema()

    @property
    def columns(self) -> dict[str, str]:
        """Names and types of the first shard's columns."""
        named = described_names(self._schema)
        return {
            column.name: "class name" if column.name in named else str(column.type)
            for column in self._schema
        }

    def labels(self, progress: Progress | None = None) -> Labels:
        """Read footers and all columns beside the images, shards in parallel, once."""
        if not self._labels:
            self._labels.append(self._read_labels(progress))
        return self._labels[0]

    def _read_labels(self, progress: Progress | None) -> Labels:
        tasks = [name for name in TASKS if name in self._schema.names]
        if not tasks:
            raise BadSource(
                f"{self.files[0].name} has the columns {', '.join(self._schema.names)}; "
                f"needed: image and one of {', '.join(TASKS)}"
            )
        extra = [
            column.name
            for column in self._schema
            if column.name not in (*tasks, *OWN_COLUMNS) and _is_plain(column.type)
        ]
        table = pa.concat_tables(self._tables(tasks, extra, progress))
        numbered = {task: self._numbered(task, table[task]) for task in tasks}
        sizes = [self._group_sizes(shard) for shard in range(len(self.files))]
        rows = [np.arange(sum(groups)) for groups in sizes]
        return Labels(
            shards=np.repeat(np.arange(len(rows)), [len(numbers) for numbers in rows]),
            rows=np.concatenate(rows),
            groups=np.concatenate([np.repeat(np.arange(len(groups)), groups) for groups in sizes]),
            tasks={task: labels for task, (labels, _) in numbered.items()},
            class_names={task: names for task, (_, names) in numbered.items()},
            extra=table.select(extra),
        )

    def _tables(
        self, tasks: list[str], extra: list[str], progress: Progress | None
    ) -> Iterator[pa.Table]:
        """Read what stands beside the images, a table a shard."""
        shards = range(len(self.files))
        travels = "revision" in self.about  # read locally, labels are there at once
        listener = progress if progress is not None and travels else Silent()
        tables = ordered_map(
            lambda shard: self._beside(shard, tasks, extra),
            shards,
            workers=min(_READERS, len(shards)),
            ahead=2 * _READERS,
        )
        for done, table in enumerate(tables, 1):
            listener.step("labels", done, len(shards), "shards")
            yield table

    def images(self, shard: int, group: int, rows: Sequence[int]) -> list[Raw]:
        """Read the image column of one row group and keep the chosen rows."""
        first = sum(self._group_sizes(shard)[:group])
        with readable(self.files[shard]):
            column = self._open(shard).read_row_group(group, columns=["image"])["image"]
        chosen = column.take(pa.array([row - first for row in rows], pa.int64()))
        if not pa.types.is_struct(column.type):
            return [Raw(data, None) for data in chosen.to_pylist()]
        return [
            Raw(image["bytes"], image.get("path")) if image else Raw(None, None)
            for image in chosen.to_pylist()
        ]

    def cost(self, shard: int, group: int, rows: Sequence[int]) -> int:
        """Return the size of the row group's image column: a part of it cannot be had."""
        columns = self.footer(shard).row_group(group)
        chunks = (columns.column(number) for number in range(columns.num_columns))
        return sum(
            chunk.total_compressed_size
            for chunk in chunks
            if chunk.path_in_schema.split(".")[0] == "image"
        )

    def footer(self, shard: int) -> pq.FileMetaData:
        """Return what a shard's footer says, read once."""
        if shard not in self._footers:
            self._footers[shard] = read_footer(self.files[shard])
        return self._footers[shard]

    def _group_sizes(self, shard: int) -> list[int]:
        footer = self.footer(shard)
        return [footer.row_group(number).num_rows for number in range(footer.num_row_groups)]

    def _open(self, shard: int) -> pq.ParquetFile:
        return open_shard(self.files[shard], self.footer(shard))

    def _beside(self, shard: int, tasks: list[str], extra: list[str]) -> pa.Table:
        """Read the label columns and the plain extra ones of a shard."""
        self._check_columns(shard, tasks, extra)
        wanted = [*tasks, *extra]
        with readable(self.files[shard]):
            table = self._open(shard).read(columns=wanted)
        return pa.table({name: _decoded(table[name]) for name in wanted})

    def _check_columns(self, shard: int, tasks: list[str], extra: list[str]) -> None:
        """Refuse a shard without image bytes, or whose columns are not those of the first."""
        name, schema, first = self.files[shard].name, self._schema_of(shard), self._schema
        lacking = [column for column in ("image", *tasks, *extra) if column not in schema.names]
        if lacking:
            raise BadSource(
                f"{name} has the columns {', '.join(schema.names)}; it lacks {', '.join(lacking)}"
            )
        image = schema.field("image").type
        if not (_is_bytes(image) or (pa.types.is_struct(image) and _has_bytes(image))):
            raise BadSource(f"{name}: column 'image' is {image}, not image bytes")
        for column in (*tasks, *extra):
            kind, wanted = schema.field(column).type, first.field(column).type
            if kind != wanted:
                raise BadSource(f"{name}: column {column!r} is {kind}, in the first shard {wanted}")
        names, known = described_names(schema), described_names(first)
        for task in tasks:
            if names.get(task, known.get(task)) != known.get(task):
                raise BadSource(
                    f"{name}: the class names of {task!r} are not those of the "
                    f"first shard, {self.files[0].name}; ingest the two apart"
                )

    def _numbered(
        self, task: str, column: pa.ChunkedArray
    ) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            return number_names(column.to_pylist())
        names = described_names(self._schema).get(task)
        if names is None or not pa.types.is_integer(column.type):
            raise BadSource(
                f"{self.files[0].name}: column {task!r} is {column.type} and the file's metadata "
                "do not name its classes; needed: a class label with names, or text"
            )
        labels = column.cast(pa.int64()).fill_null(-1).to_numpy()
        if labels.size and labels.max() >= len(names):
            raise BadSource(
                f"column {task!r} holds {labels.max()}, but there are only {len(names)} names"
            )
        return labels, names


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values themselves of a column that numbers them, such as a pandas category."""
    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _has_bytes(kind: pa.DataType) -> bool:
    return kind.get_field_index("bytes") >= 0 and _is_bytes(kind.field("bytes").type)


def _is_plain(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or _is_bytes(kind))


def parquet_folder(folder: Path, files: Sequence[Path], place: str) -> ParquetSource:
    """Read a local folder of Parquet shards.

    Args:
        folder: The folder that the shards' names are relative to.
        files: The shards, in order.
        place: What the user gave.
    """
    shards = tuple(local_shard(path, folder) for path in files)
    return ParquetSource({"kind": "parquet", "place": place}, shards)
