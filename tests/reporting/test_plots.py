"""Figures: the same bytes for the same figure, and nothing from elsewhere."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from morelli.reporting.plots import confusion_counts, confusion_figure, save_svg

NAMES = ("Monet", "Sisley & <sons>", "van Gogh")
COUNTS = np.array([[5, 1, 0], [0, 3, 2], [0, 0, 0]], np.int64)
SVG = "{http://www.w3.org/2000/svg}"


def _drawn(path: Path, names: tuple[str, ...] = NAMES) -> str:
    save_svg(confusion_figure(COUNTS, names, "On top"), path, "Confusion matrix. <On top>")
    return path.read_text(encoding="utf-8")


def test_a_figure_has_the_same_bytes_twice(tmp_path: Path) -> None:
    assert _drawn(tmp_path / "1.svg") == _drawn(tmp_path / "2.svg")
    assert _drawn(tmp_path / "1.svg") != _drawn(tmp_path / "2.svg", ("a", "b", "c"))


def test_a_figure_has_a_title_that_says_in_words_what_it_shows(tmp_path: Path) -> None:
    root = ET.fromstring(_drawn(tmp_path / "1.svg"))

    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title") == "Confusion matrix. <On top>"


def test_a_figure_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = _drawn(tmp_path / "1.svg")
    root = ET.fromstring(text)

    references = [
        value
        for each in root.iter()
        for name, value in each.attrib.items()
        if name.endswith("href") or "url(" in value
    ]
    assert references
    assert all(re.search(r"^#|url\(#", each) or each.startswith("data:") for each in references)
    assert not [each for each in root.iter() if each.tag.endswith(("script", "foreignObject"))]
    assert "@import" not in text


@pytest.mark.parametrize("name", ["$", "$x^$", r"\frac$1$", "a\nb", "R$ 5 & R$ 6"])
def test_a_class_name_is_drawn_as_it_is_written(tmp_path: Path, name: str) -> None:
    text = _drawn(tmp_path / "1.svg", (name, "b", "c"))

    assert ET.fromstring(text).tag == f"{SVG}svg"


def test_the_cells_say_the_counts_and_the_axes_the_names() -> None:
    figure = confusion_figure(COUNTS, NAMES, "On top")

    axes = figure.axes[0]
    cells = {each.get_position(): each.get_text() for each in axes.texts}
    assert cells == {(0, 0): "5", (1, 0): "1", (1, 1): "3", (2, 1): "2"}
    assert [each.get_text() for each in axes.get_yticklabels()] == list(NAMES)
    assert [each.get_text() for each in axes.get_xticklabels()] == list(NAMES)
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == (
        "On top",
        "predicted",
        "true",
    )


def test_counts_have_a_row_for_each_true_class() -> None:
    labels, told = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0])

    assert confusion_counts(labels, told, 3).tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 0]]
