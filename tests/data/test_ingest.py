"""An ingest makes a whole collection of what was chosen, whatever happens on the way."""

import errno
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data.ingested import interrupted, rows_of
from data.small import (
    ARTIST_OF,
    ARTISTS,
    Counting,
    Listening,
    encoded,
    files_of,
    opened,
    picture,
    pictures,
    times_of,
    write_shard,
    write_shards,
)

from morelli.data.collection import Collection, open_collection
from morelli.data.ingest import ingest, ingest_many
from morelli.data.selection import Selection
from morelli.data.sources.open import open_source
from morelli.data.stored import work_id
from morelli.errors import BadFolder, UserError

KILLS = 3
CHILD = """\
import os, signal, sys, threading
from morelli.data.ingest import ingest

class Deadly:
    def note(self, text): pass
    def step(self, name, done, total, unit):
        if done == int(sys.argv[3]):
            kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
            threading.Timer(float(sys.argv[4]), kill).start()

ingest(sys.argv[1], sys.argv[2], size=16, workers=2, progress=Deadly())
"""


def test_a_collection_holds_the_chosen_works_with_all_that_is_known(tmp_path: Path) -> None:
    collection = ingest(write_shards(tmp_path / "in"), tmp_path / "out", Selection(top=2), size=16)
    chosen = [row for row, artist in enumerate(ARTIST_OF) if artist in (0, 1)]
    assert rows_of(collection) == [(f"train-{n}.parquet", row) for n in (0, 1) for row in chosen]
    assert collection.works == 12
    assert collection.quarantined == 0
    assert collection.shards == ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")
    table = collection.table(
        ["image", "work_id", "title", "year", "artist", "byte_count", "source_path"]
    )
    data = [pictures(10, 10 * n)[row] for n in (0, 1) for row in chosen]
    assert table["work_id"].to_pylist() == [work_id(image) for image in data]
    assert table["byte_count"].to_pylist() == [len(image) for image in data]
    assert table["title"].to_pylist() == [
        f"Untitled {10 * n + row}" for n in (0, 1) for row in chosen
    ]
    assert table["year"].type == pa.int32()
    assert table["source_path"].to_pylist() == [f"{row}.jpg" for row in chosen] * 2
    images = [opened(image["bytes"]) for image in table["image"].to_pylist()]
    assert {image.size for image in images} == {(21, 16)}


def test_small_works_keep_their_bytes_and_are_named_by_their_id(tmp_path: Path) -> None:
    collection = ingest(write_shards(tmp_path / "in", 1), tmp_path / "out", size=None)
    kept = collection.table(["image"])["image"].to_pylist()
    data = [
        image for image, artist in zip(pictures(10), ARTIST_OF, strict=True) if artist in (0, 1, 3)
    ]
    assert [image["bytes"] for image in kept] == data
    assert [image["path"] for image in kept] == [f"{work_id(image)}.jpg" for image in data]


def test_copies_stay_and_share_their_id(tmp_path: Path) -> None:
    same = pictures(1) * 3
    write_shard(tmp_path / "in/a.parquet", same, {"artist": ["a", "b", "a"]})
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16)
    assert collection.works == 3
    assert len(set(collection.labelled().ids.tolist())) == 1


def test_null_labels_stay_null_for_the_other_tasks(tmp_path: Path) -> None:
    columns = {"artist": ["a", None, "b"], "genre": [None, "g", None]}
    write_shard(tmp_path / "in/a.parquet", pictures(3), columns)
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16)
    assert collection.table(["artist", "genre"]).to_pydict() == {
        "artist": [0, 1],
        "genre": [None, None],
    }
    assert len(collection.labelled("genre")) == 0
    other = ingest(tmp_path / "in", tmp_path / "genre", Selection(task="genre"), size=16)
    assert other.table(["artist", "genre"]).to_pydict() == {"artist": [None], "genre": [0]}
    assert other.task == "genre"


def test_a_source_s_columns_of_ingest_s_own_names_are_replaced(tmp_path: Path) -> None:
    columns = {"artist": ["a", "b"], "width": ["wide", "narrow"], "work_id": ["x", "y"]}
    write_shard(tmp_path / "in/a.parquet", pictures(2), columns)
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16)
    assert collection.table(["width"])["width"].to_pylist() == [40, 40]
    assert collection.table(["work_id"])["work_id"].to_pylist() == [
        work_id(image) for image in pictures(2)
    ]


def test_a_csv_s_group_column_is_carried_over(tmp_path: Path) -> None:
    for name, data in zip("abc", pictures(3), strict=True):
        (tmp_path / f"{name}.jpg").write_bytes(data)
    (tmp_path / "list.csv").write_text(
        "image,artist,series\na.jpg,Monet,lilies\nb.jpg,Degas,\nc.jpg,Monet,lilies\n"
    )
    collection = ingest(tmp_path / "list.csv", tmp_path / "out", size=16)
    assert collection.labelled(group="series").groups.tolist() == ["lilies", "", "lilies"]
    assert collection.table(["source_path"])["source_path"].to_pylist() == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
    ]
    assert collection.table(["source_shard"])["source_shard"].null_count == 3


def test_a_collection_is_a_source_again(collection: Collection, tmp_path: Path) -> None:
    again = ingest(collection.folder, tmp_path / "again", Selection(top=2), size=16)
    assert again.works == 24
    assert set(again.counts) <= set(collection.counts)
    assert again.class_names == collection.class_names
    assert set(again.table(["source_shard"])["source_shard"].to_pylist()) <= set(collection.shards)


def test_the_output_opens_with_datasets(tmp_path: Path) -> None:
    from datasets import ClassLabel, Image, load_dataset

    dates = pa.array([0] * 10, pa.date32())
    write_shard(
        tmp_path / "in/a.parquet",
        pictures(10),
        {"artist": pa.array(ARTIST_OF, pa.int64()), "title": ["Lilies"] * 10, "day": dates},
        {"artist": ARTISTS},
    )
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16)
    works = load_dataset(str(collection.folder), cache_dir=str(tmp_path / "cache"), split="train")
    assert len(works) == collection.works == 8
    assert works.features["artist"] == ClassLabel(names=list(ARTISTS))
    assert works.features["image"] == Image()
    assert works[2]["image"].size == (21, 16)
    assert works.features["artist"].int2str(works[2]["artist"]) == "Alfred Sisley"
    assert (works[0]["title"], works[0]["day"].year) == ("Lilies", 1970)


def test_the_number_of_workers_does_not_change_a_byte(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "in")
    for workers in (1, 4):
        ingest(source, tmp_path / f"out{workers}", size=16, workers=workers)
    assert files_of(tmp_path / "out1") == files_of(tmp_path / "out4")


def test_doing_it_again_changes_nothing_and_reads_no_image(tmp_path: Path) -> None:
    source = Counting(open_source(write_shards(tmp_path / "in")))
    collection = ingest(source, tmp_path / "out", size=16)
    files, times, read = files_of(tmp_path / "out"), times_of(tmp_path / "out"), len(source.read)
    heard = Listening()
    assert ingest(source, tmp_path / "out", size=16, progress=heard) == collection
    assert (files_of(tmp_path / "out"), times_of(tmp_path / "out")) == (files, times)
    assert len(source.read) == read == 6
    assert not heard.notes
    assert not heard.steps


def test_progress_hears_what_will_travel_and_every_work(tmp_path: Path) -> None:
    heard = Listening()
    ingest(write_shards(tmp_path / "in"), tmp_path / "out", size=16, progress=heard)
    assert heard.notes[0].startswith("16 works to read: 0.0 MB in 6 row groups of 2 shards")
    assert heard.steps == [("ingest", done, 16, "works") for done in range(1, 17)]


def test_only_the_row_groups_of_chosen_works_are_read(tmp_path: Path) -> None:
    source = Counting(open_source(write_shards(tmp_path / "in")))
    selection = Selection(classes=("Unknown Artist",), include_unknown=True)
    ingest(source, tmp_path / "out", selection, size=16)
    assert sorted(source.read) == [(0, 1), (1, 1)]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"size": 8}, "size is 8; it must be 16 pixels or more, or full"),
        ({"max_bad": 1.5}, r"max_bad is 1\.5"),
        ({"max_bad": -0.1}, "between 0 and 1"),
    ],
)
def test_settings_out_of_range_are_refused(
    tmp_path: Path, settings: dict[str, float], reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        ingest(tmp_path, tmp_path / "out", **settings)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_several_selections_are_made_in_one_reading(tmp_path: Path) -> None:
    source = Counting(open_source(write_shards(tmp_path / "in")))
    selections = {"top": Selection(top=1), "all": Selection(), "some": Selection(sample=5)}
    many = {tmp_path / f"many-{name}": selection for name, selection in selections.items()}
    collections = ingest_many(source, many, size=16)
    assert sorted(source.read) == [(shard, group) for shard in (0, 1) for group in (0, 1, 2)]
    assert [selection.works for selection in collections] == [6, 16, 5]
    for name, selection in selections.items():
        ingest(source.source, tmp_path / f"one-{name}", selection, size=16)
        assert files_of(tmp_path / f"many-{name}") == files_of(tmp_path / f"one-{name}")


def test_a_further_selection_reads_only_for_itself(tmp_path: Path) -> None:
    source = Counting(open_source(write_shards(tmp_path / "in")))
    ingest(source, tmp_path / "all", size=16)
    source.read.clear()
    few = Selection(classes=("Unknown Artist",), include_unknown=True)
    collections = ingest_many(
        source, {tmp_path / "all": Selection(), tmp_path / "few": few}, size=16
    )
    assert sorted(source.read) == [(0, 1), (1, 1)]
    assert [collection.works for collection in collections] == [16, 2]


def test_ctrl_c_keeps_finished_shards_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "in", 3)
    interrupted(source, tmp_path / "out", after=12)
    assert sorted(files_of(tmp_path / "out")) == [
        "data/train-00000-of-00003.parquet",
        "ingest.json",
    ]
    with pytest.raises(BadFolder, match="is no finished collection"):
        open_collection(tmp_path / "out")
    reading = Counting(open_source(source))
    ingest(reading, tmp_path / "out", size=16)
    assert {shard for shard, _ in reading.read} == {1, 2}
    ingest(source, tmp_path / "at once", size=16)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "at once")


def test_a_lost_shard_is_made_again(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "in")
    collection = ingest(source, tmp_path / "out", size=16)
    before = files_of(collection.folder)
    collection.shard_path(1).unlink()
    ingest(source, tmp_path / "out", size=16)
    assert files_of(collection.folder) == before


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
def test_killed_at_random_moments_it_ends_as_if_never_interrupted(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "in", 4)
    ingest(source, tmp_path / "at once", size=16, workers=2)
    moments = random.Random(1)
    ends = []
    for start in sorted(moments.sample(range(1, 24), KILLS)):
        done = (
            len(list((tmp_path / "out/data").glob("train-*"))) if (tmp_path / "out").exists() else 0
        )
        step, delay = max(1, start - 8 * done), moments.uniform(0, 0.005)
        places = [str(source), str(tmp_path / "out")]
        command = [sys.executable, "-c", CHILD, *places, str(step), str(delay)]
        ends.append(subprocess.run(command, check=False).returncode)
    assert ends == [-9] * KILLS
    assert not (tmp_path / "out/collection.json").exists()
    ingest(source, tmp_path / "out", size=16)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "at once")


FULL = Path("/dev/full")


def fill_disk(out: Path, name: str) -> None:
    """Let what this process writes aside for a file end on a disk that is full."""
    path = out / name
    path.with_name(f".{path.name}.{os.getpid()}.partial").symlink_to(FULL)


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("data/train-00001-of-00002.parquet", 1),
        ("quarantine.csv", 2),
        ("README.md", 2),
        ("collection.json", 2),
    ],
)
def test_a_full_disk_is_told_and_finished_shards_stay(tmp_path: Path, name: str, kept: int) -> None:
    source = write_shards(tmp_path / "in")

    def fill(done: int) -> None:
        if done == 8:  # the last work of the first shard
            fill_disk(tmp_path / "out", name)

    with pytest.raises(BadFolder, match="no space is left on the disk; what was finished is kept"):
        ingest(source, tmp_path / "out", size=16, progress=Listening(at_step=fill))
    files = files_of(tmp_path / "out")
    assert len([file for file in files if file.startswith("data/train-")]) == kept
    assert not any("partial" in file for file in files)
    ingest(source, tmp_path / "out", size=16)
    ingest(source, tmp_path / "at once", size=16)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "at once")


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.EDQUOT, "quota is used up"), (errno.EROFS, "read-only")]
)
def test_a_disk_that_refuses_only_at_the_end_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    source = write_shards(tmp_path / "in")

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    def spoil(done: int) -> None:
        if done == 12:  # in the second shard
            monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(BadFolder, match=reason):
        ingest(source, tmp_path / "out", size=16, progress=Listening(at_step=spoil))
    assert sorted(files_of(tmp_path / "out")) == [
        "data/train-00000-of-00002.parquet",
        "ingest.json",
    ]


def test_more_works_than_a_row_group_make_several(tmp_path: Path) -> None:
    data = encoded(picture(size=(8, 8)))
    write_shard(
        tmp_path / "in/a.parquet", [data] * 203, {"artist": ["a", "b", "c"] * 67 + ["a", "b"]}
    )
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16)
    footer = pq.read_metadata(collection.shard_path(0))
    sizes = [footer.row_group(number).num_rows for number in range(footer.num_row_groups)]
    assert sizes == [100, 100, 3]
    assert collection.table(["source_row"])["source_row"].to_pylist() == list(range(203))


@pytest.mark.real
def test_the_four_largest_artists_of_the_real_shards(shared: Path, tmp_path: Path) -> None:
    source = shared / "paintings/wikiart-mini/data"
    collection = ingest(source, tmp_path / "four", Selection(top=4))
    assert collection.works == 4092
    four = ["camille-pissarro", "claude-monet", "vincent-van-gogh", "alfred-sisley"]
    assert sorted(collection.counts) == sorted(four)
    assert "Unknown Artist" not in collection.labelled().class_names


@pytest.mark.real
def test_the_real_paintings_as_a_folder_and_as_a_csv(shared: Path, tmp_path: Path) -> None:
    source = shared / "paintings/fullsize"
    collection = ingest(source, tmp_path / "folder", size=32)
    assert (collection.works, len(collection.counts)) == (96, 8)
    two = Selection(classes=("Claude Monet", "edgar degas"))
    assert ingest(source, tmp_path / "two", two, size=32).works == 24
    paths = sorted(path.relative_to(source) for path in source.glob("*/*.jpg"))
    lines = [f"{path},{path.parts[0]}" for path in paths]
    copied = tmp_path / "copy"
    for path in paths:
        (copied / path.parent).mkdir(parents=True, exist_ok=True)
        (copied / path).write_bytes((source / path).read_bytes())
    (copied / "list.csv").write_text("\n".join(["image,artist", *lines]) + "\n")
    listed = ingest(copied / "list.csv", tmp_path / "csv", size=32)
    assert listed.counts == collection.counts
    assert files_of(listed.folder / "data") == files_of(collection.folder / "data")
