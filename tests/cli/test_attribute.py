"""`morelli attribute`: its table, and files that cannot be read."""

import re
from pathlib import Path

import pytest
from cli.command import morelli, printed, refusal

from morelli.classifier import Attribution
from morelli.runs.folder import Run


def expected(run: Run, path: Path) -> Attribution:
    return run.classifier.attribute(path)


def test_a_folder_gives_a_table_with_the_folder_said_once(run: Run, folder: Path) -> None:
    output = morelli("attribute", run.folder, folder)
    assert output.code == 0
    title, _, heads, _, *rows, _ = (line.strip() for line in output.out.splitlines())
    assert title == str(folder)
    assert re.split(r" {2,}", heads) == ["image", "artist 1", "artist 2", "artist 3"]
    files = sorted(folder.iterdir())
    assert [row.split()[0] for row in rows] == [path.name for path in files]
    for row, path in zip(rows, files, strict=True):
        cells = re.split(r" {2,}", row)[1:]
        likeliest = expected(run, path).top(3)
        assert cells == [f"{name} {probability:.1%}" for name, probability in likeliest]
    assert re.fullmatch(r"attribute: 12 images in \d+\.\d s\n", output.err)


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


def test_unreadable_images_are_named_and_the_rest_goes_on(run: Run, mixed: list[Path]) -> None:
    output = morelli("attribute", run.folder, *mixed)
    assert output.code == 1
    named = [line for line in output.err.splitlines() if line.startswith("morelli: ")]
    assert [line.split(": ")[1] for line in named] == [str(path) for path in mixed[1:4]]
    assert all(line.split(": ", 2)[2] for line in named)
    shown = [line.split()[0] for line in output.out.splitlines() if ".jpg" in line]
    assert shown == [mixed[0].name, mixed[4].name]


def test_nothing_readable_prints_no_table(run: Run, mixed: list[Path]) -> None:
    output = morelli("attribute", run.folder, mixed[2])
    assert (output.code, output.out) == (1, "")
    assert str(mixed[2]) in output.err


def test_a_folder_without_images_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    line = refusal("attribute", run.folder, tmp_path)
    assert f"{tmp_path} holds no images (" in line
    assert ".jpg" in line
