"""Figures as SVG: legible in a page or alone, safe with any name, and independent of each other."""

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting.figures import SVG, WEIRD, drawn, texts
from reporting.sample import NAMES, curves, matrix

from morelli.reporting.drawing import INK
from morelli.reporting.plots import Curve, confusion_figure, curves_figure
from morelli.reporting.vector import save_svg, svg_text

CLASSES = ("Monet", "Sisley & <sons>", "van Gogh")
COUNTS = np.array([[5, 1, 0], [0, 3, 2], [0, 0, 0]], np.int64)


def test_a_figure_says_what_it_is_and_takes_the_size_of_its_place() -> None:
    svg = svg_text(drawn("a")[0], "A <title>", "What it & says")
    root = ET.fromstring(svg)

    assert svg.startswith("<svg ")
    assert (root.get("role"), root.get("aria-label")) == ("img", "A <title>")
    assert root.findtext(f"{SVG}title") == "A <title>"
    assert root.findtext(f"{SVG}desc") == "What it & says"
    assert (root.get("width"), root.get("height")) == (None, None)
    assert (root.get("viewBox") or "").startswith("0 22 370 ")


@pytest.mark.parametrize("kind", range(3))
def test_a_figure_has_the_page_s_ink_and_font_and_styles_nothing_else(kind: int) -> None:
    svg = svg_text(drawn("a")[kind], "T", "D")

    assert "currentColor" in svg
    assert INK not in svg
    assert "DejaVu" not in svg
    assert "<style" not in svg
    assert "metadata" not in svg
    assert "fill: #ffffff" not in svg
    assert len(texts(svg)) > 3


def test_a_page_has_headings_so_that_a_figure_leaves_its_title_out() -> None:
    curve = [Curve("a", (0.1, 0.2))]
    titled, bare = (curves_figure(curve, "accuracy", title) for title in ("On top", ""))
    svg, other = (ET.fromstring(svg_text(figure, "T", "D")) for figure in (titled, bare))

    assert "On top" not in [text.text for text in svg.iter(f"{SVG}text")]
    assert titled.axes[0].get_title() == "On top"
    assert (svg.get("viewBox") or "").split()[2:] == (other.get("viewBox") or "").split()[2:]


def test_the_same_figure_gives_the_same_text_and_no_two_share_an_id() -> None:
    figures = [
        (confusion_figure(matrix(), NAMES, ""), "one"),
        (confusion_figure(matrix()[:9, :9], NAMES[:9], ""), "two"),
        (curves_figure(curves(), "accuracy", ""), "three"),
        (curves_figure(curves()[:2], "accuracy", ""), "four"),
    ]
    drawings = [svg_text(figure, title, "D") for figure, title in figures]
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in drawings]

    assert drawings == [svg_text(figure, title, "D") for figure, title in figures]
    assert all(ids)
    assert not [one & other for one, other in itertools.combinations(ids, 2) if one & other]
    for svg, own in zip(drawings, ids, strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) == own


def test_two_figures_alike_but_for_their_names_do_not_share_ids() -> None:
    figure = drawn("a")[0]

    one, other = (re.findall(r'id="([^"]+)"', svg_text(figure, name, "D")) for name in "ab")
    assert not set(one) & set(other)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", WEIRD)
@pytest.mark.parametrize("kind", range(3))
def test_any_name_is_drawn(name: str, kind: int) -> None:
    svg = svg_text(drawn(name)[kind], name, name)

    assert ET.fromstring(svg).tag == f"{SVG}svg"


@settings(max_examples=20)
@given(st.text(max_size=80))
def test_any_text_can_be_a_name(name: str) -> None:
    for figure in drawn(name):
        ET.fromstring(svg_text(figure, name, name))


@pytest.mark.parametrize("name", ["$x^$", "a_b & <c>", r"\alpha", "尾形光琳", *NAMES[:6]])
@pytest.mark.parametrize("kind", range(3))
def test_a_name_stands_as_it_is_written(name: str, kind: int) -> None:
    assert name in texts(svg_text(drawn(name)[kind], "T", "D"))


def _drawn(path: Path, names: tuple[str, ...] = CLASSES) -> str:
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
        for element in root.iter()
        for name, value in element.attrib.items()
        if name.endswith("href") or "url(" in value
    ]
    assert references
    assert all(re.search(r"^#|url\(#", to) or to.startswith("data:") for to in references)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "foreignObject"}
    assert "@import" not in text


@pytest.mark.parametrize("name", ["$", "$x^$", r"\frac$1$", "a\nb", "R$ 5 & R$ 6"])
def test_a_class_name_is_drawn_as_it_is_written(tmp_path: Path, name: str) -> None:
    text = _drawn(tmp_path / "1.svg", (name, "b", "c"))

    assert ET.fromstring(text).tag == f"{SVG}svg"
