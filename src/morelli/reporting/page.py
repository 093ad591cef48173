"""What a report's page is made of: plain values, before any HTML."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """A small picture that stands in the file itself.

    Attributes:
        source: A `data:` address.
        alt: What is to be seen, for those who cannot see it.
        caption: Lines below it.
    """

    source: str
    alt: str
    caption: tuple[str, ...] = ()


Cell = str | tuple[Picture, ...]
"""What stands in a table's cell: text, or pictures."""


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        caption: What it shows.
        columns: Their names.
        rows: The cells of each row.
        right: Columns, by number, that hold figures.
        marked: Rows, by number, that stand out, such as the chosen setting's.
        note: Stands below.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: tuple[int, ...] = ()
    marked: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure as vector graphics.

    Attributes:
        title: Stands above.
        svg: The figure, as `plots.svg_text` gives it.
        description: What it says, in words: its text alternative.
    """

    title: str
    svg: str
    description: str


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side.

    Attributes:
        title: Stands above.
        pictures: In order.
        note: Stands below the title.
    """

    title: str
    pictures: tuple[Picture, ...]
    note: str = ""


@dataclass(frozen=True)
class Command:
    """What to type, to be copied."""

    title: str
    text: str


Block = Text | Table | Chart | Gallery | Command


@dataclass(frozen=True)
class Section:
    """A titled part of a page."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes:
        kind: What it reports: "run", "study", "comparison" or "reproduction".
        title: Its heading.
        asked: What was asked, and of what data: pairs of a term and its detail.
        conclusion: One paragraph.
        warnings: What a reader must not overlook, such as random weights.
        sections: In order.
    """

    kind: str
    title: str
    asked: tuple[tuple[str, str], ...]
    conclusion: str
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()
