"""A reproduction's folder: a row for each figure of the slides, and it is opened only if whole."""

import json
from pathlib import Path

import pytest
from studies.fixed import ROWS, fixed_run, fixed_study
from studies.reproduced import SLIDES, Reproduced

from morelli.errors import BadFolder
from morelli.studies.reproduction import SUBSET_ACCURACY, figure_rows, open_reproduction
from morelli.training.named_recipes import RECIPES


def test_each_figure_of_the_slides_has_a_row_with_ours_beside_it(tmp_path: Path) -> None:
    slides, subset = fixed_study(tmp_path, ROWS), fixed_run(tmp_path / "run", RECIPES["study"])

    *listed, sampled = figure_rows(slides, {"subset": subset})

    assert [(row.collection, row.slides, row.test_accuracy) for row in listed] == [
        ("four", 0.6175, 0.55),
        ("four", 0.9, 0.75),
        ("four", None, 0.7),
        ("four", None, 0.3),
        ("four", 0.8604, None),
    ]
    assert (listed[0].test_low, listed[0].test_high, listed[0].test_macro_f1) == (
        0.398,
        0.693,
        0.5125,
    )
    assert {row.majority for row in listed} == {0.375}
    assert (sampled.collection, sampled.slides) == ("subset", SUBSET_ACCURACY)
    assert (sampled.test_accuracy, sampled.test_low, sampled.test_high) == (0.725, 0.572, 0.839)
    assert (sampled.dropout, sampled.lr, sampled.epochs) == (0.3, 1e-5, 7)


@pytest.mark.real
def test_the_figures_are_in_a_table_of_their_own(reproduction: Reproduced) -> None:
    rows = json.loads((reproduction.result.folder / "results.json").read_text(encoding="utf-8"))
    lines = (reproduction.result.folder / "results.csv").read_text(encoding="utf-8").splitlines()

    assert [row["slides"] for row in rows] == [*SLIDES, 0.5111, 0.5111]
    assert [row["collection"] for row in rows] == ["four"] * 11 + ["subset", "subset-with-unknown"]
    assert all(row["test_low"] <= row["test_accuracy"] <= row["test_high"] for row in rows)
    assert len(lines) == len(rows) + 1


@pytest.mark.real
def test_a_reproduction_is_read_back_as_it_was_made(reproduction: Reproduced) -> None:
    assert open_reproduction(reproduction.result.folder) == reproduction.result


def test_an_unfinished_reproduction_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=f"make one with: morelli reproduce {tmp_path}"):
        open_reproduction(tmp_path)
