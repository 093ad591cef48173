"""Figures as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Mapping, Sequence


def as_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> str:
    """Return rows as CSV.

    Args:
        rows: By column; what a row lacks stays empty.
        columns: Their names; by default those of all rows in order of appearance.
    """
    text = io.StringIO()
    named = columns or list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, named, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
