"""Who was taken for whom: the confusion matrix."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from morelli.reporting.drawing import (
    CELL,
    INK,
    ON_CELL,
    SIZE,
    WIDTH,
    elide,
    house_style,
    measure,
    pixels,
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

LEVELS = (0.07, 0.14, 0.21, 0.28, 0.35, 0.42, 0.49, 0.78, 0.89, 1.0)
"""How opaque a cell is, by tenths of its share; the step lets a count be read on each of them."""

LIGHT = 7
"""Levels on which counts are written in the page's ink; on the others it is the cells' own."""

_LONGEST_NAME = 170.0
_SMALLEST_CELL, _DENSE_CELL, _LARGEST_CELL = 17.0, 22.0, 40.0
_SCALE_WIDTH = 215.0


def confusion_figure(
    counts: npt.NDArray[np.int64], class_names: tuple[str, ...], title: str
) -> "Figure":
    """Draw a confusion matrix: rows are true classes, columns what was told.

    Colour is the share of the row, so that small classes are seen; the cells say the counts.
    Up to a dozen classes fit a phone; more make the figure wider.

    Args:
        counts: (classes, classes) works by true and told class.
        class_names: Their names.
        title: Stands above; may be empty.
    """
    classes = len(class_names)
    names = [elide(plain(name), _LONGEST_NAME) for name in class_names]
    longest = max(map(measure, names))
    left, top = 26 + longest, title_height(title)
    cell = min(_LARGEST_CELL, max(_SMALLEST_CELL, (WIDTH - left - 8) / classes))
    side = cell * classes
    angle = 45 if cell > _DENSE_CELL else 60  # steep names lie farther apart
    depth = longest * math.sin(math.radians(angle)) + SIZE * math.cos(math.radians(angle))
    width, below = max(float(WIDTH), left + side + 8), top + side + depth + 8
    with house_style():
        figure = sheet(width, below + 60)
        axes = place(figure, left, top, side, side)
        axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5))
        axes.set_xticks(range(classes), names)
        axes.set_yticks(range(classes), names)
        for name in axes.get_xticklabels():
            name.set(rotation=angle, ha="right", rotation_mode="anchor")
        axes.tick_params(length=0, pad=4)
        axes.set(xlabel="told", ylabel="true")
        axes.xaxis.set_label_coords(left + side / 2, below, transform=pixels(figure))
        axes.yaxis.set_label_coords(14, top + side / 2, transform=pixels(figure))
        write_title(figure, axes, title)
        _draw_cells(axes, counts, cell)
        _draw_scale(figure, min(left, width - _SCALE_WIDTH), below + 30)
    return figure


def confusion_counts(
    labels: npt.NDArray[np.int64], told: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.int64]:
    """Return (classes, classes) numbers of works by true and told class."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, told), 1)
    return counts


def _draw_cells(axes: "Axes", counts: npt.NDArray[np.int64], cell: float) -> None:
    """Draw the cells that hold works, those of one shade as one shape, and write their counts."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    axes.spines[["right", "top"]].set_visible(True)
    lines = np.arange(1, len(counts)) - 0.5
    for draw in (axes.vlines, axes.hlines):
        draw(lines, -0.5, len(counts) - 0.5, colors=INK, linewidth=0.5, alpha=0.14)
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    tenths = -(-10 * counts // totals)  # rounded up, so that one work is seen
    square = Path.unit_rectangle()
    for tenth in np.unique(tenths[tenths > 0]):
        corners = np.argwhere(tenths == tenth)[:, ::-1] - 0.5
        shape = Path.make_compound_path(
            *(Path(square.vertices + corner, square.codes) for corner in corners)
        )
        shade: dict[str, Any] = {"facecolor": CELL, "edgecolor": "none", "alpha": LEVELS[tenth - 1]}
        axes.add_patch(PathPatch(shape, zorder=0.5, **shade))
    size = min(SIZE, (cell - 2) / (0.62 * len(str(counts.max()))))
    for true, told in zip(*np.nonzero(counts), strict=True):
        ink = INK if tenths[true, told] <= LIGHT else ON_CELL
        style: dict[str, Any] = {
            "ha": "center",
            "va": "center_baseline",
            "color": ink,
            "size": size,
        }
        axes.text(told, true, f"{counts[true, told]}", **style)


def _draw_scale(figure: "Figure", left: float, middle: float) -> None:
    """Draw what the shades mean: a strip from none to all of a class's works."""
    from matplotlib.patches import Rectangle

    write(figure, left, middle, "share of the works of the true class")
    write(figure, left, middle + 17, "0")
    start = left + 12
    for number, opaque in enumerate(LEVELS):
        shade: dict[str, Any] = {"facecolor": CELL, "edgecolor": "none", "alpha": opaque}
        corner = (start + 14 * number, middle + 12)
        figure.add_artist(Rectangle(corner, 14, 10, transform=pixels(figure), **shade))
    write(figure, start + 14 * len(LEVELS) + 6, middle + 17, "1")
