"""The works that a report shows are those that the run's predictions name."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from comparisons.compared_runs import predictions, trained

from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.reporting.page import Gallery, Table
from morelli.reporting.thumbnails import thumbnail
from morelli.runs.folder import PREDICTIONS, Run
from morelli.runs.predictions import SharedPredictions
from morelli.runs.works_section import (
    EXAMPLES,
    MOST_WITH_EXAMPLES,
    SHOWN,
    SMALL,
    choose_works,
    works_blocks,
)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def wrong(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that has learned hardly anything: it classifies many works wrongly."""
    out = tmp_path_factory.mktemp("wrong") / "wrong"
    return trained(collection, out, cache, epochs=1, lr=1e-6)


def names_of(run: Run) -> list[str]:
    """The names of a run's classes, by label."""
    metadata = pq.read_schema(run.folder / PREDICTIONS).metadata
    return list(json.loads(metadata[b"class_names"]))


def probabilities(row: Row) -> list[float]:
    """What a prediction gives to each class."""
    return [float(each) for each in np.exp(row["log_probabilities"])]


def predicted(row: Row) -> int:
    """The label of the likeliest class."""
    return int(np.argmax(row["log_probabilities"]))


def mistakes(run: Run) -> list[Row]:
    """The test works classified wrongly, the most confident first."""
    rows = [row for row in predictions(run).values() if predicted(row) != row["label"]]
    return sorted(rows, key=lambda row: -max(probabilities(row)))


def hardest(run: Run) -> list[Row]:
    """The test works with the least for the truth, besides the most confident mistakes."""
    surest = [row["work_id"] for row in mistakes(run)[:SHOWN]]
    rows = [row for row in predictions(run).values() if row["work_id"] not in surest]
    return sorted(rows, key=lambda row: probabilities(row)[row["label"]])


def picture(run: Run, row: Row, side: int = 160) -> str:
    """The small picture of a prediction's work."""
    place = row["shard"], row["row"]
    return thumbnail(pictures_of(run.about.collection.folder, [place])[place], side)


def caption(run: Run, row: Row) -> tuple[str, str]:
    """What stands below a work: what it is, and what it was classified as."""
    names, shares = names_of(run), probabilities(row)
    answer = f"classified as {names[predicted(row)]} ({max(shares):.1%})"
    return (
        f"is {names[row['label']]} ({shares[row['label']]:.1%})",
        "classified correctly" if predicted(row) == row["label"] else answer,
    )


def gallery(run: Run, number: int) -> Gallery:
    """The gallery of mistakes, or that of the hardest works."""
    found = works_blocks(run)[1][number]
    assert isinstance(found, Gallery)
    return found


def many(classes: int, works: int) -> SharedPredictions:
    """Predictions of works of many classes, all of them right but for the last work."""
    labels = np.arange(works) % classes
    answers = labels.copy()
    answers[-1] = (answers[-1] + 1) % classes
    sure = np.linspace(0.9, 0.5, works)
    return SharedPredictions(
        tuple(f"class {number}" for number in range(classes)),
        np.array([f"{number:03}" for number in range(works)], np.str_),
        labels,
        np.zeros((works, 2), np.int64),
        answers[None],
        sure[None],
        np.where(answers == labels, sure, 0.1)[None],
    )


def test_the_ten_most_confident_mistakes_are_shown_the_surest_first(wrong: Run) -> None:
    expected = mistakes(wrong)[:SHOWN]
    shown = gallery(wrong, 0)

    assert len(mistakes(wrong)) > SHOWN == len(shown.pictures)
    assert shown.title == "The most confident mistakes"
    assert [each.caption for each in shown.pictures] == [caption(wrong, row) for row in expected]
    assert [each.source for each in shown.pictures] == [picture(wrong, row) for row in expected]


def test_the_hardest_works_come_next_and_none_is_shown_twice(run: Run) -> None:
    expected = hardest(run)[:SHOWN]
    first, second = gallery(run, 0), gallery(run, 1)

    assert second.title == "The hardest works"
    assert [each.caption for each in second.pictures] == [caption(run, row) for row in expected]
    assert [each.source for each in second.pictures] == [picture(run, row) for row in expected]
    sources = [each.source for each in (*first.pictures, *second.pictures)]
    assert len(set(sources)) == len(sources)


def test_each_picture_says_in_words_what_it_shows(wrong: Run) -> None:
    names = names_of(wrong)

    for each, row in zip(gallery(wrong, 0).pictures, mistakes(wrong), strict=False):
        assert each.alt == f"Work of {names[row['label']]}, classified as {names[predicted(row)]}"


def test_each_class_stands_with_its_figures_and_its_surest_works(wrong: Run) -> None:
    [table], _, lacking = works_blocks(wrong)
    assert isinstance(table, Table)
    figures, rows = wrong.metrics["test"].classes, list(predictions(wrong).values())
    rows.sort(key=lambda row: -max(probabilities(row)))

    assert lacking == ""
    assert table.columns[-2:] == ("most confident, right", "most confident, wrong")
    assert [row[0] for row in table.rows] == names_of(wrong)
    for label, (name, works, precision, recall, f1, right, others) in enumerate(table.rows):
        assert isinstance(name, str)
        of = figures[name]
        both = of.precision + of.recall
        expected = 2 * of.precision * of.recall / both if both else 0.0
        assert (works, f1) == (str(of.works), f"{expected:.3f}")
        assert (precision, recall) == (f"{of.precision:.3f}", f"{of.recall:.3f}")
        mine = [row for row in rows if row["label"] == label]
        assert not isinstance(right, str)
        assert not isinstance(others, str)
        for cell, wanted in ((right, True), (others, False)):
            chosen = [row for row in mine if (predicted(row) == label) == wanted][:EXAMPLES]
            assert [each.source for each in cell] == [picture(wrong, row, SMALL) for row in chosen]
            said = [
                f"Work of {name}, classified as {names_of(wrong)[predicted(row)]}" for row in chosen
            ]
            assert [each.alt for each in cell] == said


def test_figures_of_classes_are_those_of_the_predictions(wrong: Run) -> None:
    rows = list(predictions(wrong).values())
    [table], _, _ = works_blocks(wrong)
    assert isinstance(table, Table)

    for label, (_, works, precision, recall, *_) in enumerate(table.rows):
        mine = [predicted(row) == label for row in rows if row["label"] == label]
        answered = [row["label"] == label for row in rows if predicted(row) == label]
        assert works == str(len(mine))
        assert recall == f"{sum(mine) / len(mine):.3f}"
        assert precision == f"{sum(answered) / len(answered) if answered else 0:.3f}"


def test_of_more_than_forty_classes_no_examples_are_chosen() -> None:
    few, more = (
        choose_works(many(classes, 2 * classes))
        for classes in (MOST_WITH_EXAMPLES, MOST_WITH_EXAMPLES + 1)
    )

    assert all(len(each) <= EXAMPLES for each in (*few.right, *few.wrong))
    assert sum(map(len, few.right)) == 2 * MOST_WITH_EXAMPLES - 1
    assert not any((*more.right, *more.wrong))
    assert len(more.mistakes) == 1
    assert len(more.hardest) == SHOWN
    assert more.works == sorted({*more.mistakes, *more.hardest})


def test_of_equals_the_first_is_chosen_each_time() -> None:
    predictions = many(3, 30)
    alike = replace(
        predictions,
        confidence=np.full_like(predictions.confidence, 0.5),
        true_probability=np.full_like(predictions.true_probability, 0.5),
    )
    choice = choose_works(alike)

    assert choice.mistakes == (29,)
    assert choice.hardest == tuple(range(SHOWN))
    assert choice.right[0] == (0, 3)


def test_fewer_works_than_there_is_room_for_are_all_shown() -> None:
    choice = choose_works(many(2, 4))

    assert (choice.mistakes, choice.hardest) == ((3,), (2, 1, 0))
    assert choice.works == [0, 1, 2, 3]


@pytest.mark.parametrize("how", ["gone", "emptied", "another"])
def test_without_the_collection_figures_stay_and_pictures_go(
    run: Run, collection: Collection, listed: Collection, tmp_path: Path, how: str
) -> None:
    there = tmp_path / "there"
    if how != "gone":
        shutil.copytree(collection.folder if how == "emptied" else listed.folder, there)
    if how == "emptied":
        for path in there.glob("data/*.parquet"):
            path.unlink()
    about = replace(run.about.collection, folder=str(there))
    [table], galleries, lacking = works_blocks(
        replace(run, about=replace(run.about, collection=about))
    )
    why = {"gone": "no finished collection", "emptied": "lacks train-", "another": "no longer"}

    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == names_of(run)
    assert all(isinstance(cell, str) for row in table.rows for cell in row)
    assert galleries == []
    assert lacking.startswith(f"There are no pictures in this report: {there}")
    assert why[how] in lacking


def test_a_damaged_picture_is_an_empty_frame(run: Run, tmp_path: Path) -> None:
    copy = shutil.copytree(run.about.collection.folder, tmp_path / "copy")
    for path in copy.glob("data/*.parquet"):
        table = pq.read_table(path)
        rows = table.to_pylist()
        for row in rows:
            row["image"]["bytes"] = b"no picture"
        pq.write_table(table.from_pylist(rows, table.schema), path)
    about = replace(run.about.collection, folder=str(copy))
    _, galleries, lacking = works_blocks(replace(run, about=replace(run.about, collection=about)))

    assert lacking == ""
    for each in galleries:
        assert isinstance(each, Gallery)
        assert {picture.source for picture in each.pictures} == {thumbnail(b"no picture")}
