"""The confusion matrix says every name and count, a row for each true class."""

import numpy as np
from reporting.figures import texts
from reporting.sample import NAMES, matrix

from morelli.reporting.matrix import confusion_counts, confusion_figure
from morelli.reporting.vector import svg_text

CLASSES = ("Monet", "Sisley & <sons>", "van Gogh")
COUNTS = np.array([[5, 1, 0], [0, 3, 2], [0, 0, 0]], np.int64)


def test_a_matrix_of_thirty_classes_says_every_name_and_count() -> None:
    written = texts(svg_text(confusion_figure(matrix(), NAMES, ""), "T", "D"))

    short = [name for name in NAMES if len(name) < 30]
    assert len(short) >= 29
    assert all(written.count(name) == 2 for name in short)
    numbers = sorted(int(text) for text in written if text.isdigit())
    assert numbers == sorted([*matrix()[matrix() > 0].tolist(), 0, 1])  # and the scale's ends


def test_the_cells_say_the_counts_and_the_axes_the_names() -> None:
    figure = confusion_figure(COUNTS, CLASSES, "On top")

    axes = figure.axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "5", (1, 0): "1", (1, 1): "3", (2, 1): "2"}
    assert [label.get_text() for label in axes.get_yticklabels()] == list(CLASSES)
    assert [label.get_text() for label in axes.get_xticklabels()] == list(CLASSES)
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == (
        "On top",
        "predicted",
        "true",
    )


def test_counts_have_a_row_for_each_true_class() -> None:
    labels, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0])

    assert confusion_counts(labels, predicted, 3).tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
