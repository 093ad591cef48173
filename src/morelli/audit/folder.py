"""Is a collection fit to learn from? Findings as tables, figures and a report with pictures.

The folder of an audit:

    audit.json       vouches for tables and figures
    copies.csv       copies of one work, a row a work
    conflicts.csv    copies that stand under several class names
    labels.csv       labels worth a look, the most doubtful first
    series.csv       works of one artist that belong together, by title and by look
    shortcuts.csv    how well the class is told from what is not the picture
    quality.csv      small, grey and unusable images
    results.json     the figures of all
    report.html      for people who would rather look than read
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morelli.audit.tables import TABLES, Table
from morelli.data.aside import write_text
from morelli.data.folders import ResultFolder
from morelli.errors import writing
from morelli.markup import counted
from morelli.reporting.table import as_csv

MANIFEST = "audit.json"
RESULTS = "results.json"
REPORT = "report.html"
FILES = (*(f"{name}.csv" for name in TABLES), RESULTS)

AUDIT_FOLDER = ResultFolder(
    kind="audit",
    manifest=MANIFEST,
    format=1,
    command="morelli audit COLLECTION --out FOLDER",
    contents=frozenset({MANIFEST, REPORT, *FILES}),
    missing="{folder} holds no {kind}; make one with: {command}",
)
"""An audit's folder: what it holds, and when it is finished."""

Row = Mapping[str, str]


@dataclass(frozen=True)
class Audit:
    """What was found in a collection.

    Attributes:
        folder: Where it is written.
        results: The figures of `results.json`.
        findings: For each of `TABLES`, the rows of its CSV file, as text.
    """

    folder: Path
    results: dict[str, Any]
    findings: Mapping[str, tuple[Row, ...]]


def open_audit(folder: str | Path) -> Audit:
    """Open the folder of a finished audit.

    Raises:
        BadFolder: If it is none, or was altered.
    """
    folder = Path(folder)
    AUDIT_FOLDER.read(folder)
    results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    return Audit(folder, results, {name: _rows(folder / f"{name}.csv") for name in TABLES})


def grave(made: Audit) -> list[str]:
    """Return what a strict audit fails for, a line each: equal and contradicting copies, shortcuts.

    A collection with none of these may still have near copies, series and doubtful labels.
    """
    results, found = made.results, []
    if exact := results["copies"]["exact_pairs"]:
        found.append(f"{counted(exact, 'pair')} of works of equal pixels")
    for task, clusters in results["conflicts"].items():
        if clusters:
            found.append(f"{counted(clusters, 'cluster')} of copies under several names of {task}")
    return found + warnings_of(made)


def warnings_of(made: Audit) -> list[str]:
    """Return the warnings of what tells the class and is not the picture."""
    short = made.results["shortcuts"]
    said = [short["warning"]] if short else []
    said += [each["warning"] for each in made.results["sources"]]
    return [each for each in said if each]


def write_audit(out: Path, tables: Mapping[str, Table], figures: dict[str, Any]) -> None:
    """Write the tables and figures of an audit, and the file that vouches for them."""
    AUDIT_FOLDER.reopen(out)
    with writing(out):
        for name, each in tables.items():
            write_text(out / f"{name}.csv", as_csv(each.rows, each.columns))
        write_text(out / RESULTS, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    AUDIT_FOLDER.finish(out, FILES)


def _rows(path: Path) -> tuple[Row, ...]:
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
