"""From a figure to SVG: a file of its own, or a part of a page."""

import hashlib
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from morelli.reporting.drawing import IN_A_PAGE, TITLE_HEIGHT, WIDTH, house_style, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMESPACE = "http://www.w3.org/2000/svg"
_FONT = "font-family: 'DejaVu Sans', sans-serif"
_READERS_FONT = "font-family: system-ui, sans-serif"
_LINES = "stroke-linejoin: round; stroke-linecap: butt"
_REFERENCE = re.compile(r'(?:url\(|href=")#([\w.-]+)')
_LONG_NUMBER = re.compile(r"-?\d*\.\d{3,}")
_LEAST, _MOST = 0.85, 1.4  # of its own width: what a page may show a figure at


def save_svg(figure: "Figure", path: Path, describes: str) -> None:
    """Write a figure as SVG on white, the same bytes for the same figure, and what it describes."""
    text = _drawn(figure, describes, "white").replace(_FONT, _READERS_FONT)
    path.write_text(text, encoding="utf-8", newline="\n")


def svg_text(figure: "Figure", title: str, description: str) -> str:
    """Return a figure as an `<svg>` element for a page, the same text for the same figure.

    Ink and ground are the page's, the font is the reader's; its title is left out, since a page
    has headings. Ids carry a hash of the whole, so that no two figures of a page share one.

    Args:
        figure: As the functions of `plots` give it.
        title: Its name, for those who cannot see it.
        description: What it says, in words.
    """
    with _untitled(figure) as crop:
        drawn = _drawn(figure, "", "none")
    named = "\n".join((drawn, plain(title), plain(description)))
    digest = hashlib.sha256(named.encode()).hexdigest()[:8]
    root = ET.fromstring(drawn)
    used = set(_REFERENCE.findall(drawn))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        pairs = ((name.rpartition("}")[2], value) for name, value in element.attrib.items())
        element.attrib = {
            name: _in_a_page(name, value, digest)
            for name, value in pairs
            if (name != "id" or value in used) and not value.startswith("rotate(-0 ")
        }
    root[:] = [element for element in root if not _is_about_the_file(element)]
    _unwrap(root)
    _name(root, title, description, crop)
    return ET.tostring(root, encoding="unicode")


@contextmanager
def _untitled(figure: "Figure") -> Iterator[float]:
    """Take the titles from a figure for a while; gives the height that they leave free."""
    titles = {axes: axes.get_title() for axes in figure.axes if axes.get_title()}
    for axes in titles:
        axes.title.set_text("")
    yield TITLE_HEIGHT if titles else 0.0
    for axes, text in titles.items():
        axes.title.set_text(text)


def _drawn(figure: "Figure", title: str, ground: str) -> str:
    """Return the SVG that matplotlib makes of a figure, without a date."""
    buffer = io.StringIO()
    with house_style():
        metadata = {"Date": None, "Title": plain(title)}
        figure.savefig(buffer, format="svg", facecolor=ground, metadata=metadata)
    return buffer.getvalue()


def _in_a_page(name: str, value: str, digest: str) -> str:
    """Return an attribute's value with the page's colours and font, and ids of its own."""
    if name == "id":
        return f"f{digest}-{value}"
    if name == "href" and value.startswith("#"):
        return f"#f{digest}-{value[1:]}"
    if name.startswith("clip-path"):
        return value.replace("url(#", f"url(#f{digest}-")
    if name == "style":
        value = value.replace(f"{_FONT}; ", "")
        for colour, shown in IN_A_PAGE.items():
            value = value.replace(colour, shown)
        return value
    return _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", " ".join(value.split()))


def _is_about_the_file(element: ET.Element) -> bool:
    """Whether an element is a title, metadata, or a style that would hold for the whole page."""
    return element.tag in ("title", "metadata") or element.find("style") is not None


def _unwrap(element: ET.Element) -> None:
    """Take away groups that say nothing, which are half of what matplotlib writes."""
    kept: list[ET.Element] = []
    for child in element:
        _unwrap(child)
        child.tail = None
        kept += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = kept
    if not (element.text or "").strip():
        element.text = None


def _name(root: ET.Element, title: str, description: str, crop: float) -> None:
    """Say what the figure is and how large it may be shown."""
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    least = width if width > WIDTH else _LEAST * width  # wide ones are scrolled anyway
    size = f"min-width: {least:.0f}px; max-width: {_MOST * width:.0f}px"
    root.attrib = {
        "xmlns": _NAMESPACE,
        "viewBox": f"0 {crop:g} {width:g} {height - crop:g}",
        "role": "img",
        "aria-label": plain(title),
        "style": f"width: 100%; {size}; {_READERS_FONT}; {_LINES}",
    }
    for tag, text in (("desc", description), ("title", title)):
        child = ET.Element(tag)
        child.text = plain(text)
        root.insert(0, child)
