"""What is said of a comparison is no more than it shows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from morelli.comparisons.comparison import (
    Compared,
    Comparison,
    comparison_from,
    conclusion,
    difference,
    probability,
    signed,
)
from morelli.evaluation.compare import Pair, compare_told


def comparison(*right: int, works: int = 200) -> Comparison:
    """Return a comparison of runs that told the first so many works right."""
    told = np.stack([np.where(np.arange(works) < each, 0, 1) for each in right])
    pairs = compare_told(np.zeros(works, np.int64), told, 2)
    runs = tuple(compared(name, each / works) for name, each in zip("abcde", right, strict=False))
    none = ((),) * len(pairs)
    return Comparison("artist", ("x", "y"), (works, 0), 0, runs, tuple(pairs), none, none)


def compared(name: str, accuracy: float) -> Compared:
    return Compared(
        name, f"runs/{name}", "0" * 64, "c", "random", {}, accuracy, (0.1, 0.9), 0.5, 0.3
    )


def test_a_difference_beyond_chance_is_said_with_its_interval() -> None:
    found = comparison(150, 120)
    low, high = found.pairs[0].accuracy.low, found.pairs[0].accuracy.high

    assert conclusion(found) == (
        "a told more of the 200 test works right than b, beyond chance: accuracy 0.750 against "
        f"0.600, a difference of +0.150 with a 95 % interval from {signed(low)} to "
        f"{signed(high)}; McNemar's exact test gives p below 0.0001."
    )


def test_the_better_is_named_first_whichever_it_is() -> None:
    said = conclusion(comparison(120, 150))

    assert said.startswith("b told more of the 200 test works right than a, beyond chance: ")
    assert "a difference of -0.150 with" in said


def test_a_difference_that_is_not_shown_is_not_claimed() -> None:
    said = conclusion(comparison(104, 100))

    assert said.startswith("No difference in accuracy between a and b is shown on the 200 test wo")
    assert "0.520 against 0.500, a difference of +0.020 with a 95 % interval from +0.0" in said
    assert "p = 0.1250" in said
    assert said.endswith("That does not show that they are equally good.")
    assert "better" not in said


def test_runs_right_on_the_same_works_are_called_so() -> None:
    said = conclusion(comparison(90, 90))

    assert said == (
        "a and b told the very same of the 200 test works right: "
        "these works show no difference between them."
    )


def test_of_several_runs_the_pairs_that_differ_are_named() -> None:
    found = comparison(150, 148, 100)
    pair = found.pairs[1]

    said = conclusion(found)
    assert said.startswith("On the 200 test works, 2 of 3 pairs differ in accuracy beyond chance")
    assert "corrected by Holm for 3 pairs, p below 0.05" in said
    assert (
        f": a is ahead of c by 0.250 (95 % interval {signed(pair.accuracy.low)} to "
        f"{signed(pair.accuracy.high)}); b is ahead of c by 0.240 (" in said
    )
    assert said.endswith(
        " No difference is shown for 1 pair, which is not to say that there is none."
    )


def test_of_several_runs_one_that_falls_behind_is_named_behind() -> None:
    found = comparison(100, 150, 150)
    low, high = found.pairs[0].accuracy.low, found.pairs[0].accuracy.high

    said = conclusion(found)
    assert f"b is ahead of a by 0.250 (95 % interval {signed(-high)} to {signed(-low)})" in said
    assert low < high < 0


def test_of_several_runs_none_is_called_better_where_chance_would_do() -> None:
    said = conclusion(comparison(104, 100, 100))

    assert said.startswith("No difference in accuracy between any two of these 3 runs is beyond c")
    assert "better" not in said
    assert said.endswith("That does not show that they are equally good.")


def test_of_many_pairs_three_are_named() -> None:
    said = conclusion(comparison(180, 140, 100, 60, 20))

    assert "10 of 10 pairs" in said
    assert said.count("is ahead of") == 3
    assert said.endswith("; and 7 more.")


def test_holm_decides_what_is_beyond_chance() -> None:
    found = comparison(106, 100)
    alone = found.pairs[0]
    assert alone.p < 0.05
    corrected = replace(found, pairs=(replace(alone, p_holm=0.09),))

    assert "beyond chance" in conclusion(found)
    assert conclusion(corrected).startswith("No difference in accuracy between a and b is shown")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (-0.0, "0.000"), (-0.0004, "0.000"), (0.0126, "+0.013"), (-1.0, "-1.000")],
)
def test_differences_are_signed_but_nought(value: float, text: str) -> None:
    assert signed(value) == text


def test_figures_as_text() -> None:
    [pair] = comparison(150, 120).pairs
    low, high = signed(pair.accuracy.low), signed(pair.accuracy.high)

    assert difference(pair.accuracy) == f"+0.150 ({low} to {high})"
    assert [probability(p) for p in (1.0, 0.04999, 0.0001, 0.00009)] == [
        "1.0000",
        "0.0500",
        "0.0001",
        "below 0.0001",
    ]


def test_the_command_repeats_the_comparison() -> None:
    found = comparison(5, 6, works=10)

    assert found.command == "morelli compare runs/a runs/b"
    assert replace(found, folder=Path("my comparison"), seed=3).command == (
        "morelli compare runs/a runs/b --out 'my comparison' --seed 3"
    )


def test_a_comparison_goes_to_json_and_back() -> None:
    found = comparison(5, 6, 7, works=10)
    again = comparison_from(found.as_dict(), Path("there"))

    assert again == found
    assert isinstance(again.pairs[0], Pair)
    assert again.folder == Path("there")


def test_a_comparison_shows_its_figures_in_a_notebook() -> None:
    found = comparison(150, 120)
    shown = found._repr_html_()

    assert "First minus second on 200 test works" in shown
    assert f"<td>{difference(found.pairs[0].accuracy)}</td>" in shown
