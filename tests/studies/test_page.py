"""The report of a study: every setting, what was chosen and why, what it cost, how to repeat it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from reported import block, blocks, one_thread, pictures_in, section, settings_of, texts, typed

from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.evaluation.compare import holm, mcnemar
from morelli.markup import share_of
from morelli.reporting.page import Chart, Command, Gallery, Page, Table, Text
from morelli.reporting.thumbnails import thumbnail
from morelli.runs.folder import finish
from morelli.runs.prepare import dealt, of_side
from morelli.studies.folder import Study, open_study
from morelli.studies.page import study_page, write_study_report
from morelli.studies.recipe import StudyRecipe
from morelli.studies.study import study
from morelli.training.named_recipes import RECIPES

BASE = replace(RECIPES["plain"], weights="random", hidden=16, batch=16, epochs=4, patience=0)
GRID = StudyRecipe(
    backbones=("squeezenet1_1", "mobilenet_v2"),
    dropout=(0.1, 0.5),
    lr=(1e-3, 1e-2),
    seeds=2,
    base=BASE,
)
LARGEST = 3_000_000


@pytest.fixture(scope="module", autouse=True)
def _quickly() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def grid(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two networks at four settings, two seeds each."""
    return study(collection, tmp_path_factory.mktemp("grid") / "a grid", GRID, cache=cache)


@pytest.fixture(scope="module")
def page(grid: Study) -> Page:
    """The page of the grid."""
    return study_page(grid)


def moved(study: Study, folder: Path) -> Study:
    """The study as a copy whose collection is said to be in another folder."""
    copy = shutil.copytree(study.folder, folder.parent / "moved")
    run = study.chosen
    learned = replace(run.about.collection, folder=str(folder))
    finish(copy / "chosen", replace(run.about, collection=learned))
    return replace(study, folder=copy, collection=replace(study.collection, folder=str(folder)))


def test_it_says_what_was_asked_of_what_data(
    grid: Study, page: Page, collection: Collection
) -> None:
    asked, works = dict(page.asked), grid.results.works

    assert (page.kind, page.title) == ("study", "6 artists: 2 networks, 8 settings")
    assert asked["Question"] == "Which network and setting predict the artist best?"
    assert asked["Collection"] == str(collection.folder)
    parts = f"{works['train']} / {works['val']} / {works['test']}"
    assert asked["Works"].startswith(f"{parts} in train / val / test, 6 classes, drawn by")
    assert asked["Compared"] == (
        "squeezenet1_1, mobilenet_v2 with dropout 0.1, 0.5 and learning rate 0.001, 0.01"
    )
    assert asked["Heads"] == "2 seeds each, batch 16, at most 4 epochs, fixed views"


def test_it_concludes_as_the_study_does_with_interval_and_majority(grid: Study, page: Page) -> None:
    test = grid.results.test
    low, high = test.seeds[0].metrics.accuracy_interval

    assert page.conclusion == grid.conclusion
    assert f"(95 % interval {low:.1%} to {high:.1%})" in page.conclusion
    majority = share_of(grid.results.majority["test"], grid.results.works["test"], ".1%")
    assert f"answering the commonest class gives {majority}." in page.conclusion


def test_every_setting_stands_with_its_figures_the_best_on_val_first(
    grid: Study, page: Page
) -> None:
    table = settings_of(page)
    trials = sorted(grid.trials(), key=lambda trial: trial.rank)
    shown = [(row[0], row[1], row[2], row[4].split(" ± ")[0]) for row in texts(table)]

    assert [row[3] for row in shown] == [f"{trial.val_accuracy:.4f}" for trial in trials]
    assert {row[:3] for row in shown} == {
        (backbone, str(dropout), lr)
        for backbone in GRID.backbones
        for dropout in GRID.dropout
        for lr in ("0.001", "0.01")
    }
    assert all(" ± " in row[4] for row in texts(table))
    assert "test" not in table.columns


def test_the_chosen_setting_is_marked_and_the_others_have_mcnemars_p(
    grid: Study, page: Page, collection: Collection
) -> None:
    table, trials = settings_of(page), grid.trials()
    best = min(trials, key=lambda trial: trial.rank)
    works, sides = dealt(collection, GRID.base)
    labels = works.labels[of_side(sides, "val")]
    right = {trial.number: np.array(trial.heads[0].val.labels) == labels for trial in trials}
    mine = right.pop(best.number)
    ps = holm(
        [mcnemar(int((mine & ~its).sum()), int((its & ~mine).sum())) for its in right.values()]
    )

    assert table.marked == (0,)
    column = table.columns.index("p")
    row, *rest = texts(table)
    assert row[:3] == (best.recipe.backbone, f"{best.recipe.dropout}", f"{best.recipe.lr:g}")
    assert row[column] == "chosen"
    assert sorted(other[column] for other in rest) == sorted(
        "< 0.001" if p < 0.001 else f"{p:.3f}" for p in ps
    )


def test_networks_are_compared_by_their_best_settings(grid: Study, page: Page) -> None:
    chart = block(page, "Settings", Chart)

    for backbone in GRID.backbones:
        best = max(t.val_accuracy for t in grid.trials() if t.recipe.backbone == backbone)
        assert f"{backbone} {best:.3f}" in chart.description
    assert f"the commonest class: {grid.results.majority['val']:.3f}" in chart.description


def test_the_chosen_setting_was_tested_with_each_seed(grid: Study, page: Page) -> None:
    table = block(page, "What was chosen, on test", Table)
    seeds = grid.results.test.seeds
    accuracies = [seed.metrics.accuracy for seed in seeds]
    works = grid.results.works["test"]
    *rows, mean = texts(table)

    assert [row[0] for row in rows] == ["0", "1"]
    assert [row[1] for row in rows] == [share_of(accuracy, works) for accuracy in accuracies]
    assert mean[:2] == (
        "mean ± deviation",
        f"{fmean(accuracies):.4f} ± {np.std(accuracies, ddof=1):.4f}",
    )
    majority = share_of(grid.results.majority["test"], works)
    assert f"commonest class gives {majority}" in table.note
    assert table.note.endswith("Test was read for this setting alone, after it was chosen.")


def test_every_setting_has_a_learning_curve_in_its_networks_figure(grid: Study, page: Page) -> None:
    charts = blocks(page, "Learning", Chart)

    assert [chart.title for chart in charts] == [
        f"{backbone}: accuracy on val by epoch" for backbone in GRID.backbones
    ]
    for chart, backbone in zip(charts, GRID.backbones, strict=True):
        ours = [trial for trial in grid.trials() if trial.recipe.backbone == backbone]
        top = max(trial.val_accuracy for trial in ours)
        late = sum(trial.heads[0].best_epoch == 4 for trial in ours)
        assert chart.description.startswith(f"4 settings; the best reaches {top:.3f} with")
        assert f"{late} of 4 were best in their last epoch" in chart.description
        for dropout in GRID.dropout:
            for lr in ("0.001", "0.01"):
                assert f"dropout {dropout}, lr {lr}" in chart.svg


def test_classes_and_works_are_those_of_the_chosen_run(grid: Study, page: Page) -> None:
    chart, table = block(page, "Classes", Chart), block(page, "Classes", Table)
    galleries = blocks(page, "Works", Gallery)

    assert chart.title.startswith("Confusion matrix of")
    assert [row[0] for row in table.rows] == list(grid.chosen.metrics["test"].classes)
    assert all(source.startswith("data:image/jpeg") for source in pictures_in(table))
    assert [gallery.title for gallery in galleries][-2:] == [
        "The hardest works",
        "Works of val that the fewest settings classify correctly",
    ]


def test_the_works_that_most_settings_miss_are_counted_from_all_trials(
    grid: Study, page: Page, collection: Collection
) -> None:
    gallery = blocks(page, "Works", Gallery)[-1]
    works, sides = dealt(collection, GRID.base)
    val = of_side(sides, "val")
    predicted = np.array([trial.heads[0].val.labels for trial in grid.trials()])
    right = (predicted == works.labels[val]).sum(axis=0)
    least = np.argsort(right, kind="stable")[:10]

    assert len(gallery.pictures) == 10
    for picture, work in zip(gallery.pictures, least, strict=True):
        true, counted, mostly = picture.caption
        assert true == f"is {works.class_names[works.labels[val[work]]]}"
        assert counted == f"right: {right[work]} of 8"
        answer = works.class_names.index(mostly.removeprefix("mostly classified as "))
        assert (predicted[:, work] == answer).sum() == np.bincount(predicted[:, work]).max()
        place = int(works.shards[val[work]]), int(works.rows[val[work]])
        assert picture.source == thumbnail(pictures_of(collection.folder, [place])[place])


def test_the_cost_has_each_network_the_share_of_training_and_the_passes_saved(
    grid: Study, page: Page
) -> None:
    table, text = section(page, "Cost").blocks
    assert isinstance(table, Table)
    assert isinstance(text, Text)
    features = [cost.seconds_features for cost in grid.results.cost.values()]
    heads = [
        sum(trial.seconds for trial in grid.trials() if trial.recipe.backbone == backbone)
        for backbone in GRID.backbones
    ]
    share = sum(heads) / (sum(heads) + sum(features))

    assert [row[0] for row in texts(table)] == list(GRID.backbones)
    assert [row[3] for row in texts(table)] == [f"{seconds:.1f} s" for seconds in heads]
    assert [row[4] for row in texts(table)] == ["8", "8"]
    assert f"{share:.0%} of features and heads together" in table.note
    works = grid.results.works
    passes = 8 * 4 * (works["train"] + works["val"]) + works["test"]
    for name, paragraph in zip(GRID.backbones, text.paragraphs, strict=True):
        assert paragraph.startswith(f"{name}: decoding")
        assert f"would be {passes:,} passes" in paragraph


def test_the_command_makes_the_same_study_again(
    grid: Study, page: Page, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORELLI_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)

    typed(block(page, "How to repeat it", Command), tmp_path / "again")

    again = open_study(tmp_path / "again")
    assert again.recipe == grid.recipe
    assert again.results.test == grid.results.test
    assert again.conclusion == grid.conclusion


def test_nothing_was_published_for_a_grid(page: Page) -> None:
    assert len(blocks(page, "Settings", Table)) == 1


def test_random_weights_are_said_loudly(page: Page) -> None:
    assert page.warnings == (
        "The weights of squeezenet1_1, mobilenet_v2 were random: this study says what the "
        "networks cost, not how good they are.",
    )


def test_without_the_collection_there_are_no_pictures_and_the_page_says_why(
    grid: Study, tmp_path: Path
) -> None:
    page = study_page(moved(grid, tmp_path / "gone"))

    assert page.warnings[-1].startswith(
        f"There are no pictures in this report: {tmp_path / 'gone'} is no finished collection"
    )
    assert "Works" not in [part.title for part in page.sections]
    assert pictures_in(block(page, "Classes", Table)) == []


def test_a_collection_of_other_works_is_not_shown(
    grid: Study, listed: Collection, tmp_path: Path
) -> None:
    shutil.copytree(listed.folder, tmp_path / "another")
    page = study_page(moved(grid, tmp_path / "another"))

    assert "is no longer the collection" in page.warnings[-1]
    assert "Works" not in [part.title for part in page.sections]


def test_the_report_is_the_same_bytes_again_and_small(grid: Study) -> None:
    before = (grid.folder / "report.html").read_bytes()

    assert write_study_report(open_study(grid.folder)) == grid.folder / "report.html"
    assert (grid.folder / "report.html").read_bytes() == before
    assert len(before) < LARGEST
