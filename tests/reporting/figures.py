"""Figures of each kind to look into, and names that are awkward to draw."""

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import numpy as np

from morelli.reporting.plots import (
    Curve,
    Interval,
    Reference,
    confusion_figure,
    curves_figure,
    intervals_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
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
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]
