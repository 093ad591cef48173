"""Figures over a picture: what its parts say alone, and where a network looked.

The picture is the figure's ground and stands in the page itself; what is drawn over it is vector
graphics. Parts overlap, so each is drawn as the cell around its middle: cells touch, and none
covers another. Cells that say otherwise than the whole are tinted; each has a disc with its
class's letter, so that nothing depends on colour alone.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.reporting.drawing import (
    COLOURS,
    GREY,
    LINE,
    SIZE,
    WIDTH,
    elide,
    house_style,
    pixels,
    place,
    plain,
    sheet,
    write,
)
from morelli.reporting.vector import svg_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

Floats = npt.NDArray[np.float32]

LETTERS = "ABCDEF"
"""Of the classes in the legend; all others share the last sign."""

OTHER = "+"

_TALLEST = 480.0  # of a picture, in pixels of the figure
_FLATTEST = 4.0  # times as long as it is high; what is longer is drawn higher than it is
_SHARPEST = 1.8  # pixels of the ground for each of the figure
_QUALITY = 80
_LEAST_DISC, _LARGEST_DISC = 7.0, 12.0
_LEAST_CELL = 17.0  # below which there is no room for discs
_WARM = (255, 96, 0)  # stands out from any grey, to all eyes
_LEVELS = 8


@dataclass(frozen=True)
class Cell:
    """A part as it is drawn, in shares of the picture's width and height.

    Attributes:
        left: Of the cell around its middle; likewise top, right and bottom.
        kind: Its class, an index into the legend; beyond its end the class is another.
        confidence: The probability of that class.
    """

    left: float
    top: float
    right: float
    bottom: float
    kind: int
    confidence: float


@dataclass(frozen=True)
class Legend:
    """What the colours of cells mean.

    Attributes:
        names: A line for each class, that of the whole first; at most six.
        other: The line for all other classes; empty if there are none.
    """

    names: tuple[str, ...]
    other: str = ""


def parts_figure(
    size: tuple[int, int], cells: Sequence[Cell], legend: Legend, ground: Image.Image | None = None
) -> "Figure":
    """Draw what parts of a picture say alone.

    Args:
        size: Width and height of the picture in pixels; only their ratio matters.
        cells: Its parts.
        legend: What they mean.
        ground: The picture, for a file of its own; in a page `over_picture` puts it there.
    """
    width, height = _drawn(size)
    lines = [*legend.names, *([legend.other] if legend.other else [])]
    with house_style():
        figure = sheet(WIDTH, height + 14 + len(lines) * (LINE + 5))
        axes = _axes(figure, width, height, ground)
        for cell in cells:
            _draw_cell(axes, cell, width, height)
        for number, line in enumerate(lines):
            kind = number if number < len(legend.names) else len(LETTERS)
            middle = height + 18 + number * (LINE + 5)
            _draw_disc(figure, (12, middle), _LEAST_DISC, kind, pixels(figure))
            write(figure, 26, middle, elide(plain(line), WIDTH - 34))
    return figure


def look_figure(
    size: tuple[int, int], box: tuple[float, float, float, float], ground: Image.Image | None = None
) -> "Figure":
    """Draw the frame of what a network saw of a picture, and the scale of the map below it.

    Args:
        size: Width and height of the picture in pixels; only their ratio matters.
        box: Left, top, right and bottom of what it saw, in shares of the picture.
        ground: The picture with the map over it, as `lit` makes it, for a file of its own.
    """
    from matplotlib.patches import Rectangle

    width, height = _drawn(size)
    with house_style():
        figure = sheet(WIDTH, height + 38)
        axes = _axes(figure, width, height, ground)
        corner = box[0] * width, box[1] * height
        sides = (box[2] - box[0]) * width, (box[3] - box[1]) * height
        for colour, line in (("#000000", 3.0), ("#ffffff", 1.2)):
            axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=colour, linewidth=line))
        _draw_scale(figure, height + 20)
    return figure


def _draw_scale(figure: "Figure", middle: float) -> None:
    """Draw what the colours of a map mean: a strip from grey to the warmest."""
    from matplotlib.patches import Rectangle

    write(figure, 4, middle, "not at all")
    for number, (red, green, blue) in enumerate(_scale()):
        corner, shade = (64 + 14 * number, middle - 6), f"#{red:02x}{green:02x}{blue:02x}"
        patch = Rectangle(corner, 14, 12, color=shade, lw=0, transform=pixels(figure))
        figure.add_artist(patch)
    write(figure, 64 + 14 * _LEVELS + 6, middle, "looked at most")


def lit(picture: Image.Image, box: tuple[int, int, int, int], saliency: Floats) -> Image.Image:
    """Return a picture in grey that is warm where a network looked.

    Args:
        picture: RGB.
        box: Left, top, right and bottom of what it saw, in pixels of the picture.
        saliency: (side, side) map of that square, 0 to 1.
    """
    grey = np.asarray(picture.convert("L"), np.float32)
    left, top, right, bottom = box
    side = right - left, bottom - top
    scaled = Image.fromarray(saliency).resize(side, Image.Resampling.BILINEAR)
    warm = np.zeros_like(grey)
    inside = (slice(max(0, top), bottom), slice(max(0, left), right))
    warm[inside] = np.asarray(scaled)[: grey[inside].shape[0], : grey[inside].shape[1]]
    outside = np.ones_like(grey)
    outside[inside] = 0
    mixed = _warmed(grey * (1 - 0.45 * outside), warm)
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))


def _warmed(grey: Floats, warm: Floats) -> Floats:
    """Tint grey values, (...) 0 to 255, the more the warmer, 0 to 1; return (..., 3) colours."""
    kept, tint = grey[..., None], warm[..., None]
    colour = np.array(_WARM, np.float32)
    mixed = kept * (1 - 0.8 * tint) + (0.35 * kept + 0.65 * colour) * 0.8 * tint
    return np.asarray(mixed, np.float32)


def _scale() -> list[list[int]]:
    """Return the colours of the scale: of a middle grey, from not warm to the warmest."""
    warm = np.linspace(0, 1, _LEVELS, dtype=np.float32)
    rounded: list[list[int]] = _warmed(np.full_like(warm, 118), warm).round().astype(int).tolist()
    return rounded


def over_picture(
    figure: "Figure", picture: Image.Image, size: tuple[int, int], title: str, description: str
) -> str:
    """Return a figure as an `<svg>` element for a page, with the picture as its ground.

    Args:
        figure: As `parts_figure` or `look_figure` makes it, without ground.
        picture: RGB.
        size: As it was given to that function.
        title: The figure's name, for those who cannot see it.
        description: What it says, in words.
    """
    width, height = _drawn(size)
    across, down = (72 * side for side in figure.get_size_inches())
    address = f"data:image/jpeg;base64,{base64.b64encode(_jpeg(picture, size)).decode()}"
    ground = (
        f"background: url({address}) left top / {100 * width / across:.3f}% "
        f"{100 * height / down:.3f}% no-repeat; "
    )
    return svg_text(figure, title, description).replace('style="', f'style="{ground}', 1)


def save_jpeg(figure: "Figure", path: Path) -> None:
    """Write a figure that has its ground to a JPEG file, on white, twice its size."""
    with house_style():
        options = {"quality": _QUALITY}
        figure.savefig(path, format="jpeg", dpi=144, facecolor="white", pil_kwargs=options)


def _jpeg(picture: Image.Image, size: tuple[int, int]) -> bytes:
    width, height = (max(1, round(_SHARPEST * side)) for side in _drawn(size))
    if width < picture.width or height < picture.height:
        picture = picture.resize((min(width, picture.width), min(height, picture.height)))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


def _drawn(size: tuple[int, int]) -> tuple[float, float]:
    """Return width and height at which a picture is drawn, in pixels of the figure."""
    width, height = size
    ratio = min(max(height / width, 1 / _FLATTEST), _FLATTEST)
    drawn = min(float(WIDTH), _TALLEST / ratio)
    return drawn, drawn * ratio


def _axes(figure: "Figure", width: float, height: float, ground: Image.Image | None) -> "Axes":
    axes = place(figure, 0, 0, width, height)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    if ground is not None:
        axes.imshow(ground, extent=(0, width, height, 0), aspect="auto")
    return axes


def _colour(kind: int) -> str:
    return COLOURS[kind] if kind < len(LETTERS) else GREY


def _draw_cell(axes: "Axes", cell: Cell, width: float, height: float) -> None:
    """Draw a cell's edge, its tint if it says otherwise than the whole, and its disc."""
    from matplotlib.patches import Rectangle

    left, right = cell.left * width, cell.right * width
    top, bottom = cell.top * height, cell.bottom * height
    corner, across, down = (left, top), right - left, bottom - top
    if cell.kind:
        tint = _colour(cell.kind)
        axes.add_patch(Rectangle(corner, across, down, facecolor=tint, alpha=0.34, linewidth=0))
    edge = Rectangle(
        corner, across, down, fill=False, edgecolor="#ffffff", linewidth=0.6, alpha=0.7
    )
    axes.add_patch(edge)
    if min(across, down) >= _LEAST_CELL:
        room = min(_LARGEST_DISC, min(across, down) / 2 - 1)
        radius = _LEAST_DISC + (room - _LEAST_DISC) * cell.confidence
        middle = (left + right) / 2, (top + bottom) / 2
        _draw_disc(axes, middle, radius, cell.kind, axes.transData)


def _draw_disc(
    onto: "Axes | Figure",
    middle: tuple[float, float],
    radius: float,
    kind: int,
    transform: "Transform",
) -> None:
    """Draw a disc with its class's letter, onto axes or a figure."""
    from matplotlib.patches import Circle

    colour = _colour(kind)
    disc = Circle(
        middle, radius, transform=transform, facecolor=colour, edgecolor="#ffffff", linewidth=1.2
    )
    onto.add_artist(disc)
    letter = LETTERS[kind] if kind < len(LETTERS) else OTHER
    ink = "#ffffff" if kind == 0 else "#000000"  # whichever has the contrast of 4.5 to 1
    across, down = middle
    text = onto.text(across, down + 0.36 * SIZE, letter, transform=transform, ha="center")
    text.set(weight="bold", color=ink, size=SIZE)
