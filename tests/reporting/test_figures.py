"""Figures in a page: legible in both schemes, safe with any name, independent of each other."""

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageColor
from reporting.sample import NAMES, SETTINGS, curves, matrix

import morelli.reporting.report
from morelli.reporting.drawing import CELL, COLOURS, GREY, INK, ON_CELL, measure, wrap
from morelli.reporting.matrix import LEVELS, LIGHT
from morelli.reporting.plots import (
    Curve,
    Interval,
    Reference,
    confusion_figure,
    curves_figure,
    intervals_figure,
    svg_text,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
STYLES = (Path(morelli.reporting.report.__file__).with_name("templates") / "page.css").read_text(
    encoding="utf-8"
)
LIGHT_PAGE, DARK_PAGE = (
    dict(re.findall(r"--([\w-]+): (#\w+);", each))
    for each in STYLES.split("@media print")[0].split("prefers-color-scheme: dark")
)
WEIRD = ("$x^$", r"\frac$1$", "a_b & <c>", "tab\tline\nnul\0", "尾形光琳", "x" * 300, "", "\ud800")


def drawn(name: str) -> list["Figure"]:
    """A figure of each kind in which a name stands."""
    counts = np.array([[3, 1], [0, 2]])
    return [
        curves_figure([Curve(name, (0.1, 0.2), marked=True), Curve("b", (0.3,))], name, name),
        intervals_figure([Interval(name, 0.5, 0.4, 0.6)], name, name, Reference(0.2)),
        confusion_figure(counts, (name, "b"), name),
    ]


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]


def luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(each / 255 for each in ImageColor.getrgb(colour)[:3])


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
            (each["paper"], each["ink"], each["cell"], each["on-cell"])
            for each in (LIGHT_PAGE, DARK_PAGE)
        ),
        ("#ffffff", INK, CELL, ON_CELL),
    ],
)
def test_a_count_can_be_read_on_each_shade(paper: str, ink: str, cell: str, on_cell: str) -> None:
    for tenth, level in enumerate(LEVELS, start=1):
        pairs = zip(rgb(cell), rgb(paper), strict=True)
        ground = tuple(level * over + (1 - level) * under for over, under in pairs)
        assert contrast(ground, rgb(ink if tenth <= LIGHT else on_cell)) >= 4.5


def test_a_figure_says_what_it_is_and_takes_the_size_that_it_is_given() -> None:
    svg = svg_text(drawn("a")[0], "A <title>", "What it & says")
    root = ET.fromstring(svg)

    assert svg.startswith("<svg ")
    assert (root.get("role"), root.get("aria-label")) == ("img", "A <title>")
    assert root.findtext(f"{SVG}title") == "A <title>"
    assert root.findtext(f"{SVG}desc") == "What it & says"
    assert (root.get("width"), root.get("height")) == (None, None)
    assert (root.get("viewBox") or "").startswith("0 22 370 ")


@pytest.mark.parametrize("kind", range(3))
def test_a_figure_has_the_page_s_ink_and_font_and_styles_nothing_else(kind: int) -> None:
    svg = svg_text(drawn("a")[kind], "T", "D")

    assert "currentColor" in svg
    assert INK not in svg
    assert "DejaVu" not in svg
    assert "<style" not in svg
    assert "metadata" not in svg
    assert "fill: #ffffff" not in svg
    assert len(texts(svg)) > 3


def test_a_page_has_headings_so_that_a_figure_leaves_its_title_out() -> None:
    curve = [Curve("a", (0.1, 0.2))]
    titled, bare = (curves_figure(curve, "accuracy", title) for title in ("On top", ""))
    svg, other = (ET.fromstring(svg_text(each, "T", "D")) for each in (titled, bare))

    assert "On top" not in [each.text for each in svg.iter(f"{SVG}text")]
    assert titled.axes[0].get_title() == "On top"
    assert (svg.get("viewBox") or "").split()[2:] == (other.get("viewBox") or "").split()[2:]


def test_the_same_figure_gives_the_same_text_and_no_two_share_an_id() -> None:
    figures = [
        (confusion_figure(matrix(), NAMES, ""), "one"),
        (confusion_figure(matrix()[:9, :9], NAMES[:9], ""), "two"),
        (curves_figure(curves(), "accuracy", ""), "three"),
        (curves_figure(curves()[:2], "accuracy", ""), "four"),
    ]
    drawings = [svg_text(figure, title, "D") for figure, title in figures]
    ids = [set(re.findall(r'\bid="([^"]+)"', each)) for each in drawings]

    assert drawings == [svg_text(figure, title, "D") for figure, title in figures]
    assert all(ids)
    assert not [one & other for one, other in itertools.combinations(ids, 2) if one & other]
    for svg, own in zip(drawings, ids, strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) == own


def test_two_figures_alike_but_for_their_names_do_not_share_ids() -> None:
    figure = drawn("a")[0]

    one, other = (re.findall(r'id="([^"]+)"', svg_text(figure, name, "D")) for name in "ab")
    assert not set(one) & set(other)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", WEIRD)
@pytest.mark.parametrize("kind", range(3))
def test_any_name_is_drawn(name: str, kind: int) -> None:
    svg = svg_text(drawn(name)[kind], name, name)

    assert ET.fromstring(svg).tag == f"{SVG}svg"


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_a_name(name: str) -> None:
    for figure in drawn(name):
        ET.fromstring(svg_text(figure, name, name))


@pytest.mark.parametrize("name", ["$x^$", "a_b & <c>", r"\alpha", "尾形光琳", *NAMES[:6]])
@pytest.mark.parametrize("kind", range(3))
def test_a_name_stands_as_it_is_written(name: str, kind: int) -> None:
    assert name in texts(svg_text(drawn(name)[kind], "T", "D"))


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


def test_six_curves_are_named_and_the_marked_is_the_first_of_them() -> None:
    svg = svg_text(curves_figure(curves(), "validation accuracy", ""), "T", "D")
    said = " ".join(texts(svg))

    assert [name for name in SETTINGS if name in said] == list(SETTINGS[:6])
    assert said.index(SETTINGS[1]) < said.index(SETTINGS[0])  # the second is marked
    assert "21 more" in said
    assert {colour for colour in (*COLOURS, GREY) if colour in svg} == {*COLOURS, GREY}


def test_curves_that_stop_early_or_run_away_are_drawn_as_far_as_they_go() -> None:
    nan, inf = float("nan"), float("inf")
    cases = [
        [Curve("a", (0.1, nan, 0.3, inf)), Curve("b", (0.2,)), Curve("c", ())],
        [Curve("a", (nan, nan))],
        [Curve("a", (0.5,))],
        [Curve("a", (1e9, -1e-9))],
        [],
    ]
    for case in cases:
        ET.fromstring(svg_text(curves_figure(case, "loss", ""), "T", "D"))


def test_hundreds_of_curves_stay_a_small_figure() -> None:
    many = [Curve(f"c{n}", tuple(n / 200 + e / 100 for e in range(40))) for n in range(150)]

    assert len(svg_text(curves_figure(many, "loss", ""), "T", "D")) < 150_000


def test_intervals_say_their_values_and_the_baseline() -> None:
    rows = [Interval(SETTINGS[0], 0.81, 0.78, 0.84), Interval(SETTINGS[1], 0.7)]
    figure = intervals_figure(rows, "accuracy", "", Reference(0.213))
    said = texts(svg_text(figure, "T", "D"))

    assert {"0.810", "0.700", "accuracy", "majority baseline 0.213"} <= set(said)
    assert all(name in " ".join(said) for name in SETTINGS[:2])
    bare = intervals_figure([Interval("a", 0.5, 0.4, 0.6)], "accuracy", "")
    assert "majority" not in " ".join(texts(svg_text(bare, "T", "D")))


def test_a_matrix_of_thirty_classes_says_every_name_and_count() -> None:
    said = texts(svg_text(confusion_figure(matrix(), NAMES, ""), "T", "D"))

    short = [name for name in NAMES if len(name) < 30]
    assert len(short) >= 29
    assert all(said.count(name) == 2 for name in short)
    numbers = sorted(int(each) for each in said if each.isdigit())
    assert numbers == sorted([*matrix()[matrix() > 0].tolist(), 0, 1])  # and the scale's ends
