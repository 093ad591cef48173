"""Paint on the canvas: contours where colours change, relief that keeps the picture's colours."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from morelli.invented.painters import PAINTERS
from morelli.invented.strokes import FINE, Brush, draw_contours, lay_strokes, raise_paint

PALETTE = np.linspace(0, 255, 21, dtype=np.float32).reshape(7, 3)
BRUSH = Brush(0.1, 0.02, pressure=1.0, broken=0.0, wander=0, relief=0.5, contour=1.0)


def halves(left: float, right: float) -> npt.NDArray[np.float32]:
    """A sketch of 40 x 40 in two greys."""
    sketch = np.full((40, 40, 3), left, np.float32)
    sketch[:, 20:] = right
    return sketch


@pytest.mark.parametrize("brush", [painter.brush for painter in PAINTERS])
def test_strokes_bring_the_sketchs_colours_to_the_canvas(brush: Brush) -> None:
    canvas = Image.new("RGB", (80 * FINE, 80 * FINE))
    rng = np.random.default_rng(0)

    lay_strokes(canvas, brush, halves(40, 220), np.zeros((40, 40)), PALETTE, scale=1.0, rng=rng)

    pixels = np.asarray(canvas, float)
    assert pixels[:, 45 * FINE :].mean() > 1.5 * pixels[:, : 35 * FINE].mean()


def test_a_contour_is_drawn_where_the_sketch_changes_and_nowhere_else() -> None:
    picture = Image.new("RGB", (80, 80), (250, 250, 250))

    draw_contours(picture, BRUSH, halves(40, 220), PALETTE)

    dark = np.asarray(picture).mean(axis=(0, 2)) < 200
    assert dark[38:42].any()
    assert not dark[:30].any()
    assert not dark[50:].any()


def test_without_a_change_of_colour_there_is_no_contour() -> None:
    picture = Image.new("RGB", (80, 80), (250, 250, 250))

    draw_contours(picture, BRUSH, halves(90, 90), PALETTE)

    assert np.asarray(picture).min() == 250


def test_relief_lights_an_edge_and_leaves_the_mean() -> None:
    picture = Image.fromarray(halves(80, 160).astype(np.uint8))

    lit = np.asarray(raise_paint(picture, BRUSH, np.random.default_rng(0)), float)

    assert lit.shape == (40, 40, 3)
    assert lit[:, 20].mean() > 175
    assert abs(lit[:, :19].mean() - 80) < 2
    assert abs(lit[:, 22:].mean() - 160) < 2
