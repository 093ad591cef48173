"""One work, good or bad, and one shard on its way to the disk."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from data.small import files_of, pictures, write_shards

from morelli.data.columns import described_names
from morelli.data.shards import Unusable, ingest_work, quarantined, writing_shard
from morelli.data.sources.open import open_source
from morelli.data.sources.source import Raw
from morelli.data.stored import work_id
from morelli.errors import BadFolder


def test_a_good_work_becomes_a_row() -> None:
    data = pictures(1)[0]
    ingested = ingest_work(7, Raw(data, "monet/a.jpg"), 16)
    assert ingested.columns is not None
    assert (ingested.work, ingested.path, ingested.reason) == (7, "monet/a.jpg", "")
    assert ingested.columns["work_id"] == work_id(data)
    assert ingested.columns["source_path"] == "monet/a.jpg"
    image = ingested.columns["image"]
    assert isinstance(image, dict)
    assert image["path"] == f"{work_id(data)}.jpg"


def test_a_bad_work_becomes_a_reason() -> None:
    empty, lost = (ingest_work(7, Raw(data, "a.jpg"), 16) for data in (b"", None))
    assert empty.reason == "the file is empty"
    assert empty.columns is None
    assert lost.reason == "there is no image, or it cannot be read"


def test_a_shard_carries_its_rows_its_class_names_and_its_quarantine(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in", 1)).labels()
    path = tmp_path / "train.parquet"
    with writing_shard(tmp_path, path, "train-0.parquet", labels) as writer:
        for work, data in enumerate([*pictures(2), b"bad"]):
            writer.add(ingest_work(work, Raw(data, None), 16))
        assert not path.exists()
    assert pq.read_table(path, columns=["source_row"])["source_row"].to_pylist() == [0, 1]
    assert described_names(pq.read_schema(path)) == labels.class_names
    reason = "not an image of a known format"
    assert quarantined(path) == [Unusable("train-0.parquet", 2, None, reason)]


def test_a_shard_without_bad_works_has_no_quarantine(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in", 1)).labels()
    with writing_shard(tmp_path, tmp_path / "a.parquet", "", labels) as writer:
        writer.add(ingest_work(0, Raw(pictures(1)[0], None), 16))
    assert quarantined(tmp_path / "a.parquet") == []


def test_an_error_while_writing_leaves_no_shard(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in", 1)).labels()

    def broken() -> None:
        with writing_shard(tmp_path, tmp_path / "out.parquet", "", labels) as writer:
            writer.add(ingest_work(0, Raw(pictures(1)[0], None), 16))
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
