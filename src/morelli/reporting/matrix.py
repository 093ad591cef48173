"""Who was taken for whom: the confusion matrix."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True)
class _Layout:
    """Where the parts of a matrix stand, in pixels.

    Attributes:
        names: Of the classes, no longer than fits.
        left: Where the cells begin.
        top: Likewise.
        cell: Side of a cell.
        angle: By which names below are turned, in degrees.
        depth: What they take below the cells.
    """

    names: list[str]
    left: float
    top: float
    cell: float
    angle: int
    depth: float

    @property
    def side(self) -> float:
        """Of all cells together."""
        return self.cell * len(self.names)

    @property
    def width(self) -> float:
        """Of the figure."""
        return max(float(WIDTH), self.left + self.side + 8)

    @property
    def below(self) -> float:
        """Where the axis's name stands, below the classes' names."""
        return self.top + self.side + self.depth + 8


def confusion_figure(
    counts: npt.NDArray[np.int64], class_names: tuple[str, ...], title: str
) -> "Figure":
    """Draw a confusion matrix: rows are true classes, columns the predicted ones.

    Colour is the share of the row, so that small classes are seen; the cells say the counts.
    Up to a dozen classes fit a phone; more make the figure wider.

    Args:
        counts: (classes, classes) works by true and predicted class.
        class_names: Their names.
        title: Stands above; may be empty.
    """
    layout = _layout(class_names, title_height(title))
    with house_style():
        figure = sheet(layout.width, layout.below + 60)
        axes = _axes(figure, layout)
        write_title(figure, axes, title)
        _draw_cells(axes, counts, layout.cell)
        _draw_scale(figure, min(layout.left, layout.width - _SCALE_WIDTH), layout.below + 30)
    return figure


def confusion_counts(
    labels: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.int64]:
    """Return (classes, classes) numbers of works by true and predicted class."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def _layout(class_names: tuple[str, ...], top: float) -> _Layout:
    names = [elide(plain(name), _LONGEST_NAME) for name in class_names]
    longest = max(map(measure, names))
    left = 26 + longest
    cell = min(_LARGEST_CELL, max(_SMALLEST_CELL, (WIDTH - left - 8) / len(names)))
    angle = 45 if cell > _DENSE_CELL else 60  # steep names lie farther apart
    depth = longest * math.sin(math.radians(angle)) + SIZE * math.cos(math.radians(angle))
    return _Layout(names, left, top, cell, angle, depth)


def _axes(figure: "Figure", layout: _Layout) -> "Axes":
    """Add the axes with the classes' names, still without cells."""
    left, top, side, classes = layout.left, layout.top, layout.side, len(layout.names)
    axes = place(figure, left, top, side, side)
    axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5))
    axes.set_xticks(range(classes), layout.names)
    axes.set_yticks(range(classes), layout.names)
    for name in axes.get_xticklabels():
        name.set(rotation=layout.angle, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0, pad=4)
    axes.set(xlabel="predicted", ylabel="true")
    axes.xaxis.set_label_coords(left + side / 2, layout.below, transform=pixels(figure))
    axes.yaxis.set_label_coords(14, top + side / 2, transform=pixels(figure))
    return axes


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
        opaque = LEVELS[tenth - 1]
        patch = PathPatch(shape, zorder=0.5, facecolor=CELL, edgecolor="none", alpha=opaque)
        axes.add_patch(patch)
    size = min(SIZE, (cell - 2) / (0.62 * len(str(counts.max()))))
    for true, predicted in zip(*np.nonzero(counts), strict=True):
        ink = INK if tenths[true, predicted] <= LIGHT else ON_CELL
        count = axes.text(predicted, true, f"{counts[true, predicted]}", color=ink, size=size)
        count.set(ha="center", va="center_baseline")


def _draw_scale(figure: "Figure", left: float, middle: float) -> None:
    """Draw what the shades mean: a strip from none to all of a class's works."""
    from matplotlib.patches import Rectangle

    write(figure, left, middle, "share of the works of the true class")
    write(figure, left, middle + 17, "0")
    start, transform = left + 12, pixels(figure)
    for number, opaque in enumerate(LEVELS):
        corner = (start + 14 * number, middle + 12)
        shade = Rectangle(corner, 14, 10, transform=transform, facecolor=CELL, alpha=opaque)
        shade.set(edgecolor="none")
        figure.add_artist(shade)
    write(figure, start + 14 * len(LEVELS) + 6, middle + 17, "1")
