"""The reliability diagram: how often a classifier is right when it is so sure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from morelli.reporting.drawing import (
    COLOURS,
    GREY,
    INK,
    LINE,
    WIDTH,
    LineLook,
    house_style,
    measure,
    place,
    plain,
    sheet,
    title_height,
    write,
    write_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDE = 230.0
_LEAST = 5
"""Bins with fewer works are not drawn: their share says nothing."""

Bins = Sequence["Bin"]


class Bin(Protocol):
    """Works of one bin of confidence: how many, how sure, and the share that was right."""

    @property
    def works(self) -> int:
        """Their number."""
        ...

    @property
    def confidence(self) -> float:
        """Their mean confidence."""
        ...

    @property
    def accuracy(self) -> float:
        """Share of them classified correctly."""
        ...


def reliability_figure(curves: Mapping[str, Bins], title: str) -> "Figure":
    """Draw accuracy against confidence; on the diagonal a classifier is as sure as it is right.

    Args:
        curves: By name, the bins; the last one stands out.
        title: Stands above; may be empty.
    """
    left, top = measure("100 %") + 12, title_height(title) + 18
    below = top + _SIDE + 50
    with house_style():
        figure = sheet(WIDTH, below + len(curves) * (LINE + 4))
        axes = place(figure, left, top, min(_SIDE, WIDTH - left - 10), _SIDE)
        _prepare(axes)
        write_title(figure, axes, title)
        write(figure, 4, top - 12, "how often it was right")
        for number, (name, bins) in enumerate(curves.items()):
            look = _look(number, marked=number == len(curves) - 1)
            drawn = [(row.confidence, row.accuracy) for row in bins if row.works >= _LEAST]
            axes.plot(*np.array(drawn).reshape(-1, 2).T, **look)
            middle = below + number * (LINE + 4)
            sample = place(figure, 4, middle - 4, 30, 8)
            sample.plot([0, 1, 2], [0, 0, 0], markevery=[1], **look)
            sample.set_axis_off()
            write(figure, 42, middle, plain(name))
    return figure


def _prepare(axes: "Axes") -> None:
    """Set ticks in per cent, and draw the diagonal."""
    ticks = [0, 0.25, 0.5, 0.75, 1]
    labels = [f"{tick:.0%}".replace("%", " %") for tick in ticks]
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="how sure it was")
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, ["", *labels[1:]])  # the corner's 0 % stands below it
    axes.grid(color=INK, alpha=0.14)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, dashes=(4, 3))


def _look(number: int, *, marked: bool) -> LineLook:
    return {
        "color": COLOURS[number],
        "marker": "os^"[number % 3],
        "markersize": 4.5,
        "linewidth": 2.2 if marked else 1.2,
        "linestyle": "-" if marked else "--",
        "clip_on": False,
    }
