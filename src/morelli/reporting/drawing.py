"""The paper under the figures: lengths in pixels, text that is measured, colours of both schemes.

Figures are laid out by hand, in pixels from the top left corner, so that no name is cut off or
covered and the same figure gives the same bytes. Widths are measured in DejaVu Sans, which comes
with matplotlib and is wider than the fonts of most screens.
"""

import math
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform
    from matplotlib.typing import LineStyleType, RcKeyType

WIDTH = 370
"""Pixels; a phone's width."""

SIZE = 10.5
"""Of the text, in pixels."""

LINE = 13.5
"""From one line of text to the next, in pixels."""

TITLE_HEIGHT = 22.0
"""What a title adds to a figure, in pixels, at its upper edge."""

INK = "#1f1d1a"
"""Text and axes: almost black; in a page it becomes the page's own ink."""

CELL = "#00508c"
"""What is many in a matrix; a page may give another (`--cell`)."""

ON_CELL = "#fffffe"
"""Text on it; a page may give another (`--on-cell`)."""

NARROWEST = 0.02
"""The least that an axis of values spans."""

IN_A_PAGE = {
    INK: "currentColor",
    CELL: f"var(--cell, {CELL})",
    ON_CELL: f"var(--on-cell, {ON_CELL})",
}

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#bd6a98", "#a87400", "#3a8fc4")
"""Okabe and Ito's, which the colour-blind can tell apart (2008, "Color universal design").

Three are darker than theirs, so that each has a contrast of 3 to 1 with white paper and black.
"""

_UNWRITTEN = ("Cc", "Cs", "Cn")  # control characters, halves of pairs, and what is no character

GREY = "#8a8781"
"""Of what stands back; has the same contrasts."""

STYLE: "dict[RcKeyType, object]" = {
    "svg.fonttype": "none",
    "svg.hashsalt": "morelli",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": SIZE,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is no formula
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
}


class LineLook(TypedDict, total=False):
    """How a line is drawn, in matplotlib's words."""

    color: str
    linestyle: "LineStyleType"
    linewidth: float
    marker: str
    markersize: float
    clip_on: bool


@contextmanager
def house_style() -> Iterator[None]:
    """Draw as the house does, whatever the user's own settings of matplotlib are."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # A letter that DejaVu lacks is written as text all the same: the reader's fonts have it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def sheet(width: float, height: float) -> "Figure":
    """Return an empty figure of a size in pixels."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72), dpi=72)


def place(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Add axes at a place of the sheet, in pixels from its top left corner."""
    across, down = (72 * side for side in figure.get_size_inches())
    box = (left / across, 1 - (top + height) / down, width / across, height / down)
    return figure.add_axes(box)


def pixels(figure: "Figure") -> "Transform":
    """Return the transform from pixels, counted from the top left corner, to the sheet."""
    from matplotlib.transforms import Affine2D

    down = 72 * figure.get_size_inches()[1]
    return Affine2D().scale(1 / 72, -1 / 72).translate(0, down / 72) + figure.dpi_scale_trans


def write(figure: "Figure", left: float, middle: float, text: str, *, ha: str = "left") -> None:
    """Write one line of text; its middle stands `middle` pixels below the sheet's upper edge."""
    # Capitals reach 0.73 of the size above the baseline: half of it brings them to the middle.
    figure.text(left, middle + 0.36 * SIZE, text, transform=pixels(figure), ha=ha)


def plain(text: str) -> str:
    """Return a name as one line that any SVG reader accepts: no control characters."""
    kept = (" " if unicodedata.category(letter) in _UNWRITTEN else letter for letter in text)
    return " ".join("".join(kept).split())


@cache
def measure(text: str) -> float:
    """Return the width of a line of text at `SIZE`, in pixels."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    wide = [unicodedata.east_asian_width(letter) in "WF" for letter in text]
    known = "".join(letter for letter, is_wide in zip(text, wide, strict=True) if not is_wide)
    with house_style():
        font = FontProperties(family="DejaVu Sans", size=SIZE)
        width, _, _ = text_to_path.get_text_width_height_descent(known, font, False)
    return float(width) + sum(wide) * SIZE


def elide(text: str, width: float) -> str:
    """Cut a name to a width in pixels; an ellipsis says so."""
    if measure(text) <= width:
        return text
    end = len(text)
    while end > 1 and measure(text[:end].rstrip() + "…") > width:
        end -= 1
    return text[:end].rstrip() + "…"


def wrap(text: str, width: float) -> list[str]:
    """Break a text into lines of a width in pixels, between words where that can be."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if measure(longer) <= width:
            lines[-1] = longer
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if measure(lines[-1] + letter) > width and lines[-1]:
                lines.append("")
            lines[-1] += letter
    return lines


def title_height(title: str) -> float:
    """Return what a figure's title takes of its height, in pixels."""
    return TITLE_HEIGHT + 8 if title else 8.0


def write_title(figure: "Figure", axes: "Axes", title: str) -> None:
    """Write a figure's title in the upper left corner of its sheet; an empty one takes nothing."""
    if not title:
        return
    across, down = (72 * side for side in figure.get_size_inches())
    box = axes.get_position()
    text = elide(plain(title), across - 8)
    left = (4 / across - box.x0) / box.width
    above = 1 + (1 - box.y1 - 18 / down) / box.height
    axes.set_title(text, x=left, y=above, pad=0, ha="left", fontsize=SIZE)


def round_ticks(values: Sequence[float]) -> list[float]:
    """Return round numbers from below the least of the finite values to above the greatest."""
    from matplotlib.ticker import MaxNLocator

    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if high - low < NARROWEST:  # a flat curve, magnified, would show rounding
        low, high = (low + high - NARROWEST) / 2, (low + high + NARROWEST) / 2
    ticks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in ticks]
