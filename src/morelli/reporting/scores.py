"""Scores of two kinds of works, and the limit between them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

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
    from matplotlib.figure import Figure

_HEIGHT = 150.0
_BARS = 32

OUTLIERS = 0.01
"""Share of the works at either end that is drawn into the outermost bars."""


def scores_figure(kinds: Mapping[str, Sequence[float]], limit: float, title: str) -> "Figure":
    """Draw how the scores of several kinds of works are spread, every kind to the same area.

    Args:
        kinds: By name, the scores of each kind; one score at least.
        limit: Drawn as a dashed line; works right of it are declined.
        title: Stands above; may be empty.
    """
    every = np.concatenate([np.asarray(each, np.float64) for each in kinds.values()])
    low, high = np.quantile([*every, limit], [OUTLIERS, 1 - OUTLIERS])
    low, high = min(low, limit), max(high, limit)
    edges = np.linspace(low, high + (1e-9 if high > low else 1.0), _BARS + 1)
    top = title_height(title) + 22
    below = top + _HEIGHT + 48
    with house_style():
        figure = sheet(WIDTH, below + len(kinds) * (LINE + 4))
        axes = place(figure, 12, top, WIDTH - 24, _HEIGHT)
        axes.set(xlim=(edges[0], edges[-1]), xlabel="how unlike the works learned from")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        for number, (name, scores) in enumerate(kinds.items()):
            shares = np.histogram(np.clip(scores, edges[0], edges[-1]), edges)[0] / len(scores)
            colour = COLOURS[number]
            axes.stairs(shares, edges, fill=True, alpha=0.28, color=colour)
            axes.stairs(
                shares, edges, color=colour, linewidth=1.6, linestyle=("-", "--")[number % 2]
            )
            middle = below + number * (LINE + 4)
            sample = place(figure, 4, middle - 4, 30, 8)
            sample.stairs([1], [0, 1], fill=True, alpha=0.28, color=colour)
            sample.plot([0, 1], [1, 1], color=colour, linestyle=("-", "--")[number % 2])
            sample.set_axis_off()
            write(figure, 42, middle, elide(plain(name), WIDTH - 50))
        axes.set_ylim(bottom=0)
        axes.axvline(limit, color=GREY, linewidth=1.2, dashes=(4, 3))
        write_title(figure, axes, title)
        write(figure, 12, top - 12, "share of works; declined right of the dashed line")
    return figure
