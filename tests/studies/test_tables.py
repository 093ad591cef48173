"""The tables of a study's report: listed rows, published figures, failures, searches, seeds."""

from dataclasses import replace
from pathlib import Path

import pytest
from reported import texts
from studies.fixed import GRID, ROWS, TEST, fixed_study

from morelli.reporting.page import Table
from morelli.studies.figures import COMPARED, ChosenFigures, SeedFigures, SplitFigures
from morelli.studies.folder import Study
from morelli.studies.tables import chosen_table, published_blocks, settings_table


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A grid of fixed values."""
    return fixed_study(tmp_path / "grid", GRID)


@pytest.fixture
def rows(tmp_path: Path) -> Study:
    """A study of fixed values that lists its rows."""
    return fixed_study(tmp_path / "rows", ROWS)


def test_settings_stand_with_their_figures_the_best_first_and_the_failed_last(
    study: Study,
) -> None:
    table = settings_table(study)

    assert texts(table) == [
        ("resnet18", "0.5", "0.001", "3", "30 of 40", "0.598 to 0.858", "0.7375", "chosen"),
        ("alexnet", "0.5", "0.001", "3", "28 of 40", "0.546 to 0.819", "0.6875", "1.000"),
        ("resnet18", "0.5", "0.001", "3", "22 of 40", "0.398 to 0.693", "0.5125", "0.500"),
        ("alexnet", "0.5", "0.001", "3", "12 of 40", "0.181 to 0.454", "0.2500", "given up"),
        ("resnet50", "0.5", "0.001", "failed", "", "", "", ""),
    ]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert "read on test" not in table.note


def test_a_small_p_is_not_claimed_to_the_last_digit(study: Study) -> None:
    first, *others = study.results.settings
    settings = (replace(first, p_holm=0.0004), *others)
    table = settings_table(replace(study, results=replace(study.results, settings=settings)))

    assert texts(table)[2][-1] == "< 0.001"


def test_every_score_of_settings_that_applies_has_a_column(study: Study) -> None:
    scores = {"accuracy": 0.75, "macro_f1": 0.7375, "top5_accuracy": 0.975}
    settings = tuple(
        row if row.val is None else replace(row, val=replace(row.val, scores=scores))
        for row in study.results.settings
    )
    test = ChosenFigures((SeedFigures(0, replace(TEST, top5_accuracy=0.95)),))
    results = replace(study.results, settings=settings, test=test)
    table, chosen = (
        make(replace(study, results=results)) for make in (settings_table, chosen_table)
    )
    labels = [score.label for score in COMPARED]

    assert labels == ["accuracy", "macro-F1", "top-5"]
    assert list(table.columns[6:8]) == labels[1:]
    assert texts(table)[0][6:8] == ("0.7375", "39 of 40")
    assert list(chosen.columns[3:]) == labels[1:]
    assert texts(chosen)[0][3:] == ("0.7125", "38 of 40")


def test_of_several_seeds_means_stand_with_their_deviation(study: Study) -> None:
    val = SplitFigures({"accuracy": 0.75, "macro_f1": 0.7375}, 0.025, 0.598, 0.858)
    settings = tuple(
        row if row.val is None else replace(row, val=val) for row in study.results.settings
    )
    seeds = (SeedFigures(0, TEST), SeedFigures(1, replace(TEST, accuracy=0.775, macro_f1=0.7525)))
    results = replace(study.results, settings=settings, test=ChosenFigures(seeds))
    study = replace(study, results=results)

    assert texts(settings_table(study))[0][4:7] == ("0.7500 ± 0.0250", "0.598 to 0.858", "0.7375")
    assert texts(chosen_table(study)) == [
        ("0", "29 of 40", "0.572 to 0.839", "0.7125"),
        ("1", "31 of 40", "0.572 to 0.839", "0.7525"),
        ("mean ± deviation", "0.7500 ± 0.0354", "", "0.7325 ± 0.0283"),
    ]


def test_a_search_shows_what_it_searched(study: Study) -> None:
    table = settings_table(replace(study, recipe=replace(study.recipe, search="tpe", trials=5)))

    assert table.columns[3:6] == ("hidden", "decay", "smoothing")
    assert texts(table)[0][3:6] == ("256", "0", "0.1")
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_where_rows_are_listed_each_was_tested_and_the_tables_say_so(
    rows: Study, study: Study
) -> None:
    table, chosen = settings_table(rows), chosen_table(rows)

    assert table.columns[-2:] == ("test", "95 % interval")
    assert [row[-2] for row in texts(table)] == ["30 of 40", "28 of 40", "22 of 40", "12 of 40", ""]
    assert "Every listed row was read on test" in table.note
    assert chosen.note == (
        "Always answering the commonest class gives 15 of 40. Test was read for every listed row."
    )
    assert chosen_table(study).note.endswith(
        "Test was read for this setting alone, after it was chosen."
    )


def test_published_figures_stand_beside_ours(rows: Study) -> None:
    [table] = published_blocks(rows)
    assert isinstance(table, Table)

    assert table.columns[4:7] == ("slides", "ours", "difference")
    assert texts(table) == [
        (
            "resnet18",
            "0.5",
            "0.001",
            "4",
            "0.6175",
            "22 of 40",
            "-0.0675",
            "3,002 s",
            "0.125 s",
        ),
        ("resnet18", "0.5", "0.001", "4", "0.9000", "30 of 40", "-0.1500", "", "0.125 s"),
        ("alexnet", "0.5", "0.001", "4", "not given", "28 of 40", "", "4,546 s", "0.125 s"),
        ("resnet50", "0.5", "0.001", "4", "0.8604", "failed", "", "", ""),
    ]


def test_nothing_was_published_for_a_grid(study: Study) -> None:
    assert published_blocks(study) == []
