"""A folder takes one collection: the same again, finished or not, or it says what it holds."""

import json
from pathlib import Path

import pytest
from data.ingested import interrupted, quarantine_of, rows_of
from data.small import (
    ARTISTS,
    files_of,
    pictures,
    write_shard,
    write_shards,
)

from morelli.data.collection import Collection, open_collection
from morelli.data.ingest import ingest
from morelli.data.records import from_json
from morelli.data.selection import Selection
from morelli.errors import BadFolder, UserError


@pytest.mark.parametrize(
    ("settings", "size", "difference"),
    [
        ({"top": 1}, 16, "its selection, chosen differ"),
        ({}, 20, "its size differ"),
        ({"task": "artist", "seed": 3}, 16, "its selection differ"),
    ],
)
@pytest.mark.parametrize("finished", [True, False])
def test_another_selection_into_the_same_folder_is_refused(
    tmp_path: Path, settings: dict[str, int], size: int, difference: str, finished: bool
) -> None:
    source = write_shards(tmp_path / "in")
    if finished:
        ingest(source, tmp_path / "out", size=16)
    else:
        interrupted(source, tmp_path / "out", after=9)
    before = files_of(tmp_path / "out")
    with pytest.raises(BadFolder, match=f"holds another collection .{difference}"):
        ingest(source, tmp_path / "out", Selection(**settings), size=size)  # type: ignore[arg-type]
    assert files_of(tmp_path / "out") == before


@pytest.mark.parametrize("name", ["thesis.txt", "data/thesis.txt"])
def test_a_folder_with_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "out/data").mkdir(parents=True)
    (tmp_path / "out" / name).write_text("years of work")
    with pytest.raises(BadFolder, match=r"holds something else \(thesis\.txt\)"):
        ingest(write_shards(tmp_path / "in"), tmp_path / "out", size=16)
    assert files_of(tmp_path / "out") == {name: b"years of work"}


def test_a_damaged_note_of_an_unfinished_ingest_is_told(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "in")
    interrupted(source, tmp_path / "out", after=9)
    (tmp_path / "out/ingest.json").write_text("{")
    with pytest.raises(BadFolder, match=r"ingest\.json is damaged; choose a new folder"):
        ingest(source, tmp_path / "out", size=16)


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file/out"):
        with pytest.raises(BadFolder, match=r"cannot write to .*file"):
            ingest(write_shards(tmp_path / "in"), out, size=16)


def test_bad_rows_among_good_ones_go_to_the_quarantine(tmp_path: Path) -> None:
    bad = {3: b"no image", 12: pictures(1)[0][:-100], 15: None}
    source = write_shards(tmp_path / "in", 2, bad)
    collection = ingest(source, tmp_path / "out", size=16, max_bad=0.2)
    assert (collection.works, collection.quarantined) == (13, 3)
    assert quarantine_of(tmp_path / "out") == [
        {
            "shard": "train-0.parquet",
            "row": "3",
            "path": "3.jpg",
            "reason": "not an image of a known format",
        },
        {
            "shard": "train-1.parquet",
            "row": "2",
            "path": "2.jpg",
            "reason": quarantine_of(tmp_path / "out")[1]["reason"],
        },
        {
            "shard": "train-1.parquet",
            "row": "5",
            "path": "",
            "reason": "there is no image, or it cannot be read",
        },
    ]
    assert "truncated" in quarantine_of(tmp_path / "out")[1]["reason"]
    assert ("train-0.parquet", 3) not in rows_of(collection)
    assert open_collection(collection.folder).quarantined == 3


def test_a_bad_file_of_a_folder_goes_to_the_quarantine(tmp_path: Path) -> None:
    for number, data in enumerate([*pictures(5), b"text"]):
        path = tmp_path / f"in/{'ab'[number % 2]}/{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16, max_bad=0.2)
    assert collection.works == 5
    rows = [
        {"shard": "", "row": "5", "path": "b/5.jpg", "reason": "not an image of a known format"}
    ]
    assert quarantine_of(tmp_path / "out") == rows


def test_a_clean_collection_has_an_empty_quarantine(collection: Collection) -> None:
    assert quarantine_of(collection.folder) == []


def test_too_many_bad_images_end_it_and_finished_shards_stay(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "in", 3, {10: b"bad", 11: b"bad", 12: b"bad"})
    with pytest.raises(
        UserError, match=r"3 of 24 works cannot be used, more than the 5%"
    ) as caught:
        ingest(source, tmp_path / "out", size=16)
    assert "--max-bad" in str(caught.value)
    assert "First: train-1.parquet, row 0: not an image" in str(caught.value)
    assert len(quarantine_of(tmp_path / "out")) == 3
    assert sorted(path.name for path in (tmp_path / "out/data").iterdir()) == [
        "train-00000-of-00003.parquet",
        "train-00001-of-00003.parquet",
    ]
    with pytest.raises(UserError, match="3 of 24"):
        ingest(source, tmp_path / "out", size=16)
    assert ingest(source, tmp_path / "out", size=16, max_bad=0.2).works == 21
    ingest(source, tmp_path / "at once", size=16, max_bad=0.2)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "at once")


def test_a_collection_of_nothing_but_bad_images_is_empty_if_that_is_allowed(tmp_path: Path) -> None:
    write_shard(tmp_path / "in/a.parquet", [b"bad", b"worse"], {"artist": ["a", "b"]})
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16, max_bad=1.0)
    assert (collection.works, collection.quarantined, collection.counts) == (0, 2, {})


def test_the_settings_tell_how_the_collection_was_made(tmp_path: Path) -> None:
    ingest(write_shards(tmp_path / "in"), tmp_path / "out", Selection(top=2), size=16)
    content = json.loads((tmp_path / "out/collection.json").read_text())
    assert from_json(content["selection"], Selection, tmp_path) == Selection(top=2)
    assert content["source"] == {"kind": "parquet", "place": str(tmp_path / "in")}
    assert content["class_names"] == {"artist": list(ARTISTS)}
    assert (content["size"], content["chosen"], content["works"]) == (16, 12, 12)
    assert "# 12 works" in (tmp_path / "out/README.md").read_text()
