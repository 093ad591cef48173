"""What runs told stands side by side only where they were asked the same of the same works."""

import json
from pathlib import Path

import numpy as np
import pytest
from comparisons.compared_runs import (
    Rows,
    of_test,
    predictions,
    shuffled,
    trained,
    with_predictions,
)

from morelli.data.collection import Collection
from morelli.errors import UserError
from morelli.runs.folder import Run
from morelli.runs.predictions import shared_predictions, task_of


@pytest.fixture(scope="module")
def second(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Another run on the same works."""
    return trained(collection, tmp_path_factory.mktemp("second") / "second", cache)


def test_each_work_stands_with_what_each_run_told_of_it(run: Run, second: Run) -> None:
    told = shared_predictions([run, second])

    assert told.ids.tolist() == sorted(predictions(run))
    for number, each in enumerate((run, second)):
        rows = predictions(each)
        for place, work in enumerate(told.ids.tolist()):
            row, chances = rows[work], np.exp(rows[work]["log_probabilities"])
            assert told.labels[place] == row["label"]
            assert told.places[place].tolist() == [row["shard"], row["row"]]
            assert told.predicted[number, place] == chances.argmax()
            assert told.confidence[number, place] == pytest.approx(chances.max())
            assert told.true_probability[number, place] == pytest.approx(chances[row["label"]])
    assert (told.predicted[0] == told.labels).mean() == run.metrics["test"].accuracy
    assert (told.predicted[1] == told.labels).mean() == second.metrics["test"].accuracy


def test_the_order_of_rows_in_a_file_does_not_matter(run: Run, second: Run, tmp_path: Path) -> None:
    other = with_predictions(second, tmp_path / "shuffled", shuffled)
    one, same = shared_predictions([run, second]), shared_predictions([run, other])

    for name in ("ids", "labels", "places", "predicted", "confidence", "true_probability"):
        assert np.array_equal(getattr(one, name), getattr(same, name)), name


def test_equal_files_count_as_often_as_they_are_there(
    run: Run, second: Run, tmp_path: Path
) -> None:
    def doubled(rows: Rows) -> Rows:
        first, *others = of_test(rows)
        twin = next(row for row in others if row["label"] == first["label"])
        twin["work_id"] = first["work_id"]
        return shuffled(rows)

    one, other = (
        with_predictions(each, tmp_path / each.folder.name, doubled) for each in (run, second)
    )
    told = shared_predictions([one, other])

    assert len(told.ids) == run.metrics["test"].works
    assert len(set(told.ids.tolist())) == len(told.ids) - 1
    with pytest.raises(UserError, match=r": 1 of 15 are only in the first, 1 of 15 only in the "):
        shared_predictions([one, second])


def test_another_split_is_refused_with_the_number_of_works(
    collection: Collection, run: Run, cache: Path, tmp_path: Path
) -> None:
    other = trained(collection, tmp_path / "other", cache, split_seed=1)
    mine, its = set(predictions(run)), set(predictions(other))
    counts = rf"{len(mine - its)} of {len(mine)} .* {len(its - mine)} of {len(its)} "

    with pytest.raises(UserError, match=rf"not tested on the same works: {counts}.*--split-seed"):
        shared_predictions([run, other])


def test_fewer_test_works_are_refused(run: Run, tmp_path: Path) -> None:
    def without_one(rows: Rows) -> Rows:
        of_test(rows)[0]["split"] = "val"
        return rows

    other = with_predictions(run, tmp_path / "other", without_one)
    with pytest.raises(UserError, match="1 of 15 are only in the first, 0 of 14 only in the sec"):
        shared_predictions([run, other])


@pytest.mark.parametrize(("works", "said"), [(1, "1 test work of .* has"), (2, "2 test .* have")])
def test_other_labels_are_refused(run: Run, tmp_path: Path, works: int, said: str) -> None:
    def relabelled(rows: Rows) -> Rows:
        for row in of_test(rows)[:works]:
            row["label"] = (row["label"] + 1) % 6
        return rows

    other = with_predictions(run, tmp_path / "other", relabelled)
    with pytest.raises(UserError, match=f"{said} another artist in .*other; compare runs"):
        shared_predictions([run, other])


def test_other_classes_are_refused_by_name(
    run: Run, listed: Collection, cache: Path, tmp_path: Path
) -> None:
    other = trained(listed, tmp_path / "two painters", cache, task="artist")
    only = [
        name for name in run.metrics["test"].classes if name not in other.metrics["test"].classes
    ]

    with pytest.raises(UserError, match="do not predict the same classes") as caught:
        shared_predictions([other, run])
    assert f"none is only in {other.folder}; only {run.folder} has " in str(caught.value)
    assert f"{', '.join(only[:3])} and {len(only) - 3} more; " in str(caught.value)


def test_another_task_is_refused(listed: Collection, cache: Path, tmp_path: Path) -> None:
    artist, style = (
        trained(listed, tmp_path / task, cache, task=task) for task in ("artist", "style")
    )

    assert (task_of(artist), task_of(style)) == ("artist", "style")
    with pytest.raises(
        UserError, match=r"artist predicts the artist of a work, .*style the style; "
    ):
        shared_predictions([artist, style])


def test_the_task_is_the_collections_own_unless_the_recipe_says_another(run: Run) -> None:
    assert run.recipe.task == ""
    assert task_of(run) == "artist"
    assert (
        json.loads((run.folder / "classifier" / "classifier.json").read_text())["task"] == "artist"
    )
