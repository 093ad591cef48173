"""One Parquet file, wherever its bytes are, read by exact byte ranges, each once."""

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from morelli.errors import BadSource

_MAGIC = b"PAR1"


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


@contextmanager
def readable(file: ShardFile) -> Iterator[None]:
    """Turn what damaged bytes make of a reader into a `BadSource`."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise BadSource(f"{file.name} is a damaged Parquet file: {reason}") from None


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
    with readable(file):
        footer = file.read(file.size - 8 - length, file.size - 8)
        return pq.read_metadata(pa.BufferReader(_MAGIC + footer + tail))


def open_shard(file: ShardFile, footer: pq.FileMetaData) -> pq.ParquetFile:
    """Open a shard for reading, given its footer."""
    # Ranges that lie under 8 KiB apart are read as one: fewer requests, and no byte twice where
    # a row group's images fill more than that.
    return pq.ParquetFile(_Ranges(file), metadata=footer, pre_buffer=True)


def local_shard(path: Path, folder: Path) -> ShardFile:
    """Return a file of this machine, named relative to a folder."""

    def read(start: int, end: int) -> bytes:
        try:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        except OSError as error:
            raise BadSource(f"{path} cannot be read: {error.strerror}") from None

    return ShardFile(path.relative_to(folder).as_posix(), path.stat().st_size, read)
