"""What the tests of reports share: how to look into a page, and awkward class names."""

import csv
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from cli.command import printed

from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.reporting.page import Block, Chart, Command, Gallery, Page, Section, Table

Kind = TypeVar("Kind", Chart, Command, Gallery, Table)

NAMES = (
    "a<b & c>",
    "$x_1$ \\alpha^{2}",
    "Der_Meister_des_Hausbuchs_und_seine_Nachfolger_am_Mittelrhein_um_1480",
    "Élisabeth Vigée Le Brun «l'aînée»",
)
"""Names that are no HTML, no formula, and do not end soon."""


def section(page: Page, title: str) -> Section:
    """The one section of that title."""
    [found] = [each for each in page.sections if each.title == title]
    return found


def blocks(page: Page, title: str, kind: type[Kind]) -> list[Kind]:
    """The blocks of one kind in a section."""
    return [each for each in section(page, title).blocks if isinstance(each, kind)]


def block(page: Page, title: str, kind: type[Kind]) -> Kind:
    """The one block of a kind in a section."""
    [found] = blocks(page, title, kind)
    return found


def settings_of(page: Page) -> Table:
    """The table of all settings."""
    [table, *_] = blocks(page, "Settings", Table)
    return table


def texts(table: Table) -> list[tuple[str, ...]]:
    """The cells of a table that hold text, row by row."""
    return [tuple(cell for cell in row if isinstance(cell, str)) for row in table.rows]


def pictures_in(given: Block) -> list[str]:
    """The addresses of all pictures of a block."""
    if isinstance(given, Gallery):
        return [each.source for each in given.pictures]
    if not isinstance(given, Table):
        return []
    cells = [cell for row in given.rows for cell in row if not isinstance(cell, str)]
    return [each.source for cell in cells for each in cell]


def typed(command: Command, new: Path) -> str:
    """Type a report's command, with a folder for NEW; return what it printed."""
    program, *words = shlex.split(command.text)
    assert program == "morelli"
    assert words.count("NEW") == 1
    return printed(*(new if word == "NEW" else word for word in words))


def oddly_named(paintings: Path, folder: Path) -> Collection:
    """24 works by four painters of awkward names, in a folder of an awkward one."""
    folder.mkdir(parents=True)
    rows = []
    for name, painter in zip(NAMES, sorted(paintings.iterdir()), strict=False):
        for path in sorted(painter.iterdir())[:6]:
            (folder / path.name).write_bytes(path.read_bytes())
            rows.append((path.name, name))
    with (folder / "works.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "artist"), *rows])
    return ingest(folder / "works.csv", folder / "the collection's", size=48)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread: for small heads, several wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
