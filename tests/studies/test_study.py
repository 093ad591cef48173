"""A study of a grid: its figures are those of its trials, and what is chosen is chosen on val."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import numpy.typing as npt
import pytest
import torch
from sklearn.metrics import f1_score
from studies.small_studies import Heard, figures_of, one_thread, small, trials_of

import morelli
from morelli.data.aside import file_digest
from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.evaluation.compare import holm, mcnemar
from morelli.evaluation.metrics import wilson_interval
from morelli.machine import Machine
from morelli.markup import share_of
from morelli.runs.heads import fit_head
from morelli.runs.prepare import dealt, of_side, prepare
from morelli.runs.train import train_run
from morelli.studies.folder import Study, open_study
from morelli.studies.recipe import Row
from morelli.studies.study import study
from morelli.studies.trials import DONE, by_rank

RECIPE = small(backbones=("squeezenet1_1", "mobilenet_v2"), seeds=2)
ROWS = (
    Row("squeezenet1_1", 0.5, 1e-3, 2, published=0.5),
    Row("squeezenet1_1", 0.0, 1e-2, 3),
    Row("mobilenet_v2", 0.0, 1e-2, 1, published=0.25, published_seconds=9.0),
)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def done(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two networks, two shares dropped, two rates, two seeds."""
    return study(collection, tmp_path_factory.mktemp("grid") / "study", RECIPE, cache=cache)


@pytest.fixture(scope="module")
def listed_rows(
    collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """A study that lists its rows, with one seed."""
    out = tmp_path_factory.mktemp("rows") / "study"
    return study(collection, out, small(rows=ROWS), cache=cache)


def labels_of(collection: Collection, side: str) -> npt.NDArray[np.int64]:
    works, sides = dealt(collection, RECIPE.base)
    return works.labels[of_side(sides, side)]


def test_every_setting_has_a_trial_and_a_row(done: Study) -> None:
    trials = done.trials()

    assert [trial.number for trial in trials] == list(range(8))
    assert [trial.recipe for trial in trials] == RECIPE.settings()
    assert {trial.state for trial in trials} == {DONE}
    assert done.failed == 0
    for trial, row in zip(trials, done.results.settings, strict=True):
        assert [head.seed for head in trial.heads] == [0, 1]
        assert all(len(head.epochs) == 3 for head in trial.heads)
        assert (row.number, row.state, row.seeds) == (trial.number, DONE, 2)
        for name in ("backbone", "dropout", "lr", "hidden", "epochs"):
            assert getattr(row, name) == getattr(trial.recipe, name)


def test_the_figures_are_those_of_the_labels_that_trials_predicted(
    done: Study, collection: Collection
) -> None:
    labels = labels_of(collection, "val")
    classes = len(collection.labelled().class_names)

    for trial, row in zip(done.trials(), done.results.settings, strict=True):
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
    done: Study, collection: Collection
) -> None:
    trials, rows = done.trials(), done.results.settings
    best, *others = by_rank(trials)
    labels = labels_of(collection, "val")

    assert done.results.chosen == best.number
    assert done.chosen.recipe == best.recipe
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
    assert f"Of 7 other settings, {close} cannot be distinguished" in done.conclusion


def test_test_is_read_for_the_chosen_alone(done: Study) -> None:
    for path in (done.folder / "trials").iterdir():
        heads = json.loads(path.read_text(encoding="utf-8"))["heads"]
        assert all(head["test"] is None for head in heads)
    assert all(row.test is None for row in done.results.settings)
    assert "test" not in (done.folder / "results.csv").read_text(encoding="utf-8")


def test_the_chosen_setting_is_tested_by_a_head_of_each_seed(
    done: Study, collection: Collection, cache: Path
) -> None:
    chosen, recipe = done.results.test, done.chosen.recipe
    test = labels_of(collection, "test")

    assert [one.seed for one in chosen.seeds] == [0, 1]
    for one in chosen.seeds:
        prepared = prepare(collection, recipe, machine=Machine(cache=cache))
        head, _ = fit_head(prepared, replace(recipe, seed=one.seed))
        features = prepared.fixed[prepared.of("test")]
        right = head(torch.from_numpy(features)).argmax(dim=1).numpy() == test
        assert one.metrics.accuracy == pytest.approx(right.mean())
        assert one.metrics.accuracy_interval == wilson_interval(int(right.sum()), len(test))
    assert chosen.seeds[0].metrics.accuracy == done.chosen.metrics["test"].accuracy
    accuracies = [one.metrics.accuracy for one in chosen.seeds]
    assert chosen.accuracy == pytest.approx(fmean(accuracies))
    assert chosen.spreads["accuracy"] == pytest.approx(stdev(accuracies))


def assert_as_alone(study: Study, collection: Collection, cache: Path) -> None:
    """Check that each head of a study came to what it comes to alone."""
    for trial in study.trials():
        for head in trial.heads:
            recipe = replace(trial.recipe, seed=head.seed)
            prepared = prepare(collection, recipe, machine=Machine(cache=cache))
            alone, [fit] = fit_head(prepared, recipe)
            assert head.best_epoch == fit.best.number
            assert head.val_loss == pytest.approx(fit.best.val_loss, rel=1e-4)
            assert head.val_accuracy == pytest.approx(fit.best.val_accuracy)
            for split, predicted in (("val", head.val), ("test", head.test)):
                if predicted is not None:
                    features = torch.from_numpy(prepared.fixed[prepared.of(split)])
                    assert alone(features).argmax(dim=1).tolist() == list(predicted.labels)


def test_each_head_comes_to_what_it_comes_to_alone(
    done: Study, collection: Collection, cache: Path
) -> None:
    assert_as_alone(done, collection, cache)


def test_heads_trained_on_views_have_those_of_their_seed(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    recipe = small(dropout=(0.5,), seeds=2, views=2, patience=1, epochs=6)

    on_views = study(collection, tmp_path / "study", recipe, cache=cache)

    assert all(len(trial.heads) == 2 for trial in on_views.trials())
    assert_as_alone(on_views, collection, cache)


def test_a_study_that_lists_rows_tests_each_of_them(
    listed_rows: Study, collection: Collection, cache: Path
) -> None:
    test = labels_of(collection, "test")

    assert_as_alone(listed_rows, collection, cache)
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
    assert published == [row.published for row in ROWS]
    assert listed_rows.recipe.rows == ROWS


def test_the_chosen_run_is_that_of_its_recipe_and_attributes(
    done: Study, collection: Collection, cache: Path, paintings: Path, tmp_path: Path
) -> None:
    again = train_run(collection, tmp_path / "run", done.chosen.recipe, cache=cache)
    name = "classifier/head.safetensors"
    assert file_digest(again.folder / name) == file_digest(done.chosen.folder / name)

    picture = next(paintings.glob("*/*.jpg"))
    for folder in (done.chosen.folder, done.folder / "chosen"):
        assert morelli.load(folder).attribute(picture).best in collection.counts


def test_a_finished_study_is_given_back_untouched(
    done: Study, collection: Collection, tmp_path: Path
) -> None:
    before = {
        path: (path.stat().st_mtime_ns, file_digest(path))
        for path in done.folder.rglob("*")
        if path.is_file()
    }
    heard = Heard()

    again = study(collection, done.folder, RECIPE, cache=tmp_path / "none", progress=heard)

    assert again == done == open_study(done.folder)
    assert heard.notes == []
    after = {path: (path.stat().st_mtime_ns, file_digest(path)) for path in before}
    assert after == before


def test_the_same_study_has_the_same_figures_again(
    done: Study, collection: Collection, tmp_path: Path
) -> None:
    heard = Heard()
    torch.manual_seed(99)

    again = study(
        collection.folder,
        tmp_path / "again",
        RECIPE,
        cache=tmp_path / "cache",
        workers=1,
        progress=heard,
    )

    for name in ("results.csv", "study.toml", "chosen/results.json", "chosen/predictions.parquet"):
        assert (again.folder / name).read_bytes() == (done.folder / name).read_bytes(), name
    assert again.conclusion == done.conclusion
    assert trials_of(heard.notes) == list(range(8))
    cost = again.results.cost
    assert {name: network.extracted for name, network in cost.items()} == {
        "squeezenet1_1": collection.works,
        "mobilenet_v2": collection.works,
    }
    assert all((network.heads, network.epochs) == (8, 24) for network in cost.values())


def test_the_conclusion_says_what_the_figures_say(done: Study) -> None:
    results, chosen = done.results, done.results.best
    works = results.works["test"]
    test, majority = (
        share_of(share, works, ".1%") for share in (results.test.accuracy, results.majority["test"])
    )

    assert f"the best is {chosen.backbone} " in done.conclusion
    assert f"{share_of(chosen.val_accuracy, results.works['val'], '.1%')}." in done.conclusion
    assert f"it classifies {test} correctly (mean of 2 seeds" in done.conclusion
    assert f"commonest class gives {majority}" in done.conclusion
    assert "Its weights were random" in done.conclusion
    (other,) = {"squeezenet1_1", "mobilenet_v2"} - {chosen.backbone}
    best = max(row.val_accuracy for row in results.settings if row.backbone == other)
    shown = share_of(best, results.works["val"], ".1%")
    assert f"Best of the other networks, on val: {other} {shown}" in done.conclusion
    assert done._repr_html_().count("<tr>") == 1 + len(results.settings)


@pytest.mark.parametrize("name", ["results.json", "results.csv", "study.toml", "begun.json"])
def test_altered_figures_are_noticed(listed_rows: Study, name: str) -> None:
    path = listed_rows.folder / name
    before = path.read_bytes()
    path.write_bytes(before + b" ")
    try:
        with pytest.raises(BadFolder, match=rf"not as it was saved: {name} was altered"):
            open_study(listed_rows.folder)
    finally:
        path.write_bytes(before)
