"""Figures over a picture: its parts with their answers, and where a network looked."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reporting.figures import SVG, WEIRD, texts

from morelli.reporting.overlay import (
    LETTERS,
    OTHER,
    Cell,
    Legend,
    lit,
    look_figure,
    over_picture,
    parts_figure,
    save_jpeg,
)
from morelli.reporting.vector import svg_text

SIZE = (400, 300)
CELLS = (
    Cell(0, 0, 0.5, 1, 0, 0.9),
    Cell(0.5, 0, 1, 0.5, 1, 0.6),
    Cell(0.5, 0.5, 1, 1, len(LETTERS), 0.4),
)
LEGEND = Legend(("monet: 1 part", "sisley: 1 part"), "others: 1 part")
GREY = Image.new("RGB", SIZE, (120, 120, 120))


def test_each_part_has_its_letter_and_the_legend_the_same() -> None:
    written = texts(svg_text(parts_figure(SIZE, CELLS, LEGEND), "T", "D"))

    for letter in (*LETTERS[:2], OTHER):
        assert written.count(letter) == 2
    assert {*LEGEND.names, LEGEND.other} <= set(written)


def test_small_parts_have_no_room_for_letters() -> None:
    small = [Cell(n / 40, 0, (n + 1) / 40, 0.05, 1, 0.5) for n in range(40)]

    written = texts(svg_text(parts_figure(SIZE, small, Legend(("a", "b"))), "T", "D"))

    assert [text for text in written if len(text) == 1] == ["A", "a", "B", "b"]


def test_a_picture_in_a_page_stands_in_it_as_the_ground_of_the_figure() -> None:
    svg = over_picture(look_figure(SIZE, (0.1, 0, 0.9, 1)), GREY, SIZE, "T <1>", "D")

    assert ET.fromstring(svg).tag == f"{SVG}svg"
    style = ET.fromstring(svg).get("style") or ""
    assert re.match(r"background: url\(data:image/jpeg;base64,[\w+/=]+\) left top / ", style)
    assert {"not at all", "looked at most"} <= set(texts(svg))


def test_where_a_network_looked_is_warm_and_the_rest_is_grey() -> None:
    saliency = np.zeros((4, 4), np.float32)
    saliency[:, 3] = 1

    shown = np.asarray(lit(GREY, (0, 0, 300, 300), saliency)).astype(int)

    warm, cold, outside = shown[150, 290], shown[150, 10], shown[150, 390]
    assert warm[0] > warm[1] > warm[2]
    assert cold.tolist() == [120, 120, 120]
    assert np.ptp(outside) == 0
    assert outside[0] < cold[0]


@pytest.mark.parametrize("box", [(-50, -50, 350, 350), (399, 299, 400, 300), (100, 0, 400, 300)])
def test_a_map_may_reach_beyond_the_picture(box: tuple[int, int, int, int]) -> None:
    assert lit(GREY, box, np.ones((7, 7), np.float32)).size == SIZE


@pytest.mark.parametrize("size", [(400, 300), (3_000, 100), (100, 3_000)])
def test_a_file_has_the_picture_in_it_at_any_shape(size: tuple[int, int], tmp_path: Path) -> None:
    red = Image.new("RGB", size, (255, 0, 0))

    save_jpeg(parts_figure(size, CELLS, LEGEND, red), tmp_path / "parts.jpg")

    pixels = np.asarray(Image.open(tmp_path / "parts.jpg")).reshape(-1, 3).astype(int)
    assert ((pixels[:, 0] > 200) & (pixels[:, 1] < 60)).mean() > 0.05


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", WEIRD)
def test_any_name_is_drawn(name: str) -> None:
    assert svg_text(parts_figure(SIZE, CELLS, Legend((name, name), name)), name, name)
