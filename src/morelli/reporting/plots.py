"""Figures as vector graphics: small enough for a phone, legible on white paper and on black.

Each function returns a figure of matplotlib's; `svg_text` makes it a part of a page and `save_svg`
a file. A page gives its figures headings of its own: `svg_text` leaves theirs out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from morelli.reporting.drawing import (
    COLOURS,
    GREY,
    INK,
    LINE,
    WIDTH,
    LineLook,
    house_style,
    measure,
    pixels,
    place,
    plain,
    round_ticks,
    sheet,
    title_height,
    wrap,
    write,
    write_title,
)
from morelli.reporting.intervals import Interval, Reference, intervals_figure
from morelli.reporting.matrix import confusion_counts, confusion_figure
from morelli.reporting.vector import save_svg, svg_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

__all__ = [
    "Curve",
    "Interval",
    "Reference",
    "confusion_counts",
    "confusion_figure",
    "curves_figure",
    "intervals_figure",
    "save_svg",
    "svg_text",
]

_DASHES: "tuple[LineStyleType, ...]" = (
    "-",
    (0, (5, 2)),
    (0, (1.5, 1.5)),
    (0, (7, 2, 1.5, 2)),
    (0, (10, 2)),
    (0, (3, 1, 1, 1)),
)
_MARKS = "os^DvP"
_HEIGHT = 190.0  # of the curves' axes


@dataclass(frozen=True)
class Curve:
    """A quantity by epoch.

    Attributes:
        name: What the curve is of.
        values: After each epoch, from the first; what is not finite is left out.
        marked: Whether it stands out, such as the chosen setting's.
    """

    name: str
    values: tuple[float, ...]
    marked: bool = False


def curves_figure(curves: Sequence[Curve], quantity: str, title: str) -> "Figure":
    """Draw learning curves: six in colour with their names below, the others thin and grey.

    Args:
        curves: Any number, the best first; those that are marked come before the others.
        quantity: What their values are.
        title: Stands above; may be empty.
    """
    ranked = sorted(curves, key=lambda curve: not curve.marked)
    front, others = ranked[: len(COLOURS)], ranked[len(COLOURS) :]
    names = [wrap(plain(curve.name), WIDTH - 50) for curve in front]
    names += [[f"{len(others)} more"]] if others else []
    top = title_height(title) + 18
    below = top + _HEIGHT + 50
    with house_style():
        figure = sheet(WIDTH, below + sum(len(lines) * LINE + 4 for lines in names))
        axes = _epoch_axes(figure, top, [value for curve in curves for value in curve.values])
        write_title(figure, axes, title)
        write(figure, 4, top - 12, plain(quantity))
        for curve in others:
            axes.plot(*_points(curve), color=GREY, linewidth=0.6)
        _draw_front(axes, front)
        _write_names(figure, below, names, front)
    return figure


def _epoch_axes(figure: "Figure", top: float, values: Sequence[float]) -> "Axes":
    """Add axes for values by epoch."""
    ticks = round_ticks(values)
    labels = [f"{tick:.6g}" for tick in ticks]
    left = max(map(measure, labels)) + 12
    axes = place(figure, left, top, WIDTH - left - 10, _HEIGHT)
    axes.set(ylim=(ticks[0], ticks[-1]), xlabel="epoch")
    axes.set_yticks(ticks, labels)
    axes.xaxis.set_label_coords(left + (WIDTH - left) / 2, top + _HEIGHT + 26, pixels(figure))
    axes.grid(axis="y", color=INK, alpha=0.14)
    return axes


def _draw_front(axes: "Axes", front: Sequence[Curve]) -> None:
    """Draw the curves in colour, the first on top, with their marks at different epochs."""
    from matplotlib.ticker import MaxNLocator

    epochs = max((len(curve.values) for curve in front), default=1)
    every = max(1, math.ceil(epochs / 6))
    for number, curve in enumerate(front):
        look = _look(number, curve)
        start = number * every // len(COLOURS)
        axes.plot(*_points(curve), markevery=(start, every), zorder=3 - number / 10, **look)
    longest = max(epochs, 2)
    axes.set_xlim(1 - 0.02 * longest, longest + 0.02 * longest)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def _look(number: int, curve: Curve) -> LineLook:
    """Return a curve's colour, dashes and mark; no two of the six share any of them."""
    return {
        "color": COLOURS[number],
        "linestyle": _DASHES[number],
        "marker": _MARKS[number],
        "markersize": 4.5,
        "linewidth": 2.4 if curve.marked else 1.4,
        "clip_on": False,  # a mark on the axes' edge is whole
    }


def _points(curve: Curve) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return epochs and values; what is not finite becomes a gap."""
    values = np.array(curve.values, np.float64)
    return np.arange(1, len(values) + 1), np.where(np.isfinite(values), values, np.nan)


def _write_names(
    figure: "Figure", top: float, names: Sequence[Sequence[str]], front: Sequence[Curve]
) -> None:
    """Write each curve's name below the axes, beside a piece of its line."""
    from matplotlib.lines import Line2D

    grey: LineLook = {"color": GREY, "linewidth": 0.6}
    for number, lines in enumerate(names):
        look = _look(number, front[number]) if number < len(front) else grey
        across, level = (6.0, 20.0, 34.0), (top + LINE / 2,) * 3
        sample = Line2D(across, level, markevery=[1], transform=pixels(figure), **look)
        figure.add_artist(sample)
        for line in lines:
            write(figure, 44, top + LINE / 2, line)
            top += LINE
        top += 4
