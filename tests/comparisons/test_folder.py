"""A comparison is written into a folder of its own, whole, and what is wrong with it is named."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from morelli.comparisons.compare import compare
from morelli.comparisons.comparison import Comparison
from morelli.comparisons.folder import open_comparison
from morelli.errors import BadFolder
from morelli.runs.folder import Run

FILES = ("results.json", "results.csv")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_folder_is_made_with_those_above_it_or_an_empty_one_taken(
    run: Run, second: Run, written: Comparison, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "a" / "b", tmp_path / "empty"):
        assert compare([run, second], out) == written
        assert set(contents(out)) == {"comparison.json", "report.html", *FILES}


def test_the_same_comparison_gives_the_same_bytes(
    run: Run, second: Run, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy.parent)
    compare([run, second], "copy")
    before = contents(copy)
    compare([run, second], "copy")

    assert contents(copy) == before


def test_a_later_comparison_takes_an_earlier_ones_place(
    run: Run, second: Run, copy: Path, written: Comparison
) -> None:
    later = compare([second, run], copy)

    assert open_comparison(copy) == later != written


def test_a_comparison_that_was_not_finished_is_named_and_finished(
    run: Run, second: Run, copy: Path, written: Comparison
) -> None:
    for name in FILES:
        (copy / name).unlink()
    (copy / ".results.json.999999999.partial").write_text("{")

    with pytest.raises(BadFolder, match=r"not as it was saved: results\.json is missing"):
        open_comparison(copy)
    assert compare([run, second], copy) == open_comparison(copy) == written
    assert not list(copy.glob(".*"))


@pytest.mark.parametrize("name", ["notes.txt", "results.json"])
def test_a_folder_with_something_else_is_left_alone(
    run: Run, second: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine")

    with pytest.raises(BadFolder, match=rf"holds something else \({name}\); choose an empty"):
        compare([run, second], tmp_path)
    assert contents(tmp_path) == {name: b"mine"}


def test_a_runs_own_folder_is_left_alone(run: Run, second: Run) -> None:
    before = contents(second.folder)

    with pytest.raises(BadFolder, match="holds something else"):
        compare([run, second], second.folder)
    assert contents(second.folder) == before


def test_a_comparison_with_notes_beside_it_is_left_alone(run: Run, second: Run, copy: Path) -> None:
    (copy / "notes.txt").write_text("mine")
    before = contents(copy)

    with pytest.raises(BadFolder, match=r"holds something else \(notes.txt\)"):
        compare([second, run], copy)
    assert contents(copy) == before


@pytest.mark.parametrize("below", ["", "new"])
def test_a_folder_that_cannot_be_made_is_refused(
    run: Run, second: Run, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(BadFolder, match=r"cannot write to .*file"):
        compare([run, second], tmp_path / "file" / below)


@pytest.mark.parametrize("name", FILES)
def test_an_altered_or_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    with pytest.raises(BadFolder, match=f"not as it was saved: {name} was altered$"):
        open_comparison(copy)

    (copy / name).unlink()
    with pytest.raises(BadFolder, match=f"not as it was saved: {name} is missing$"):
        open_comparison(copy)


@pytest.mark.parametrize(
    "spoil", [lambda manifest: manifest | {"seed": 9}, lambda _: {"format": 2}, lambda _: []]
)
def test_an_altered_comparison_json_is_named(
    copy: Path, spoil: Callable[[dict[str, object]], object]
) -> None:
    path = copy / "comparison.json"
    path.write_text(json.dumps(spoil(json.loads(path.read_text(encoding="utf-8")))))

    with pytest.raises(BadFolder, match=r"comparison\.json was altered or is damaged"):
        open_comparison(copy)


def test_a_comparison_of_a_newer_morelli_is_refused(copy: Path) -> None:
    path = copy / "comparison.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"format": 3}))

    with pytest.raises(BadFolder, match="written by a newer Morelli; upgrade"):
        open_comparison(copy)


def test_a_folder_without_a_comparison_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(
            BadFolder, match=r"holds no comparison .* morelli compare RUN RUN --out"
        ):
            open_comparison(folder)


def test_a_comparison_opens_when_its_runs_are_gone(run: Run, second: Run, tmp_path: Path) -> None:
    copies = [shutil.copytree(own.folder, tmp_path / own.folder.name) for own in (run, second)]
    comparison = compare(copies, tmp_path / "out")
    for folder in copies:
        shutil.rmtree(folder)

    assert open_comparison(tmp_path / "out") == comparison


def test_a_folder_is_read_back_as_it_was_compared(written: Comparison, copy: Path) -> None:
    read = open_comparison(copy)

    assert read == written
    assert read.folder == copy
    assert open_comparison(str(copy)) == written


def test_a_folder_names_its_runs_and_vouches_for_its_files(written: Comparison, copy: Path) -> None:
    manifest = json.loads((copy / "comparison.json").read_text(encoding="utf-8"))

    assert manifest["format"] == 2
    assert manifest["runs"] == [{"folder": r.folder, "digest": r.digest} for r in written.runs]
    assert manifest["files"] == {
        name: hashlib.sha256((copy / name).read_bytes()).hexdigest() for name in FILES
    }
    assert {path.name for path in copy.iterdir()} == {"comparison.json", "report.html", *FILES}


def test_the_table_has_a_row_for_each_pair(
    run: Run, second: Run, third: Run, tmp_path: Path
) -> None:
    comparison = compare([run, second, third], tmp_path / "out")
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["first"] for row in rows] == ["run", "run", str(second.folder)]
    for row, pair in zip(rows, comparison.pairs, strict=True):
        first, other = comparison.of(pair)
        assert (row["second"], int(row["works"])) == (other.name, comparison.works)
        assert float(row["accuracy_first"]) == first.metrics.accuracy
        assert float(row["macro_f1_second"]) == other.metrics.macro_f1
        assert float(row["accuracy_difference"]) == pair.accuracy.value
        assert float(row["macro_f1_low"]) == pair.macro_f1.low
        counts = [int(row[name]) for name in ("both", "only_first", "only_second", "neither")]
        assert counts == [pair.both, pair.only_first, pair.only_second, pair.neither]
        assert (float(row["p"]), float(row["p_holm"])) == (pair.p, pair.p_holm)
