"""Figures as vector graphics: small enough for a phone, legible on white paper and on black.

Each function returns a figure of matplotlib's; `svg_text` makes it a part of a page and `save_svg`
a file. A page gives its figures headings of its own: `svg_text` leaves theirs out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from morelli.reporting.drawing import (
    COLOURS,
    GREY,
    INK,
    LINE,
    WIDTH,
    house_style,
    measure,
    pixels,
    place,
    plain,
    sheet,
    title_height,
    wrap,
    write,
    write_title,
)
from morelli.reporting.matrix import confusion_counts, confusion_figure
from morelli.reporting.vector import save_svg, svg_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Curve",
    "confusion_counts",
    "confusion_figure",
    "curves_figure",
    "intervals_figure",
    "save_svg",
    "svg_text",
]

_DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 2)),
    (0, (1.5, 1.5)),
    (0, (7, 2, 1.5, 2)),
    (0, (10, 2)),
    (0, (3, 1, 1, 1)),
)
_MARKS = "os^DvP"
_HEIGHT = 190.0  # of the curves' axes
_ROW = 20.0  # of an interval, below its name


NARROWEST = 0.02
"""The least that an axis of values spans."""


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
    ranked = sorted(curves, key=lambda each: not each.marked)
    seen, others = ranked[: len(COLOURS)], ranked[len(COLOURS) :]
    names = [wrap(plain(each.name), WIDTH - 50) for each in seen]
    names += [[f"{len(others)} more"]] if others else []
    ticks = _ticks([value for each in curves for value in each.values])
    labels = [f"{tick:.6g}" for tick in ticks]
    left, top = max(map(measure, labels)) + 12, title_height(title) + 18
    below = top + _HEIGHT + 50
    with house_style():
        figure = sheet(WIDTH, below + sum(len(each) * LINE + 4 for each in names))
        axes = place(figure, left, top, WIDTH - left - 10, _HEIGHT)
        axes.set(ylim=(ticks[0], ticks[-1]), xlabel="epoch")
        axes.set_yticks(ticks, labels)
        axes.xaxis.set_label_coords(left + (WIDTH - left) / 2, below - 24, pixels(figure))
        axes.grid(axis="y", color=INK, alpha=0.14)
        write_title(figure, axes, title)
        write(figure, 4, top - 12, plain(quantity))
        for each in others:
            axes.plot(*_points(each), color=GREY, linewidth=0.6)
        _draw_seen(axes, seen)
        _write_names(figure, below, names, seen)
    return figure


def _draw_seen(axes: "Axes", seen: Sequence[Curve]) -> None:
    """Draw the curves in colour, the first on top, with their marks at different epochs."""
    from matplotlib.ticker import MaxNLocator

    epochs = max((len(each.values) for each in seen), default=1)
    every = max(1, math.ceil(epochs / 6))
    for number, curve in enumerate(seen):
        style = _look(number, curve)
        start = number * every // len(COLOURS)
        axes.plot(*_points(curve), markevery=(start, every), zorder=3 - number / 10, **style)
    longest = max(epochs, 2)
    axes.set_xlim(1 - 0.02 * longest, longest + 0.02 * longest)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def _look(number: int, curve: Curve) -> dict[str, Any]:
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
    figure: "Figure", top: float, names: Sequence[Sequence[str]], seen: Sequence[Curve]
) -> None:
    """Write each curve's name below the axes, beside a piece of its line."""
    from matplotlib.lines import Line2D

    for number, lines in enumerate(names):
        colour = number < len(seen)
        style = _look(number, seen[number]) if colour else {"color": GREY, "linewidth": 0.6}
        across, level = (6.0, 20.0, 34.0), (top + LINE / 2,) * 3
        sample = Line2D(across, level, markevery=[1], transform=pixels(figure), **style)
        figure.add_artist(sample)
        for line in lines:
            write(figure, 44, top + LINE / 2, line)
            top += LINE
        top += 4


def intervals_figure(  # noqa: PLR0917 -- four columns of a table and four words about it
    names: Sequence[str],
    values: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    reference: float | None,
    title: str,
    quantity: str,
    reference_name: str = "majority baseline",
) -> "Figure":
    """Draw values with their intervals, a row each below its name.

    Args:
        names: What the values are of; long ones take several lines.
        values: As many.
        lows: Lower ends of the intervals, as many; one that is not finite is not drawn.
        highs: Upper ends, likewise.
        reference: Drawn as a dashed line across each row; None draws none.
        title: Stands above; may be empty.
        quantity: What the values are.
        reference_name: Stands below, beside a piece of that line.
    """
    said = [f"{value:.3f}" for value in values]
    room = WIDTH - 20 - max(map(measure, said), default=0.0)
    lines = [wrap(plain(name), room) for name in names]
    ticks = _ticks([*values, *lows, *highs, *([] if reference is None else [reference])])
    labels = [f"{tick:.6g}" for tick in ticks]
    left, right = (max(12.0, measure(label) / 2) + 4 for label in (labels[0], labels[-1]))
    top = title_height(title)
    heights = [len(each) * LINE + _ROW for each in lines]
    middles = [sum(heights[: number + 1]) - 0.6 * _ROW for number in range(len(lines))]
    height = sum(heights) + 2
    with house_style():
        figure = sheet(WIDTH, top + height + (44 if reference is None else 70))
        axes = place(figure, left, top, WIDTH - left - right, height)
        axes.set(xlim=(ticks[0], ticks[-1]), ylim=(height, 0), yticks=(), xlabel=plain(quantity))
        axes.set_xticks(ticks, labels)
        axes.spines["left"].set_visible(False)
        write_title(figure, axes, title)
        for label, text, middle in zip(lines, said, middles, strict=True):
            _write_row(figure, top + middle, label, text)
        for middle, *ends in zip(middles, lows, values, highs, strict=True):
            _draw_interval(axes, middle, ends, reference)
        if reference is not None:
            _write_reference(figure, top + height + 56, f"{reference_name} {reference:.3f}")
    return figure


def _write_row(figure: "Figure", middle: float, label: Sequence[str], text: str) -> None:
    """Write a row's name, in lines, above its interval, and its value at the right."""
    first = middle - 0.4 * _ROW - (len(label) - 0.5) * LINE
    for number, line in enumerate(label):
        write(figure, 4, first + number * LINE, line)
    write(figure, WIDTH - 4, first, text, ha="right")


def _draw_interval(
    axes: "Axes", level: float, ends: Sequence[float], reference: float | None
) -> None:
    """Draw a row: a faint track, the reference, the interval with its ends, and its value."""
    low, value, high = ends
    axes.axhline(level, color=INK, alpha=0.2, linewidth=0.8)
    if reference is not None:
        axes.vlines(reference, level - 7, level + 7, colors=INK, linestyles=(0, (3, 2)))
    if math.isfinite(low) and math.isfinite(high):
        axes.hlines(level, low, high, colors=COLOURS[0], linewidth=2.2)
        axes.vlines((low, high), level - 4, level + 4, colors=COLOURS[0], linewidth=1.4)
    if math.isfinite(value):
        axes.plot(value, level, marker="o", color=COLOURS[0], markersize=6.5, clip_on=False)


def _write_reference(figure: "Figure", middle: float, text: str) -> None:
    """Say below the axes what the dashed line is."""
    from matplotlib.lines import Line2D

    ends = ((12.0, 12.0), (middle - 7, middle + 7))
    style: dict[str, Any] = {"color": INK, "linestyle": (0, (3, 2)), "linewidth": 1.2}
    figure.add_artist(Line2D(*ends, transform=pixels(figure), **style))
    write(figure, 24, middle, plain(text))


def _ticks(values: Sequence[float]) -> list[float]:
    """Return round numbers from below the least of the finite values to above the greatest."""
    from matplotlib.ticker import MaxNLocator

    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if high - low < NARROWEST:  # a flat curve, magnified, would show rounding
        low, high = (low + high - NARROWEST) / 2, (low + high + NARROWEST) / 2
    ticks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in ticks]
