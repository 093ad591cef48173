"""A page as plain text, for its one snapshot: all that is read, without HTML, pictures, drawings.

Only a page of fixed values has such a snapshot: what a network computes differs a little between
processors.
"""

from collections.abc import Iterator

from morelli.reporting.page import (
    Block,
    Cell,
    Chart,
    Command,
    Gallery,
    Page,
    Picture,
    Table,
    Text,
)


def plain_text(page: Page) -> str:
    """The words and figures of a page, a line each; rows of a table have bars between cells."""
    return "\n".join(line.rstrip() for line in _lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield f"{page.kind}: {page.title}"
    yield page.conclusion
    yield from (f"! {warning}" for warning in page.warnings)
    yield from (f"{term}: {detail}" for term, detail in page.asked)
    for section in page.sections:
        yield ""
        yield f"# {section.title}"
        for block in section.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text(paragraphs):
            yield from paragraphs
        case Table():
            yield f"[table] {block.caption}"
            yield " | ".join(block.columns)
            for number, row in enumerate(block.rows):
                yield ("* " if number in block.marked else "") + " | ".join(map(_cell, row))
            yield block.note
        case Chart(title=title, description=description):
            yield f"[chart] {title}"
            yield description
        case Gallery(title, pictures, note):
            yield f"[gallery] {title}"
            yield note
            yield from map(_picture, pictures)
        case Command(title, text):
            yield f"[command] {title}"
            yield text


def _cell(cell: Cell) -> str:
    return cell if isinstance(cell, str) else ", ".join(map(_picture, cell))


def _picture(picture: Picture) -> str:
    return f"({picture.alt}) {' / '.join(picture.caption)}".rstrip()
