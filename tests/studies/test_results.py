"""A study's figures are those of its trials: chosen by val, and only what was chosen is tested."""

from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import numpy.typing as npt
import pytest
import torch
from sklearn.metrics import f1_score
from studies.small_studies import (
    GRID,
    LISTED,
    ONE,
    figures_of,
    write_weights,
)

import morelli
from morelli.data.aside import file_digest
from morelli.data.collection import Collection
from morelli.errors import UserError
from morelli.evaluation.compare import holm, mcnemar
from morelli.evaluation.metrics import wilson_interval
from morelli.machine import Machine
from morelli.markup import share_of
from morelli.runs.heads import fit_head
from morelli.runs.prepare import dealt, of_side, prepare
from morelli.runs.train import train_run
from morelli.studies.folder import MANIFEST, Study
from morelli.studies.study import study
from morelli.studies.trials import by_rank


def labels_of(collection: Collection, side: str) -> npt.NDArray[np.int64]:
    works, sides = dealt(collection, GRID.base)
    return works.labels[of_side(sides, side)]


def test_the_figures_are_those_of_the_labels_that_trials_predicted(
    grid: Study, collection: Collection
) -> None:
    labels = labels_of(collection, "val")
    classes = len(collection.labelled().class_names)

    for trial, row in zip(grid.trials(), grid.results.settings, strict=True):
        right = [int((np.array(head.val.labels) == labels).sum()) for head in trial.heads]
        accuracies = [works / len(labels) for works in right]
        val = figures_of(row)
        assert [head.val_accuracy for head in trial.heads] == pytest.approx(accuracies)
        assert val.accuracy == pytest.approx(fmean(accuracies))
        assert val.spread == pytest.approx(stdev(accuracies))
        assert (val.low, val.high) == wilson_interval(right[0], len(labels))
        f1 = [
            f1_score(
                labels, head.val.labels, labels=range(classes), average="macro", zero_division=0
            )
            for head in trial.heads
        ]
        assert val.scores["macro_f1"] == pytest.approx(fmean(f1))
        best = [head.epochs[head.best_epoch - 1] for head in trial.heads]
        assert row.val_loss == pytest.approx(fmean(epoch.val_loss for epoch in best))
        assert row.best_epoch == trial.heads[0].best_epoch


def test_the_chosen_is_best_on_val_and_the_others_are_compared_with_it(
    grid: Study, collection: Collection
) -> None:
    trials, rows = grid.trials(), grid.results.settings
    best, *others = by_rank(trials)
    labels = labels_of(collection, "val")

    assert grid.results.chosen == best.number
    assert grid.chosen.recipe == best.recipe
    assert best.val_accuracy == max(trial.val_accuracy for trial in trials)
    right = {trial.number: np.array(trial.heads[0].val.labels) == labels for trial in trials}
    assert (rows[best.number].p, rows[best.number].p_holm) == (None, None)
    p = []
    for trial in sorted(others, key=lambda trial: trial.number):
        ours, its = right[best.number], right[trial.number]
        p.append(mcnemar(int((ours & ~its).sum()), int((its & ~ours).sum())))
        assert rows[trial.number].p == p[-1]
    corrected = [row.p_holm for row in rows if row.number != best.number]
    assert corrected == holm(p)
    close = sum(one >= 0.05 for one in holm(p))
    assert f"Of 7 other settings, {close} cannot be distinguished" in grid.conclusion


def test_the_chosen_setting_is_tested_by_a_head_of_each_seed(
    grid: Study, collection: Collection, cache: Path
) -> None:
    chosen, recipe = grid.results.test, grid.chosen.recipe
    test = labels_of(collection, "test")

    assert [one.seed for one in chosen.seeds] == [0, 1]
    for one in chosen.seeds:
        prepared = prepare(collection, recipe, machine=Machine(cache=cache))
        head, _ = fit_head(prepared, replace(recipe, seed=one.seed))
        features = prepared.fixed[prepared.of("test")]
        right = head(torch.from_numpy(features)).argmax(dim=1).numpy() == test
        assert one.metrics.accuracy == pytest.approx(right.mean())
        assert one.metrics.accuracy_interval == wilson_interval(int(right.sum()), len(test))
    assert chosen.seeds[0].metrics.accuracy == grid.chosen.metrics["test"].accuracy
    accuracies = [one.metrics.accuracy for one in chosen.seeds]
    assert chosen.accuracy == pytest.approx(fmean(accuracies))
    assert chosen.spreads["accuracy"] == pytest.approx(stdev(accuracies))


def test_the_chosen_run_is_that_of_its_recipe_and_attributes(
    grid: Study, collection: Collection, cache: Path, paintings: Path, tmp_path: Path
) -> None:
    again = train_run(collection, tmp_path / "run", grid.chosen.recipe, cache=cache)
    name = "classifier/head.safetensors"
    assert file_digest(again.folder / name) == file_digest(grid.chosen.folder / name)

    picture = next(paintings.glob("*/*.jpg"))
    for folder in (grid.chosen.folder, grid.folder / "chosen"):
        assert morelli.load(folder).attribute(picture).best in collection.counts


def test_a_study_that_lists_rows_tests_each_of_them(
    listed_rows: Study, collection: Collection, cache: Path
) -> None:
    test = labels_of(collection, "test")

    assert [len(trial.heads[0].epochs) for trial in listed_rows.trials()] == [2, 3, 1]
    for trial, row in zip(listed_rows.trials(), listed_rows.results.settings, strict=True):
        predicted = trial.heads[0].test
        assert predicted is not None
        right = int((np.array(predicted.labels) == test).sum())
        figures = figures_of(row, "test")
        assert figures.accuracy == pytest.approx(right / len(test))
        assert (figures.low, figures.high) == wilson_interval(right, len(test))
        assert figures.spread is None
    published = [row.published for row in listed_rows.results.settings]
    assert published == [row.published for row in LISTED.rows]
    assert listed_rows.recipe.rows == LISTED.rows


def test_the_conclusion_says_what_the_figures_say(grid: Study) -> None:
    results, chosen = grid.results, grid.results.best
    works = results.works["test"]
    test, majority = (
        share_of(share, works, ".1%") for share in (results.test.accuracy, results.majority["test"])
    )

    assert f"the best is {chosen.backbone} " in grid.conclusion
    assert f"{share_of(chosen.val_accuracy, results.works['val'], '.1%')}." in grid.conclusion
    assert f"it classifies {test} correctly (mean of 2 seeds" in grid.conclusion
    assert f"commonest class gives {majority}" in grid.conclusion
    assert "Its weights were random" in grid.conclusion
    (other,) = {"squeezenet1_1", "mobilenet_v2"} - {chosen.backbone}
    best = max(row.val_accuracy for row in results.settings if row.backbone == other)
    shown = share_of(best, results.works["val"], ".1%")
    assert f"Best of the other networks, on val: {other} {shown}" in grid.conclusion
    assert grid._repr_html_().count("<tr>") == 1 + len(results.settings)


def test_if_all_trials_fail_it_is_an_error_that_says_why_and_can_be_tried_again(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "squeezenet1_1.safetensors"
    recipe = replace(ONE, base=replace(ONE.base, weights=str(weights)))

    with pytest.raises(UserError, match=r"no trial was trained to its end: there is no weights "):
        study(collection, tmp_path / "study", recipe, cache=cache)

    assert not (tmp_path / "study" / MANIFEST).exists()
    write_weights(tmp_path, "squeezenet1_1")
    assert study(collection, tmp_path / "study", recipe, cache=cache).failed == 0
