"""Figures of a comparison as text."""

import pytest
from comparisons.fixed import comparison_of

from morelli.comparisons.text import difference, probability, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (-0.0, "0.000"), (-0.0004, "0.000"), (0.0126, "+0.013"), (-1.0, "-1.000")],
)
def test_differences_are_signed_but_nought(value: float, text: str) -> None:
    assert signed(value) == text


def test_figures_as_text() -> None:
    [pair] = comparison_of(150, 120).pairs
    low, high = signed(pair.accuracy.low), signed(pair.accuracy.high)

    assert difference(pair.accuracy) == f"+0.150 ({low} to {high})"
    assert [probability(p) for p in (1.0, 0.04999, 0.0001, 0.00009)] == [
        "1.0000",
        "0.0500",
        "0.0001",
        "below 0.0001",
    ]
