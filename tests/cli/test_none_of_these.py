"""None of these at the command line: strangers to try it on, and images that are declined."""

import csv
import json
import re
from pathlib import Path

import pytest
from cli.command import morelli, printed, refusal
from declining import declining_above, declining_all
from unknown_makers import three_of_six

from morelli.data.collection import Collection
from morelli.runs.folder import Run, open_run
from morelli.runs.strangers_section import UNTRIED, declining_text
from morelli.saved import save_classifier

QUICK: tuple[object, ...] = ("--backbone", "squeezenet1_1", "--weights", "random", "--hidden", 8)
QUICK += ("--views", 0, "--heads", 2, "--epochs", 2)


@pytest.fixture(scope="module")
def strict(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier that declines every image."""
    return declining_all(run.classifier, tmp_path_factory.mktemp("strict") / "classifier")


@pytest.fixture(scope="module")
def three(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """The collection of the first three painters."""
    return three_of_six(paintings, tmp_path_factory.mktemp("three") / "three")


# Training


def test_train_tries_it_on_strangers_and_says_what_came_of_it(
    three: Collection, collection: Collection, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shown = printed(
        *("train", three.folder, "--out", out, *QUICK, "--unknown-from", collection.folder)
    )

    run = open_run(out)
    figures = run.results.none_of_these.strangers
    assert figures is not None
    assert declining_text(run) in shown
    assert f"Of 36 works of 3 unknown artists, {figures.declined:.1%} are declined" in shown
    assert (out / "strangers.parquet").is_file()


def test_without_strangers_train_says_how_to_try_it(three: Collection, tmp_path: Path) -> None:
    assert UNTRIED in printed("train", three.folder, "--out", tmp_path / "run", *QUICK)


def test_both_splits_are_tried_on_strangers(
    three: Collection, collection: Collection, tmp_path: Path
) -> None:
    out, unknown = tmp_path / "both", ("--unknown-from", collection.folder)
    shown = printed("train", three.folder, "--out", out, *QUICK, "--split", "both", *unknown)

    for way in ("random", "grouped"):
        run = open_run(out / way)
        figures = run.results.none_of_these.strangers
        assert figures is not None
        assert figures.works == 36
        assert f"{way} split: {declining_text(run)}" in shown


def test_help_says_what_the_option_is_for() -> None:
    shown = " ".join(re.sub(r"[│|]", " ", printed("train", "--help")).split())

    assert "--unknown-from" in shown
    assert "A collection with other makers' works" in shown
    assert "none of these" in shown


def test_strangers_that_cannot_be_tried_are_refused_before_anything_is_written(
    paintings: Path, three: Collection, tmp_path: Path
) -> None:
    small = three_of_six(paintings, tmp_path / "small", size=32)
    for place, refused in (
        (tmp_path / "nowhere", "is no finished collection"),
        (three.folder, "holds no works of another artist than the 3 that are learned; give a"),
        (small.folder, "and they would differ by that; ingest both alike (--size)"),
    ):
        out = tmp_path / "run"
        line = refusal("train", three.folder, "--out", out, *QUICK, "--unknown-from", place)

        assert str(place) in line
        assert refused in line
        assert not out.exists()


# Attributing


def test_declined_images_are_answered_so_with_the_nearest_guesses_beside_it(
    run: Run, strict: Path, folder: Path
) -> None:
    shown = printed("attribute", strict, folder, "--top", 2)

    title, _, heads, *rest = shown.splitlines()
    rows, files = [row for row in rest if ".jpg" in row], sorted(folder.iterdir())
    assert title.strip() == str(folder)
    assert re.split(r" {2,}", heads.strip()) == ["image", "answer", "artist 1", "artist 2"]
    for row, path in zip(rows, files, strict=True):
        known = run.classifier.attribute(path).top(2)
        likeliest = [f"{name} {probability:.1%}" for name, probability in known]
        assert re.split(r" {2,}", row.strip()) == [path.name, "none of these", *likeliest]
    assert "None of these, 12 of 12 images: unlike all works that were learned from" in shown


def test_where_some_are_declined_the_others_are_answered_with_their_maker(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    paths = sorted(folder.iterdir())[:6]
    features = run.classifier.using.features(
        [run.classifier._stored(path.read_bytes()) for path in paths]
    )
    scores = sorted(run.classifier.judge(features).strangeness.tolist())
    limit = (scores[2] + scores[3]) / 2
    some = declining_above(run.classifier, limit)
    save_classifier(tmp_path / "some", some)

    shown = printed("attribute", tmp_path / "some", *paths)

    answers = {}
    for line in shown.splitlines():
        name, *cells = re.split(r" {2,}", line.strip())
        if name.endswith(".jpg"):
            answers[name] = cells[0]
    wanted = [some.attribute(path) for path in paths]
    assert sum(attribution.declined for attribution in wanted) == 3
    assert list(answers.values()) == [
        "none of these" if attribution.declined else attribution.best for attribution in wanted
    ]
    assert "None of these, 3 of 6 images" in shown


def test_where_none_is_declined_nothing_is_said_of_it(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    save_classifier(tmp_path / "kind", declining_above(run.classifier, float("inf")))

    shown = printed("attribute", tmp_path / "kind", folder)

    assert "answer" not in shown
    assert "one of these" not in shown


def test_json_says_of_each_image_whether_it_is_declined(strict: Path, mixed: list[Path]) -> None:
    output = morelli("attribute", strict, *mixed, "--json", "--top", 1)

    good, *unreadable, other = json.loads(output.out)
    assert output.code == 1
    for answer in (good, other):
        assert answer["none_of_these"] is True
        assert len(answer["classes"]) == 1
    assert len(unreadable) == 3
    for answer in unreadable:
        assert answer.keys() == {"image", "error"}


def test_csv_says_of_each_image_whether_it_is_declined(
    strict: Path, mixed: list[Path], tmp_path: Path
) -> None:
    output = morelli("attribute", strict, *mixed, "--csv", tmp_path / "answers.csv")

    with (tmp_path / "answers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert output.code == 1
    assert [row["none_of_these"] for row in rows] == ["yes", "", "", "", "yes"]
    assert [bool(row["best"]) for row in rows] == [True, False, False, False, True]


def test_unreadable_images_are_named_beside_declined_ones_and_do_not_count(
    strict: Path, mixed: list[Path]
) -> None:
    output = morelli("attribute", strict, *mixed)

    assert output.code == 1
    assert "None of these, 2 of 2 images" in output.out
    named = [line for line in output.err.splitlines() if line.startswith("morelli: ")]
    assert [line.split(": ")[1] for line in named] == [str(path) for path in mixed[1:4]]


def test_one_declined_image_is_counted_in_the_singular(strict: Path, folder: Path) -> None:
    assert "None of these, 1 of 1 image: " in printed("attribute", strict, min(folder.iterdir()))


def test_a_classifier_whose_score_is_gone_is_refused_in_one_line(
    strict: Path, run: Run, folder: Path, tmp_path: Path
) -> None:
    own = declining_all(run.classifier, tmp_path / "own")
    (own / "strangeness.safetensors").unlink()

    line = refusal("attribute", own, folder)

    assert line == f"morelli: {own} is not as it was saved: strangeness.safetensors is missing"
