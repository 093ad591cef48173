"""Words and small tables for people."""

import html
from collections.abc import Iterable, Sequence

FEW = 100
"""Works below which a share of them is given as a count: four digits would claim too much."""


def html_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table; all that is given is text and is escaped."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><caption>{html.escape(title)}</caption><tr>{head}</tr>{body}</table>"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, such as "1 shard" or "1,288 works"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def share_of(share: float, works: int, digits: str = ".4f") -> str:
    """Return a share of works for a report: "10 of 20" where works are few, else "0.4983".

    Args:
        share: 0 to 1; one that is no share of whole works, such as a mean, is written in digits.
        works: How many there were; below `FEW` they are few.
        digits: How digits are written, as `format` takes it, such as ".1%".
    """
    right = round(share * works) if works else 0
    if works < FEW and abs(right - share * works) < 1e-3:
        return f"{right:,} of {works:,}"
    return format(share, digits)
