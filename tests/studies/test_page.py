"""The report of a study: its settings, what was chosen and why, its works, how to repeat it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reported import block, blocks, pictures_in, section, settings_of, texts, typed
from reporting.plain import plain_text
from studies.fixed import fixed_study
from studies.small_studies import GRID
from syrupy.assertion import SnapshotAssertion

from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.reporting.page import Chart, Command, Gallery, Page, Table, Text
from morelli.reporting.thumbnails import thumbnail
from morelli.runs.folder import finish
from morelli.runs.prepare import dealt, of_side
from morelli.studies.folder import Study, open_study
from morelli.studies.page import study_page, write_study_report

LARGEST = 3_000_000
"""Bytes of a report at most."""


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


def test_a_page_reads_as_it_did(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    study = fixed_study(tmp_path)

    text = plain_text(study_page(study))

    assert text.replace(str(tmp_path), "studies/fixed") == snapshot


def test_it_concludes_as_the_study_does(grid: Study, page: Page) -> None:
    assert page.conclusion == grid.conclusion


def test_every_setting_has_its_row_the_best_on_val_first_and_marked(
    grid: Study, page: Page
) -> None:
    table = settings_of(page)
    trials = sorted(grid.trials(), key=lambda trial: trial.rank)

    assert [
        (row[0], float(row[1]), float(row[2]), row[4].split(" ± ")[0]) for row in texts(table)
    ] == [
        (
            trial.recipe.backbone,
            trial.recipe.dropout,
            trial.recipe.lr,
            f"{trial.val_accuracy:.4f}",
        )
        for trial in trials
    ]
    assert table.marked == (0,)
    assert trials[0].number == grid.results.chosen


def test_networks_are_compared_by_their_best_settings(grid: Study, page: Page) -> None:
    chart = block(page, "Settings", Chart)

    for backbone in GRID.backbones:
        best = max(t.val_accuracy for t in grid.trials() if t.recipe.backbone == backbone)
        assert f"{backbone} {best:.3f}" in chart.description
    assert f"the commonest class: {grid.results.majority['val']:.3f}" in chart.description


def test_one_network_alone_is_compared_with_none(tmp_path: Path) -> None:
    study = fixed_study(tmp_path)
    alone = tuple(row for row in study.results.settings if row.backbone == "resnet18")
    page = study_page(replace(study, results=replace(study.results, settings=alone)))

    assert blocks(page, "Settings", Chart) == []


def test_every_setting_has_a_learning_curve_in_its_networks_figure(grid: Study, page: Page) -> None:
    charts = blocks(page, "Learning", Chart)

    assert [chart.title for chart in charts] == [
        f"{backbone}: accuracy on val by epoch" for backbone in GRID.backbones
    ]
    for chart, backbone in zip(charts, GRID.backbones, strict=True):
        own = [trial for trial in grid.trials() if trial.recipe.backbone == backbone]
        top = max(trial.val_accuracy for trial in own)
        late = sum(trial.heads[0].best_epoch == 3 for trial in own)
        assert chart.description.startswith(f"4 settings; the best reaches {top:.3f} with")
        assert f"{late} of 4 were best in their last epoch" in chart.description
        for trial in own:
            name = f"dropout {trial.recipe.dropout:g}, lr {trial.recipe.lr:g}"
            assert name in chart.svg


def test_classes_and_works_are_those_of_the_chosen_run(grid: Study, page: Page) -> None:
    chart, table = block(page, "Classes", Chart), block(page, "Classes", Table)
    galleries = blocks(page, "Works", Gallery)

    assert chart.title.startswith("Confusion matrix of")
    assert [row[0] for row in table.rows] == list(grid.chosen.results.test.classes)
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
    passes = 8 * 3 * (works["train"] + works["val"]) + works["test"]
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


def test_random_weights_are_said_loudly_and_trained_ones_not(grid: Study, page: Page) -> None:
    trained = {
        name: replace(cost, weights="torchvision") for name, cost in grid.results.cost.items()
    }

    assert page.warnings == (
        "The weights of squeezenet1_1, mobilenet_v2 were random: this study says what the "
        "networks cost, not how good they are.",
    )
    assert study_page(replace(grid, results=replace(grid.results, cost=trained))).warnings == ()


def test_a_search_is_said_to_be_one(tmp_path: Path) -> None:
    study = fixed_study(tmp_path)
    recipe = replace(study.recipe, search="tpe", trials=5)

    assert dict(study_page(replace(study, recipe=recipe)).asked)["Compared"] == (
        "5 trials searched by a Parzen estimator, of resnet18, alexnet, resnet50"
    )


def test_listed_rows_are_said_to_be_tested(listed_rows: Study) -> None:
    assert dict(study_page(listed_rows).asked)["Compared"] == (
        "3 listed settings of squeezenet1_1, mobilenet_v2, all of them tested"
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


def test_the_report_is_the_same_bytes_again_and_small(grid: Study, listed_rows: Study) -> None:
    for study in (grid, listed_rows):
        before = (study.folder / "report.html").read_bytes()

        assert write_study_report(open_study(study.folder)) == study.folder / "report.html"
        assert (study.folder / "report.html").read_bytes() == before
        assert len(before) < LARGEST
