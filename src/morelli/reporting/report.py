"""A report as one HTML file that needs nothing else: no network, no script, no other file."""

import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from morelli._version import __version__
from morelli.data.aside import write_text
from morelli.reporting.drawing import WIDTH
from morelli.reporting.glossary import Links, terms_of
from morelli.reporting.page import Block, Page, Picture

_PICTURE = "data:image/"
_DRAWN = frozenset({"svg", "title", "desc", "defs", "g", "path", "use", "text", "clipPath", "rect"})


def render(page: Page) -> str:
    """Return a report's HTML, the same text for the same page.

    All that the page says is text and is escaped, but for its figures.

    Raises:
        ValueError: If a picture is no `data:image/` address, or a figure would start a script or
            ask for something from elsewhere.
    """
    text = _template().render(page=page, version=__version__, terms=terms_of(page), link=Links())
    # A folder's name may hold bytes that are no text; they must not keep a report from its file.
    return text.encode("utf-8", "replace").decode("utf-8")


def write_report(path: Path, page: Page) -> None:
    """Write a report's HTML to a file, whole or not at all; `render` says what is refused."""
    write_text(path, render(page))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("morelli.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "kind": _kind,
        "checked_source": _checked_source,
        "checked_svg": _checked_svg,
        "is_wide": _is_wide,
    }
    return environment.get_template("page.html")


def _kind(block: Block) -> str:
    """Return the name of the macro that writes a block."""
    return type(block).__name__.lower()


def _checked_source(picture: Picture) -> str:
    """Return a picture's address, which must hold the picture itself."""
    if not picture.source.startswith(_PICTURE):
        raise ValueError(f"a picture must be a {_PICTURE} address, not {picture.source[:40]!r}")
    return picture.source


def _checked_svg(svg: str) -> Markup:
    """Return a figure to stand in the page as it is; only what draws may be in it."""
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise ValueError(f"a figure must be SVG: {error}") from None
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag not in _DRAWN:
            raise ValueError(f"a figure may not hold <{tag}>")
        for name, value in element.attrib.items():
            plain = name.rpartition("}")[2].lower()
            if plain.startswith("on") or (plain == "href" and not value.startswith("#")):
                raise ValueError(f"a figure may not hold {plain}={value[:40]!r}")
    return Markup(svg)


def _is_wide(svg: str) -> bool:
    """Whether a figure is wider than a phone, so that it is scrolled there."""
    viewed = ET.fromstring(svg).get("viewBox", "").split()
    return len(viewed) == 4 and float(viewed[2]) > WIDTH
