"""`morelli attribute`: its table, JSON and CSV, and files that cannot be read."""

import csv
import json
import re
from pathlib import Path

import pytest
from cli.command import morelli, printed, refusal

from morelli.classifier import Attribution
from morelli.runs.folder import Run


@pytest.fixture
def folder(paintings: Path) -> Path:
    return min(paintings.iterdir())


@pytest.fixture
def mixed(folder: Path, tmp_path: Path) -> list[Path]:
    """A good image, one cut off, a letter, a missing one, and a good one."""
    good, other, *_ = sorted(folder.iterdir())
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:300])
    (tmp_path / "letter.txt").write_text("Dear colleague")
    return [good, tmp_path / "cut.jpg", tmp_path / "letter.txt", tmp_path / "gone.png", other]


def expected(run: Run, path: Path) -> Attribution:
    return run.classifier.attribute(path)


def test_a_folder_gives_a_table_with_the_folder_said_once(run: Run, folder: Path) -> None:
    said = morelli("attribute", run.folder, folder)
    assert said.code == 0
    title, _, heads, _, *rows, _ = (line.strip() for line in said.out.splitlines())
    assert title == str(folder)
    assert re.split(r" {2,}", heads) == ["image", "artist 1", "artist 2", "artist 3"]
    files = sorted(folder.iterdir())
    assert [row.split()[0] for row in rows] == [path.name for path in files]
    for row, path in zip(rows, files, strict=True):
        told = re.split(r" {2,}", row)[1:]
        assert told == [f"{name} {each:.1%}" for name, each in expected(run, path).top(3)]
    assert re.fullmatch(r"attribute: 12 images in \d+\.\d s\n", said.err)


def test_one_image_is_shown_by_the_path_given(run: Run, folder: Path) -> None:
    path = min(folder.iterdir())
    shown = printed("attribute", run.folder, path, "--top", 1)
    (row,) = (line for line in shown.splitlines() if line.strip().startswith(str(path)))
    assert expected(run, path).best in row
    assert "artist 2" not in shown


def test_nothing_is_cut_off_where_there_is_no_terminal(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    deep = tmp_path.joinpath(*("a-rather-long-folder-name",) * 7, "work.jpg")
    deep.parent.mkdir(parents=True)
    deep.write_bytes(min(folder.iterdir()).read_bytes())
    assert str(deep) in printed("attribute", run.folder, deep)


def test_images_beside_each_other_need_no_title(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    one, two, *_ = sorted(path.name for path in folder.iterdir())
    shown = printed("attribute", run.folder, one, two)
    assert [line.split()[0] for line in shown.splitlines() if ".jpg" in line] == [one, two]
    shown = printed("attribute", run.folder, one, folder / two)
    assert [line.split()[0] for line in shown.splitlines() if ".jpg" in line] == [
        one,
        str(folder / two),
    ]


def test_no_more_classes_are_shown_than_there_are(run: Run, folder: Path) -> None:
    shown = printed("attribute", run.folder, min(folder.iterdir()), "--top", 99)
    assert "artist 6" in shown
    assert "artist 7" not in shown


def test_a_classifier_alone_is_enough(run: Run, folder: Path) -> None:
    path = min(folder.iterdir())
    assert expected(run, path).best in printed("attribute", run.folder / "classifier", path)


def test_json_is_alone_on_stdout(run: Run, folder: Path) -> None:
    said = morelli("attribute", run.folder, folder, "--json", "--top", 2)
    assert said.code == 0
    assert said.out.count("\n") == 1
    answers = json.loads(said.out)
    assert [answer["image"] for answer in answers] == [
        str(path) for path in sorted(folder.iterdir())
    ]
    for answer in answers:
        assert answer.keys() == {"image", "task", "none_of_these", "classes"}
        assert answer["task"] == "artist"
        known = expected(run, Path(answer["image"]))
        assert answer["none_of_these"] is known.declined
        told = known.top(2)
        assert [each["name"] for each in answer["classes"]] == [name for name, _ in told]
        assert answer["classes"][0]["probability"] == pytest.approx(told[0][1], abs=1e-4)


def test_unreadable_images_are_named_and_the_rest_goes_on(run: Run, mixed: list[Path]) -> None:
    said = morelli("attribute", run.folder, *mixed)
    assert said.code == 1
    named = [line for line in said.err.splitlines() if line.startswith("morelli: ")]
    assert [line.split(": ")[1] for line in named] == [str(path) for path in mixed[1:4]]
    assert all(line.split(": ", 2)[2] for line in named)
    shown = [line.split()[0] for line in said.out.splitlines() if ".jpg" in line]
    assert shown == [mixed[0].name, mixed[4].name]


def test_nothing_readable_prints_no_table(run: Run, mixed: list[Path]) -> None:
    said = morelli("attribute", run.folder, mixed[2])
    assert (said.code, said.out) == (1, "")
    assert str(mixed[2]) in said.err


def test_json_has_an_error_for_what_cannot_be_read(run: Run, mixed: list[Path]) -> None:
    said = morelli("attribute", run.folder, *mixed, "--json")
    assert said.code == 1
    answers = json.loads(said.out)
    assert [answer["image"] for answer in answers] == [str(path) for path in mixed]
    assert ["error" in answer for answer in answers] == [False, True, True, True, False]


def test_csv_has_all_probabilities_of_all_images(
    run: Run, mixed: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "new" / "told.csv"
    said = morelli("attribute", run.folder, *mixed, "--csv", file)
    assert said.code == 1
    with file.open(newline="", encoding="utf-8") as opened:
        head, *rows = csv.reader(opened)
    names = list(run.classifier.class_names)
    assert head == ["image", "error", "best", "none_of_these", *names]
    assert [row[0] for row in rows] == [str(path) for path in mixed]
    for row in (rows[0], rows[4]):
        values = [float(value) for value in row[4:]]
        assert (row[1], row[2]) == ("", names[values.index(max(values))])
        assert sum(values) == pytest.approx(1, abs=1e-4)
        assert row[3] == ("yes" if expected(run, Path(row[0])).declined else "no")
    for row in rows[1:4]:
        assert row[1]
        assert row[2:] == [""] * (2 + len(names))


def test_a_folder_without_images_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    line = refusal("attribute", run.folder, tmp_path)
    assert f"{tmp_path} holds no images (" in line
    assert ".jpg" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk to write to")
def test_a_full_disk_under_the_csv_file_is_told(run: Run, folder: Path) -> None:
    said = morelli("attribute", run.folder, folder, "--csv", "/dev/full")
    assert said.code == 2
    told = [line for line in said.err.splitlines() if not line.startswith("attribute: ")]
    assert len(told) == 1
    assert "cannot write to /dev/full: no space is left on the disk" in told[0]


def test_a_csv_file_below_a_file_is_refused_before_anything_is_attributed(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    line = refusal("attribute", run.folder, folder, "--csv", tmp_path / "file" / "told.csv")
    assert str(tmp_path / "file" / "told.csv") in line
