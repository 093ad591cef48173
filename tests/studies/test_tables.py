"""The tables of a study's report: listed rows, published figures, failures and searches."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from reported import block, blocks, one_thread, settings_of, texts
from studies.small_studies import figures_of

from morelli.data.collection import Collection
from morelli.markup import share_of
from morelli.reporting.page import Chart, Table
from morelli.runs.folder import Run
from morelli.studies.figures import COMPARED
from morelli.studies.folder import Study, open_study
from morelli.studies.page import study_page, write_study_report
from morelli.studies.recipe import Row, StudyRecipe
from morelli.studies.study import study
from morelli.studies.tables import chosen_table
from morelli.training.named_recipes import RECIPES

BASE = replace(RECIPES["plain"], weights="random", hidden=16, batch=16, epochs=4, patience=0)
ROWS = StudyRecipe(
    rows=(
        Row("squeezenet1_1", 0.3, 1e-3, 4, 0.6175, 3001.7386),
        Row("squeezenet1_1", 0.3, 1e-2, 2, None, 4546.2),
        Row("mobilenet_v2", 0.5, 1e-3, 3, 0.8604),
        Row("squeezenet1_1", 0.5, 1e-3, 3),
    ),
    base=BASE,
)
LAME = StudyRecipe(
    backbones=("squeezenet1_1", "mobilenet_v2"),
    dropout=(0.1, 0.5),
    lr=(1e-3, 1e-2),
)
"""Of these networks, only the first will have weights."""


@pytest.fixture(scope="module", autouse=True)
def _quickly() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def listing(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Four listed rows, two of them with a published accuracy."""
    return study(collection, tmp_path_factory.mktemp("rows") / "rows", ROWS, cache=cache)


@pytest.fixture(scope="module")
def lame(
    run: Run, listed: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """A study of two networks, of which one has no weights, so that its trials failed."""
    weights = tmp_path_factory.mktemp("weights")
    backbone = run.folder / "classifier" / "backbone-squeezenet1_1.safetensors"
    shutil.copy(backbone, weights / "squeezenet1_1.safetensors")
    recipe = replace(LAME, base=replace(BASE, weights=str(weights)))
    return study(listed, tmp_path_factory.mktemp("lame") / "lame", recipe, cache=cache)


def test_every_score_of_settings_that_applies_has_a_column(listing: Study) -> None:
    table, chosen = settings_of(study_page(listing)), chosen_table(listing)
    first = listing.results.best
    applying = [score for score in COMPARED if score.name in figures_of(first).scores]
    labels = [score.label for score in applying[1:]]
    place = table.columns.index("95 % interval") + 1
    works = listing.results.works["val"]

    assert len(labels) > 1
    assert list(table.columns[place : place + len(labels)]) == labels
    assert list(texts(table)[0][place : place + len(labels)]) == [
        score.text(figures_of(first).scores[score.name], works) for score in applying[1:]
    ]
    assert list(chosen.columns[3:]) == labels
    assert listing.results.test.means.keys() == {score.name for score in applying}


def test_one_network_alone_is_compared_with_none(listing: Study) -> None:
    alone = tuple(row for row in listing.results.settings if row.backbone == "squeezenet1_1")
    results = replace(listing.results, settings=alone, chosen=alone[0].number)

    assert blocks(study_page(replace(listing, results=results)), "Settings", Chart) == []


def test_published_figures_stand_beside_ours(listing: Study) -> None:
    page = study_page(listing)
    _, table = blocks(page, "Settings", Table)
    first, second, third = texts(table)
    works = listing.results.works["test"]
    accuracies = [figures_of(row, "test").accuracy for row in listing.results.settings]
    ours = [share_of(accuracy, works) for accuracy in accuracies]

    assert table.columns[4:7] == ("slides", "ours", "difference")
    assert first[:4] == ("squeezenet1_1", "0.3", "0.001", "4")
    assert first[4:7] == ("0.6175", ours[0], f"{accuracies[0] - 0.6175:+.4f}")
    assert first[7] == "3,002 s"
    assert first[8].endswith(" s")
    assert second[4:8] == ("not given", ours[1], "", "4,546 s")
    assert third[4:8] == ("0.8604", ours[2], f"{accuracies[2] - 0.8604:+.4f}", "")


def test_where_rows_are_listed_each_was_tested_and_the_page_says_so(listing: Study) -> None:
    page = study_page(listing)
    table = settings_of(page)

    assert table.columns[-2:] == ("test", "95 % interval")
    assert all(row[-2] for row in texts(table))
    assert "Every listed row was read on test" in table.note
    tested = block(page, "What was chosen, on test", Table)
    assert tested.note.endswith("Test was read for every listed row.")
    assert dict(page.asked)["Compared"].startswith("4 listed settings of squeezenet1_1, mobilenet")


def test_a_search_shows_what_it_searched(lame: Study) -> None:
    recipe = replace(lame.recipe, search="tpe", trials=8)
    page = study_page(replace(lame, recipe=recipe))
    table = settings_of(page)

    assert table.columns[3:6] == ("hidden", "decay", "smoothing")
    assert texts(table)[0][3:6] == ("16", "0", "0.1")
    asked = dict(page.asked)["Compared"]
    assert asked == "8 trials searched by a Parzen estimator, of squeezenet1_1, mobilenet_v2"


def test_settings_that_failed_or_were_given_up_stand_as_such(lame: Study) -> None:
    page = study_page(lame)
    table = settings_of(page)

    assert lame.failed == 4
    assert page.warnings == ()
    assert [row[3] for row in texts(table)[4:]] == ["failed"] * 4
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert [chart.title for chart in blocks(page, "Learning", Chart)] == [
        "squeezenet1_1: accuracy on val by epoch"
    ]
    assert "4 trials failed." in page.conclusion
    rows = tuple(replace(row, state="pruned") for row in lame.results.settings if row.val)
    given_up = replace(lame, results=replace(lame.results, settings=rows))
    assert [row[7] for row in texts(settings_of(study_page(given_up)))] == ["given up"] * 4


def test_the_report_is_the_same_bytes_again(listing: Study, lame: Study) -> None:
    for study_ in (listing, lame):
        before = (study_.folder / "report.html").read_bytes()

        assert write_study_report(open_study(study_.folder)).read_bytes() == before
