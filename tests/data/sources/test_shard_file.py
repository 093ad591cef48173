"""A shard is read by exact ranges, and a damaged one is refused by name."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from data.small import write_shards
from data.sources.shards_read import Ranges, recording, text_shard, wrong

from morelli.data.ingest import ingest
from morelli.data.sources.parquet import ParquetSource
from morelli.data.sources.shard_file import ShardFile, read_footer
from morelli.errors import BadSource


def test_a_file_that_is_not_parquet_is_refused_by_name(tmp_path: Path) -> None:
    text_shard(tmp_path / "a.parquet", ["Monet"])
    for content in (b"", b"PAR1", b"This is a text, no table.\n" * 9):
        (tmp_path / "b.parquet").write_bytes(content)
        wrong(tmp_path, r"^b\.parquet is no Parquet file$")


def test_a_truncated_shard_is_refused_by_name(tmp_path: Path) -> None:
    path = text_shard(tmp_path / "a.parquet", ["Monet", "Degas"])
    path.write_bytes(path.read_bytes()[:-100])
    wrong(tmp_path, r"^a\.parquet is no Parquet file$")


def test_a_damaged_footer_is_refused_by_name(tmp_path: Path) -> None:
    path = text_shard(tmp_path / "a.parquet", ["Monet", "Degas"])
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    path.write_bytes(whole[: -8 - length] + b"\xff" * length + whole[-8:])
    wrong(tmp_path, r"^a\.parquet is a damaged Parquet file: ")
    path.write_bytes(whole[:-8] + (10**7).to_bytes(4, "little") + b"PAR1")
    wrong(tmp_path, r"^a\.parquet is a damaged Parquet file: its footer is cut off$")


def test_damaged_pages_are_refused_by_name(tmp_path: Path) -> None:
    path = text_shard(tmp_path / "a.parquet", ["Monet", "Degas"])
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    path.write_bytes(b"PAR1" + b"\xff" * (len(whole) - length - 12) + whole[-8 - length :])
    wrong(tmp_path, r"^a\.parquet is a damaged Parquet file: ")


def test_damaged_images_end_an_ingest_with_the_shard_s_name(tmp_path: Path) -> None:
    path = write_shards(tmp_path / "in", 1) / "train-0.parquet"
    column = pq.read_metadata(path).row_group(1).column(0)
    whole = bytearray(path.read_bytes())
    start = column.data_page_offset
    whole[start : start + 40] = b"\xff" * 40
    path.write_bytes(whole)
    with pytest.raises(BadSource, match=r"^train-0\.parquet is a damaged Parquet file: "):
        ingest(tmp_path / "in", tmp_path / "out", size=16)


def test_a_reader_s_own_error_comes_through(tmp_path: Path) -> None:
    path = text_shard(tmp_path / "a.parquet", ["Monet"])

    def read(start: int, end: int) -> bytes:
        if start < 40:
            raise BadSource("the line is down")
        return path.read_bytes()[start:end]

    source = ParquetSource({}, (ShardFile("a.parquet", path.stat().st_size, read),))
    assert source.footer(0).num_rows == 1
    with pytest.raises(BadSource, match=r"^the line is down$"):
        source.images(0, 0, [0])


def test_a_footer_is_read_by_two_ranges(tmp_path: Path) -> None:
    ranges: Ranges = []
    source = recording(write_shards(tmp_path / "in", 1), ranges)
    size = source.files[0].size
    assert read_footer(source.files[0]).num_rows == 10
    assert [ranges[0][1:], ranges[1][2]] == [(size - 8, size), size - 8]
