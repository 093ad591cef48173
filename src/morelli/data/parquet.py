"""Parquet shards as a source, wherever their bytes are.

A shard is read by exact byte ranges, each once: the footer, then the columns beside the images,
then the image columns of the row groups that hold chosen works.
"""

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data.collection import OWN_COLUMNS, TASKS, described_names
from morelli.data.parallel import ordered_map
from morelli.data.source import Labels, Raw, number_names
from morelli.errors import BadSource
from morelli.progress import Progress, Silent

_MAGIC = b"PAR1"
_READERS = 8


@dataclass(frozen=True)
class ShardFile:
    """One Parquet file: its name, its size in bytes, and how to read bytes [start, end)."""

    name: str
    size: int
    read: Callable[[int, int], bytes]


class _Ranges(io.RawIOBase):
    """A seekable file that reads exactly what it is asked for."""

    def __init__(self, file: ShardFile) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}
        self._position = base[whence] + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._file.size if size is None or size < 0 else self._position + size
        start, end = self._position, min(wanted, self._file.size)
        if end <= start:
            return b""
        self._position = end
        return self._file.read(start, end)


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
        return self.footer(0).schema.to_arrow_schema()

    @property
    def columns(self) -> dict[str, str]:
        """Names and types of the first shard's columns."""
        named = described_names(self._schema)
        return {
            each.name: "class name" if each.name in named else str(each.type)
            for each in self._schema
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
            each.name
            for each in self._schema
            if each.name not in (*tasks, *OWN_COLUMNS) and _is_plain(each.type)
        ]
        indices = range(len(self.files))
        read = ordered_map(
            lambda shard: self._beside(shard, tasks, extra),
            indices,
            workers=min(_READERS, len(indices)),
            ahead=2 * _READERS,
        )
        travels = "revision" in self.about  # read locally, labels are there at once
        heard = progress if progress is not None and travels else Silent()
        tables = []
        for each in read:
            tables.append(each)
            heard.step("labels", len(tables), len(indices), "shards")
        table = pa.concat_tables(tables)
        numbered = {task: self._numbered(task, table[task]) for task in tasks}
        sizes = [self._group_sizes(shard) for shard in indices]
        rows = [np.arange(sum(each)) for each in sizes]
        return Labels(
            shards=np.repeat(np.arange(len(rows)), [len(each) for each in rows]),
            rows=np.concatenate(rows),
            groups=np.concatenate([np.repeat(np.arange(len(each)), each) for each in sizes]),
            tasks={task: labels for task, (labels, _) in numbered.items()},
            class_names={task: names for task, (_, names) in numbered.items()},
            extra=table.select(extra),
        )

    def images(self, shard: int, group: int, rows: Sequence[int]) -> list[Raw]:
        """Read the image column of one row group and keep the chosen rows."""
        first = sum(self._group_sizes(shard)[:group])
        with _readable(self.files[shard]):
            column = self._open(shard).read_row_group(group, columns=["image"])["image"]
        chosen = column.take(pa.array([row - first for row in rows], pa.int64()))
        if not pa.types.is_struct(column.type):
            return [Raw(data, None) for data in chosen.to_pylist()]
        return [
            Raw(each["bytes"], each.get("path")) if each else Raw(None, None)
            for each in chosen.to_pylist()
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
        # Ranges that lie under 8 KiB apart are read as one: fewer requests, and no byte twice where
        # a row group's images fill more than that.
        footer = self.footer(shard)
        return pq.ParquetFile(_Ranges(self.files[shard]), metadata=footer, pre_buffer=True)

    def _beside(self, shard: int, tasks: list[str], extra: list[str]) -> pa.Table:
        """Read the label columns and the plain extra ones of a shard."""
        schema = self.footer(shard).schema.to_arrow_schema()
        lacking = [name for name in ("image", *tasks, *extra) if name not in schema.names]
        if lacking:
            raise BadSource(
                f"{self.files[shard].name} has the columns {', '.join(schema.names)}; "
                f"it lacks {', '.join(lacking)}"
            )
        image = schema.field("image").type
        if not (_is_bytes(image) or (pa.types.is_struct(image) and _has_bytes(image))):
            raise BadSource(f"{self.files[shard].name}: column 'image' is {image}, not image bytes")
        wanted = [*tasks, *extra]
        first = self._schema
        for name in wanted:
            if schema.field(name).type != first.field(name).type:
                raise BadSource(
                    f"{self.files[shard].name}: column {name!r} is {schema.field(name).type}, "
                    f"in the first shard {first.field(name).type}"
                )
        names, known = described_names(schema), described_names(first)
        for task in tasks:
            if names.get(task, known.get(task)) != known.get(task):
                raise BadSource(
                    f"{self.files[shard].name}: the class names of {task!r} are not those of the "
                    f"first shard, {self.files[0].name}; ingest the two apart"
                )
        with _readable(self.files[shard]):
            table = self._open(shard).read(columns=wanted)
        return pa.table({name: _decoded(table[name]) for name in wanted})

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


@contextmanager
def _readable(file: ShardFile) -> Iterator[None]:
    """Turn what damaged bytes make of a reader into a `BadSource`."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise BadSource(f"{file.name} is a damaged Parquet file: {reason}") from None


def _is_bytes(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _has_bytes(kind: Any) -> bool:
    return kind.get_field_index("bytes") >= 0 and _is_bytes(kind.field("bytes").type)


def _is_plain(kind: Any) -> bool:
    return not (pa.types.is_nested(kind) or _is_bytes(kind))


def read_footer(file: ShardFile) -> pq.FileMetaData:
    """Read a Parquet file's footer by exactly two byte ranges.

    Raises:
        BadSource: If the file is no Parquet file.
    """
    tail = file.read(file.size - 8, file.size) if file.size > 12 else b""
    if tail[4:] != _MAGIC:
        raise BadSource(f"{file.name} is no Parquet file")
    (length,) = struct.unpack("<I", tail[:4])
    if length > file.size - 12:
        raise BadSource(f"{file.name} is a damaged Parquet file: its footer is cut off")
    with _readable(file):
        footer = file.read(file.size - 8 - length, file.size - 8)
        return pq.read_metadata(pa.BufferReader(_MAGIC + footer + tail))


def parquet_folder(folder: Path, files: Sequence[Path], place: str) -> ParquetSource:
    """Read a local folder of Parquet shards.

    Args:
        folder: The folder that the shards' names are relative to.
        files: The shards, in order.
        place: What the user gave.
    """
    shards = tuple(
        ShardFile(path.relative_to(folder).as_posix(), path.stat().st_size, _reader(path))
        for path in files
    )
    return ParquetSource({"kind": "parquet", "place": place}, shards)


def _reader(path: Path) -> Callable[[int, int], bytes]:
    def read(start: int, end: int) -> bytes:
        try:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        except OSError as error:
            raise BadSource(f"{path} cannot be read: {error.strerror}") from None

    return read
