"""Figures as vector graphics."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_figure(
    counts: npt.NDArray[np.int64], class_names: tuple[str, ...], title: str
) -> "Figure":
    """Draw a confusion matrix: rows are true classes, columns what was told.

    Colour is the share of the row, so that small classes are seen; the cells say the counts.

    Args:
        counts: (classes, classes) works by true and told class.
        class_names: Their names.
        title: Stands above.
    """
    from matplotlib.figure import Figure

    classes = len(class_names)
    side = max(4.0, 1.8 + 0.42 * classes)
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    axes.set_xticks(range(classes), class_names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(classes), class_names)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_parse_math(False)  # a dollar in a name is no formula
    axes.set_xlabel("told")
    axes.set_ylabel("true")
    axes.set_title(title)
    for true, told in zip(*np.nonzero(counts), strict=True):
        colour = "black" if shares[true, told] > 0.5 else "white"
        axes.text(told, true, f"{counts[true, told]}", ha="center", va="center", color=colour)
    figure.colorbar(picture, ax=axes, label="share of the true class", shrink=0.8)
    return figure


def save_svg(figure: "Figure", path: Path, describes: str) -> None:
    """Write a figure as SVG, the same bytes for the same figure, with a text alternative."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "morelli", "svg.fonttype": "path"}):
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": describes})


def confusion_counts(
    labels: npt.NDArray[np.int64], told: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.int64]:
    """Return (classes, classes) numbers of works by true and told class."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, told), 1)
    return counts
