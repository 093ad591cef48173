"""A log of decisions that a person edited."""

import csv
from collections.abc import Callable
from pathlib import Path

from morelli.audit.decisions import as_csv, decide
from morelli.audit.folder import Audit

Edit = Callable[[dict[str, str]], None]


def edited(audited: Audit, folder: Path, edit: Edit) -> Path:
    """The rule's log, each line passed through a hand."""
    path = folder / "edited.csv"
    path.write_text(as_csv(decide(audited)), encoding="utf-8")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        edit(row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path
