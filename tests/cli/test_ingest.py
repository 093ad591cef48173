"""`morelli ingest`: what it makes and prints, and which selections it refuses."""

import re
import shlex
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cli.command import morelli, printed, refusal

from morelli.data.collection import open_collection
from morelli.invented.painters import PAINTERS

NAMES = sorted(painter.name for painter in PAINTERS)


def test_ingest_prints_the_classes_and_the_next_command(paintings: Path, tmp_path: Path) -> None:
    out = tmp_path / "two words"
    output = morelli("ingest", paintings, out, "--class", "Bram Verhoeck", "--class", NAMES[4])
    assert output.code == 0
    assert re.search(rf"{NAMES[0]} +12\b", output.out)
    assert f"24 works of 2 classes in {out}\n" in output.out
    *_, following = output.out.splitlines()
    assert shlex.split(following)[1:] == ["morelli", "train", str(out), "--out", "RUN"]
    announced, finished = output.err.splitlines()
    assert announced.startswith("24 works to read: 0.")
    assert re.fullmatch(r"ingest: 24 works in \d+\.\d s", finished)
    assert open_collection(out).works == 24


def test_ingest_done_twice_does_nothing_the_second_time(paintings: Path, tmp_path: Path) -> None:
    words = ("ingest", paintings, tmp_path / "out", "--sample", 5)
    first = morelli(*words)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    second = morelli(*words)
    assert (second.code, second.out, second.err) == (0, first.out, "")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_size_full_keeps_the_original_files(paintings: Path, tmp_path: Path) -> None:
    printed("ingest", paintings, tmp_path / "out", "--size", "full", "--top", 1)
    collection = open_collection(tmp_path / "out")
    assert collection.size is None
    kept = {
        image["bytes"] for image in pq.read_table(collection.shard_path(0))["image"].to_pylist()
    }
    assert kept == {path.read_bytes() for path in (paintings / NAMES[0]).iterdir()}


def test_size_is_the_short_side(paintings: Path, tmp_path: Path) -> None:
    printed("ingest", paintings, tmp_path / "out", "--size", 32, "--sample", 1)
    assert open_collection(tmp_path / "out").size == 32


def test_an_unusable_image_is_put_into_quarantine(paintings: Path, tmp_path: Path) -> None:
    source = tmp_path / "source" / "somebody"
    source.mkdir(parents=True)
    for path in (paintings / NAMES[0]).iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    (source / "letter.jpg").write_text("Dear colleague")
    out = tmp_path / "out"
    shown = printed("ingest", source.parent, out, "--max-bad", 0.1)
    assert f"12 works of 1 class in {out}, 1 quarantined (see {out / 'quarantine.csv'})" in shown
    assert "letter.jpg" in (out / "quarantine.csv").read_text()


@pytest.mark.real
def test_ingest_takes_two_classes_of_a_folder_of_real_paintings(
    shared: Path, tmp_path: Path
) -> None:
    named = ("--class", "Claude Monet", "--class", "rembrandt")
    shown = printed("ingest", shared / "paintings/fullsize", tmp_path / "out", *named)
    assert re.search(r"claude-monet +12\b", shown)
    assert "24 works of 2 classes" in shown


def test_several_selections_are_ingested_in_one_pass(paintings: Path, tmp_path: Path) -> None:
    file = tmp_path / "selections.toml"
    file.write_text(f'[two]\ntop = 2\n\n[some]\nsample = 5\nclasses = ["{NAMES[3]}"]\n')
    out = tmp_path / "out"
    shown = printed("ingest", paintings, out, "--selections", file, "--size", 32)
    assert f"24 works of 2 classes in {out / 'two'}" in shown
    assert f"5 works of 1 class in {out / 'some'}" in shown
    assert open_collection(out / "some").counts == {NAMES[3]: 5}


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("[two]\ntip = 2", "did you mean top"),
        ("[two]\ntop = 'two'", "wrong kind"),
        ("top = 2", "must be a table"),
        ("['../two']\ntop = 2", "must be a table"),
        ("", "names no selection"),
        ("[two", "is no TOML file"),
    ],
)
def test_selections_that_cannot_be_read_are_refused(
    paintings: Path, tmp_path: Path, text: str, refused: str
) -> None:
    file = tmp_path / "selections.toml"
    file.write_text(text)
    assert refused in refusal("ingest", paintings, tmp_path / "out", "--selections", file)


def test_a_selections_file_that_is_not_there_is_refused(paintings: Path, tmp_path: Path) -> None:
    words = ("ingest", paintings, tmp_path / "out", "--selections", tmp_path / "none.toml")
    assert "none.toml cannot be read" in refusal(*words)


def test_selections_leave_no_room_for_other_options(paintings: Path, tmp_path: Path) -> None:
    words = ("ingest", paintings, tmp_path / "out", "--selections", "s.toml", "--top", 2)
    assert "leave out the other" in refusal(*words)
