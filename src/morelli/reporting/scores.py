"""Scores of two kinds of works, and the limit between them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from morelli.reporting.drawing import (
    COLOURS,
    GREY,
    LINE,
    WIDTH,
    elide,
    house_style,
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

Floats = npt.NDArray[np.float64]

_HEIGHT = 150.0
_BARS = 32
_DASHES = ("-", "--")

OUTLIERS = 0.01
"""Share of the works at either end that is drawn into the outermost bars."""


def scores_figure(kinds: Mapping[str, Sequence[float]], limit: float, title: str) -> "Figure":
    """Draw how the scores of several kinds of works are spread, every kind to the same area.

    Args:
        kinds: By name, the scores of each kind; one score at least.
        limit: Drawn as a dashed line; works right of it are declined.
        title: Stands above; may be empty.
    """
    edges = _edges(kinds.values(), limit)
    top = title_height(title) + 22
    below = top + _HEIGHT + 48
    with house_style():
        figure = sheet(WIDTH, below + len(kinds) * (LINE + 4))
        axes = place(figure, 12, top, WIDTH - 24, _HEIGHT)
        axes.set(xlim=(edges[0], edges[-1]), xlabel="how unlike the works learned from")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        for number, (name, scores) in enumerate(kinds.items()):
            _draw_kind(axes, number, scores, edges)
            _write_kind(figure, below + number * (LINE + 4), number, name)
        axes.set_ylim(bottom=0)
        axes.axvline(limit, color=GREY, linewidth=1.2, dashes=(4, 3))
        write_title(figure, axes, title)
        write(figure, 12, top - 12, "share of works; declined right of the dashed line")
    return figure


def _edges(kinds: Iterable[Sequence[float]], limit: float) -> Floats:
    """Return the edges of the bars, from nearly the least score to nearly the greatest."""
    every = np.concatenate([np.asarray(scores, np.float64) for scores in kinds])
    low, high = np.quantile([*every, limit], [OUTLIERS, 1 - OUTLIERS])
    low, high = min(low, limit), max(high, limit)
    return np.linspace(low, high + (1e-9 if high > low else 1.0), _BARS + 1)


def _draw_kind(axes: "Axes", number: int, scores: Sequence[float], edges: Floats) -> None:
    """Draw a kind's bars, of the height of their share of its works."""
    shares = np.histogram(np.clip(scores, edges[0], edges[-1]), edges)[0] / len(scores)
    colour, dashes = COLOURS[number], _DASHES[number % 2]
    axes.stairs(shares, edges, fill=True, alpha=0.28, color=colour)
    axes.stairs(shares, edges, color=colour, linewidth=1.6, linestyle=dashes)


def _write_kind(figure: "Figure", middle: float, number: int, name: str) -> None:
    """Write a kind's name below the axes, beside a piece of its bars."""
    sample = place(figure, 4, middle - 4, 30, 8)
    sample.stairs([1], [0, 1], fill=True, alpha=0.28, color=COLOURS[number])
    sample.plot([0, 1], [1, 1], color=COLOURS[number], linestyle=_DASHES[number % 2])
    sample.set_axis_off()
    write(figure, 42, middle, elide(plain(name), WIDTH - 50))
