"""One work, good or bad, and one shard on its way to the disk."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from data.small import files_of, pictures, write_shards

from morelli.data.collection import described_names
from morelli.data.images import work_id
from morelli.data.shards import make, quarantined, writing_shard
from morelli.data.source import Raw
from morelli.data.sources import open_source
from morelli.errors import BadFolder


def test_a_good_work_becomes_a_row() -> None:
    data = pictures(1)[0]
    made = make(7, Raw(data, "monet/a.jpg"), 16)
    assert made.row is not None
    assert (made.work, made.path, made.reason) == (7, "monet/a.jpg", "")
    assert made.row["work_id"] == work_id(data)
    assert made.row["source_path"] == "monet/a.jpg"
    assert made.row["image"]["path"] == f"{work_id(data)}.jpg"


def test_a_bad_work_becomes_a_reason() -> None:
    assert make(7, Raw(b"", "a.jpg"), 16).reason == "the file is empty"
    assert make(7, Raw(None, "a.jpg"), 16).reason == "there is no image, or it cannot be read"
    assert make(7, Raw(b"", "a.jpg"), 16).row is None


def test_a_shard_carries_its_rows_its_class_names_and_its_quarantine(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in", 1)).labels()
    path = tmp_path / "train.parquet"
    with writing_shard(tmp_path, path, "train-0.parquet", labels) as writer:
        for work, data in enumerate([*pictures(2), b"bad"]):
            writer.add(make(work, Raw(data, None), 16))
        assert not path.exists()
    assert pq.read_table(path, columns=["source_row"])["source_row"].to_pylist() == [0, 1]
    assert described_names(pq.read_schema(path)) == labels.class_names
    told = {"shard": "train-0.parquet", "row": 2, "path": None}
    assert quarantined(path) == [told | {"reason": "not an image of a known format"}]


def test_a_shard_without_bad_works_has_no_quarantine(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in", 1)).labels()
    with writing_shard(tmp_path, tmp_path / "a.parquet", "", labels) as writer:
        writer.add(make(0, Raw(pictures(1)[0], None), 16))
    assert quarantined(tmp_path / "a.parquet") == []


def test_an_error_while_writing_leaves_no_shard(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in", 1)).labels()

    def broken() -> None:
        with writing_shard(tmp_path, tmp_path / "out.parquet", "", labels) as writer:
            writer.add(make(0, Raw(pictures(1)[0], None), 16))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert sorted(files_of(tmp_path)) == ["in/train-0.parquet"]


def test_a_shard_cannot_be_written_below_a_file(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in", 1)).labels()
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(BadFolder, match="cannot write to"),
        writing_shard(tmp_path, tmp_path / "file/a.parquet", "", labels),
    ):
        raise AssertionError("never reached")
