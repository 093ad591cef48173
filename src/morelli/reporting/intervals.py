"""Values with their intervals, a row each, beside what they are compared with."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from morelli.reporting.drawing import (
    COLOURS,
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 20.0  # of an interval, below its name


@dataclass(frozen=True)
class Interval:
    """A value with its interval.

    Attributes:
        name: What the value is of; a long one takes several lines.
        value: The value.
        low: Lower end of the interval; without finite ends none is drawn.
        high: Its upper end.
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Reference:
    """What values are compared with.

    Attributes:
        value: Drawn as a dashed line across each row.
        name: Stands below, beside a piece of that line.
    """

    value: float
    name: str = "majority baseline"


def intervals_figure(
    intervals: Sequence[Interval], quantity: str, title: str, reference: Reference | None = None
) -> "Figure":
    """Draw values with their intervals, a row each below its name.

    Args:
        intervals: In the order of the rows.
        quantity: What the values are.
        title: Stands above; may be empty.
        reference: What they are compared with.
    """
    values = [f"{interval.value:.3f}" for interval in intervals]
    room = WIDTH - 20 - max(map(measure, values), default=0.0)
    names = [wrap(plain(interval.name), room) for interval in intervals]
    heights = [len(lines) * LINE + _ROW for lines in names]
    middles = [sum(heights[: number + 1]) - 0.6 * _ROW for number in range(len(heights))]
    top, height = title_height(title), sum(heights) + 2
    with house_style():
        figure = sheet(WIDTH, top + height + (44 if reference is None else 70))
        axes = _value_axes(figure, top, height, round_ticks(_ends(intervals, reference)))
        axes.set_xlabel(plain(quantity))
        write_title(figure, axes, title)
        for interval, name, value, middle in zip(intervals, names, values, middles, strict=True):
            _write_row(figure, top + middle, name, value)
            _draw_interval(axes, middle, interval, reference)
        if reference is not None:
            _write_reference(figure, top + height + 56, f"{reference.name} {reference.value:.3f}")
    return figure


def _ends(intervals: Sequence[Interval], reference: Reference | None) -> list[float]:
    """Return all that an axis of intervals must reach."""
    ends = [end for row in intervals for end in (row.low, row.value, row.high)]
    return ends if reference is None else [*ends, reference.value]


def _value_axes(figure: "Figure", top: float, height: float, ticks: Sequence[float]) -> "Axes":
    """Add axes for values from left to right, rows from above."""
    labels = [f"{tick:.6g}" for tick in ticks]
    left, right = (max(12.0, measure(label) / 2) + 4 for label in (labels[0], labels[-1]))
    axes = place(figure, left, top, WIDTH - left - right, height)
    axes.set(xlim=(ticks[0], ticks[-1]), ylim=(height, 0), yticks=())
    axes.set_xticks(ticks, labels)
    axes.spines["left"].set_visible(False)
    return axes


def _write_row(figure: "Figure", middle: float, name: Sequence[str], value: str) -> None:
    """Write a row's name, in lines, above its interval, and its value at the right."""
    first = middle - 0.4 * _ROW - (len(name) - 0.5) * LINE
    for number, line in enumerate(name):
        write(figure, 4, first + number * LINE, line)
    write(figure, WIDTH - 4, first, value, ha="right")


def _draw_interval(
    axes: "Axes", level: float, interval: Interval, reference: Reference | None
) -> None:
    """Draw a row: a faint track, the reference, the interval with its ends, and its value."""
    low, high = interval.low, interval.high
    axes.axhline(level, color=INK, alpha=0.2, linewidth=0.8)
    if reference is not None:
        axes.vlines(reference.value, level - 7, level + 7, colors=INK, linestyles=(0, (3, 2)))
    if math.isfinite(low) and math.isfinite(high):
        axes.hlines(level, low, high, colors=COLOURS[0], linewidth=2.2)
        axes.vlines((low, high), level - 4, level + 4, colors=COLOURS[0], linewidth=1.4)
    if math.isfinite(interval.value):
        axes.plot(
            interval.value, level, marker="o", color=COLOURS[0], markersize=6.5, clip_on=False
        )


def _write_reference(figure: "Figure", middle: float, text: str) -> None:
    """Say below the axes what the dashed line is."""
    from matplotlib.lines import Line2D

    ends = ((12.0, 12.0), (middle - 7, middle + 7))
    look: LineLook = {"color": INK, "linestyle": (0, (3, 2)), "linewidth": 1.2}
    figure.add_artist(Line2D(*ends, transform=pixels(figure), **look))
    write(figure, 24, middle, plain(text))
