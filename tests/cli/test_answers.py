"""What `morelli attribute` writes as JSON and CSV."""

import csv
import json
from pathlib import Path

import pytest
from cli.command import morelli, refusal

from morelli.runs.folder import Run


def test_json_is_alone_on_stdout(run: Run, folder: Path) -> None:
    output = morelli("attribute", run.folder, folder, "--json", "--top", 2)
    assert output.code == 0
    assert output.out.count("\n") == 1
    answers = json.loads(output.out)
    assert [answer["image"] for answer in answers] == [
        str(path) for path in sorted(folder.iterdir())
    ]
    for answer in answers:
        assert answer.keys() == {"image", "task", "none_of_these", "classes"}
        assert answer["task"] == "artist"
        known = run.classifier.attribute(Path(answer["image"]))
        assert answer["none_of_these"] is known.declined
        likeliest = known.top(2)
        assert [entry["name"] for entry in answer["classes"]] == [name for name, _ in likeliest]
        assert answer["classes"][0]["probability"] == pytest.approx(likeliest[0][1], abs=1e-4)


def test_json_has_an_error_for_what_cannot_be_read(run: Run, mixed: list[Path]) -> None:
    output = morelli("attribute", run.folder, *mixed, "--json")
    assert output.code == 1
    answers = json.loads(output.out)
    assert [answer["image"] for answer in answers] == [str(path) for path in mixed]
    assert ["error" in answer for answer in answers] == [False, True, True, True, False]


def test_csv_has_all_probabilities_of_all_images(
    run: Run, mixed: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "new" / "answers.csv"
    output = morelli("attribute", run.folder, *mixed, "--csv", file)
    assert output.code == 1
    with file.open(newline="", encoding="utf-8") as opened:
        head, *rows = csv.reader(opened)
    names = list(run.classifier.class_names)
    assert head == ["image", "error", "best", "none_of_these", *names]
    assert [row[0] for row in rows] == [str(path) for path in mixed]
    for row in (rows[0], rows[4]):
        values = [float(value) for value in row[4:]]
        assert (row[1], row[2]) == ("", names[values.index(max(values))])
        assert sum(values) == pytest.approx(1, abs=1e-4)
        assert row[3] == ("yes" if run.classifier.attribute(Path(row[0])).declined else "no")
    for row in rows[1:4]:
        assert row[1]
        assert row[2:] == [""] * (2 + len(names))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk to write to")
def test_a_full_disk_under_the_csv_file_is_one_line(run: Run, folder: Path) -> None:
    output = morelli("attribute", run.folder, folder, "--csv", "/dev/full")
    assert output.code == 2
    lines = [line for line in output.err.splitlines() if not line.startswith("attribute: ")]
    assert len(lines) == 1
    assert "cannot write to /dev/full: no space is left on the disk" in lines[0]


def test_a_csv_file_below_a_file_is_refused_before_anything_is_attributed(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    line = refusal("attribute", run.folder, folder, "--csv", tmp_path / "file" / "answers.csv")
    assert str(tmp_path / "file" / "answers.csv") in line
