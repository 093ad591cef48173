"""Shards to read, and a source that writes down which bytes are read."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from data.small import encoded, pictures, write_shard
from PIL import Image

from morelli.data.sources.open import open_source
from morelli.data.sources.parquet import ParquetSource
from morelli.data.sources.shard_file import ShardFile
from morelli.errors import BadSource

Ranges = list[tuple[str, int, int]]


def recording(folder: Path, ranges: Ranges) -> ParquetSource:
    """A source over a folder's shards that writes down which bytes are read."""

    def reader(path: Path) -> Callable[[int, int], bytes]:
        def read(start: int, end: int) -> bytes:
            ranges.append((path.name, start, end))
            return path.read_bytes()[start:end]

        return read

    files = tuple(
        ShardFile(path.name, path.stat().st_size, reader(path)) for path in sorted(folder.iterdir())
    )
    return ParquetSource({"kind": "parquet"}, files)


def overlapping(ranges: Ranges) -> Ranges:
    return [b for a, b in pairwise(sorted(ranges)) if a[0] == b[0] and b[1] < a[2]]


def heavy_shards(folder: Path, count: int) -> Path:
    """Shards of ten works whose row groups hold more image bytes than a reader skips for free."""
    noise = np.random.default_rng(0).integers(0, 256, (count, 10, 60, 60, 3), dtype=np.uint8)
    for number in range(count):
        data = [encoded(Image.fromarray(pixels)) for pixels in noise[number]]
        columns = {"artist": ["a", "b"] * 5, "genre": ["c", "d"] * 5, "title": ["e"] * 10}
        write_shard(folder / f"train-{number}.parquet", data, columns)
    return folder


def text_shard(path: Path, artists: list[str | None], **columns: object) -> Path:
    return write_shard(path, pictures(len(artists)), {"artist": pa.array(artists), **columns})


def wrong(folder: Path, reason: str) -> None:
    """A folder of shards is refused, in one line, when its labels are read."""
    with pytest.raises(BadSource, match=reason) as caught:
        open_source(folder).labels()
    assert "\n" not in str(caught.value)
