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

from morelli.data.aside import claim, file_digest, write_text
from morelli.data.collection import Collection, open_collection
from morelli.data.signed import read_signed, write_signed
from morelli.errors import BadFolder, writing
from morelli.markup import counted
from morelli.progress import Progress
from morelli.reporting.table import as_csv
from morelli.runs.audit_tables import TABLES, Table, figures_of, tables_of
from morelli.runs.audited import find

FORMAT = 1
MANIFEST = "audit.json"
RESULTS = "results.json"
REPORT = "report.html"
FILES = (*(f"{name}.csv" for name in TABLES), RESULTS)

KNOWN = frozenset({MANIFEST, REPORT, *FILES})
"""All that such a folder holds."""

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


def audit(
    collection: str | Path | Collection,
    out: str | Path,
    task: str | None = None,
    *,
    weights: str = "",
    number_format: str = "auto",
    cache: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Audit:
    """Look for what makes a collection unfit to learn from, and write down what is found.

    Args:
        collection: A folder that `ingest` made, or an open collection.
        out: Folder of the findings: new, empty, or of an earlier audit, which is replaced.
        task: The label column that is audited; by default the collection's own. Works without a
            label take part in copies and quality.
        weights: Of the network whose features say what looks alike, as a recipe has them. With
            "random" copies are found by their pictures alone, and neither visual series nor
            labels that the data speak against are looked for.
        number_format: Of the features.
        cache: Folder of cached features and pictures.
        workers: Threads.
        progress: Hears how far it is.

    Raises:
        UserError: If the collection, the task, the weights or the folder cannot be used.
    """
    from morelli.runs.audit_page import write_audit_report

    out = Path(out)
    if not isinstance(collection, Collection):
        collection = open_collection(collection)
    claim(out, KNOWN)
    found = find(
        collection,
        task,
        weights=weights,
        number_format=number_format,
        cache=None if cache is None else Path(cache),
        workers=workers,
        progress=progress,
    )
    _write(out, tables_of(found), figures_of(found))
    made = open_audit(out)
    write_audit_report(made)
    return made


def open_audit(folder: str | Path) -> Audit:
    """Open the folder of a finished audit.

    Raises:
        BadFolder: If it is none, or was altered.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise BadFolder(
            f"{folder} holds no audit; make one with: morelli audit COLLECTION --out FOLDER"
        )
    read_signed(folder / MANIFEST, FORMAT)
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


def _write(out: Path, tables: Mapping[str, Table], figures: dict[str, Any]) -> None:
    with writing(out):
        (out / MANIFEST).unlink(missing_ok=True)
        for name, each in tables.items():
            write_text(out / f"{name}.csv", as_csv(each.rows, each.columns))
        write_text(out / RESULTS, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
        digests = {name: file_digest(out / name) for name in FILES}
        write_signed(out / MANIFEST, {"format": FORMAT, "files": digests})


def _rows(path: Path) -> tuple[Row, ...]:
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
