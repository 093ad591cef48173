"""The paper under the figures: colours that can be told apart, and text that fits."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor
from reporting.figures import drawn

import morelli.reporting.report
from morelli.reporting.drawing import (
    CELL,
    COLOURS,
    GREY,
    INK,
    NARROWEST,
    ON_CELL,
    elide,
    measure,
    plain,
    round_ticks,
    wrap,
)
from morelli.reporting.matrix import LEVELS, LIGHT
from morelli.reporting.plots import svg_text

STYLES = (Path(morelli.reporting.report.__file__).with_name("templates") / "page.css").read_text(
    encoding="utf-8"
)
LIGHT_PAGE, DARK_PAGE = (
    dict(re.findall(r"--([\w-]+): (#\w+);", scheme))
    for scheme in STYLES.split("@media print")[0].split("prefers-color-scheme: dark")
)


def luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(channel / 255 for channel in ImageColor.getrgb(colour)[:3])


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", [LIGHT_PAGE, DARK_PAGE])
@pytest.mark.parametrize("colour", [*COLOURS, GREY])
def test_each_line_can_be_told_from_the_ground(page: dict[str, str], colour: str) -> None:
    assert contrast(rgb(colour), rgb(page["paper"])) >= 3


@pytest.mark.parametrize(
    ("paper", "ink", "cell", "on_cell"),
    [
        *(
            (scheme["paper"], scheme["ink"], scheme["cell"], scheme["on-cell"])
            for scheme in (LIGHT_PAGE, DARK_PAGE)
        ),
        ("#ffffff", INK, CELL, ON_CELL),
    ],
)
def test_a_count_can_be_read_on_each_shade(paper: str, ink: str, cell: str, on_cell: str) -> None:
    for tenth, level in enumerate(LEVELS, start=1):
        pairs = zip(rgb(cell), rgb(paper), strict=True)
        ground = tuple(level * over + (1 - level) * under for over, under in pairs)
        assert contrast(ground, rgb(ink if tenth <= LIGHT else on_cell)) >= 4.5


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=120))
def test_a_wrapped_text_loses_nothing_and_fits(text: str) -> None:
    words = " ".join(text.split())
    lines = wrap(words, 150)

    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert all(measure(line) <= 150 or len(line) == 1 for line in lines)


def test_a_user_s_settings_of_matplotlib_change_nothing() -> None:
    import matplotlib as mpl

    plain = svg_text(drawn("a")[0], "T", "D")
    with mpl.rc_context(
        {"text.usetex": True, "font.size": 30, "axes.grid": True, "svg.hashsalt": "x"}
    ):
        assert svg_text(drawn("a")[0], "T", "D") == plain


@given(st.text(max_size=60))
def test_a_plain_name_is_one_line_without_control_characters(text: str) -> None:
    name = plain(text)

    assert plain(name) == name == name.strip()
    assert name.isprintable() or not set("\n\r\t\0\x1b") & set(name)


def test_a_name_too_long_for_its_place_is_cut_with_an_ellipsis() -> None:
    assert elide("Monet", 100) == "Monet"
    assert elide("x" * 300, 100).endswith("…")
    assert measure(elide("x" * 300, 100)) <= 100


@given(st.lists(st.floats(-1e6, 1e6), max_size=9))
def test_ticks_reach_from_below_the_least_value_to_above_the_greatest(values: list[float]) -> None:
    ticks = round_ticks([*values, float("nan"), float("inf")])

    assert ticks == sorted(ticks)
    assert ticks[-1] - ticks[0] >= NARROWEST * 0.999
    slack = 1e-6 * (ticks[-1] - ticks[0])  # far less than a pixel
    assert all(ticks[0] - slack <= value <= ticks[-1] + slack for value in values)
