"""Learning curves: six are named, and any number of any length is drawn."""

import xml.etree.ElementTree as ET

from reporting.figures import texts
from reporting.sample import SETTINGS, curves

from morelli.reporting.drawing import COLOURS, GREY
from morelli.reporting.plots import Curve, curves_figure
from morelli.reporting.vector import svg_text


def test_six_curves_are_named_and_the_marked_is_the_first_of_them() -> None:
    svg = svg_text(curves_figure(curves(), "validation accuracy", ""), "T", "D")
    written = " ".join(texts(svg))

    assert [name for name in SETTINGS if name in written] == list(SETTINGS[:6])
    assert written.index(SETTINGS[1]) < written.index(SETTINGS[0])  # the second is marked
    assert "21 more" in written
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
