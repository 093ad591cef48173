"""Is a collection fit to learn from? Findings as tables, figures and a report with pictures.

The folder of an audit:

    audit.json       vouches for tables and figures
    copies.csv       copies of one work, a row a work
    conflicts.csv    copies that stand under several class names
    labels.csv       labels worth a look, the most doubtful first
    series.csv       works of one artist that belong together, by title and by look
    shortcuts.csv    how well the class is predicted from what is not the picture
    quality.csv      small, grey and unusable images
    results.json     the figures of all
    report.html      for people who would rather look than read
"""

from dataclasses import dataclass
from pathlib import Path

from morelli.audit.csv_rows import TABLES, Rows, csv_texts, read_rows
from morelli.audit.figures import AuditFigures
from morelli.data.aside import write_text
from morelli.data.folders import ResultFolder
from morelli.data.records import read_record, write_record
from morelli.errors import writing
from morelli.markup import counted

MANIFEST = "audit.json"
RESULTS = "results.json"
REPORT = "report.html"
FILES = (*(f"{name}.csv" for name in TABLES), RESULTS)

AUDIT_FOLDER = ResultFolder(
    kind="audit",
    manifest=MANIFEST,
    format=2,
    oldest=2,
    command="morelli audit COLLECTION --out FOLDER",
    contents=frozenset({MANIFEST, REPORT, *FILES}),
    missing="{folder} holds no {kind}; make one with: {command}",
)
"""An audit's folder: what it holds, and when it is finished."""


@dataclass(frozen=True)
class Audit:
    """What was found in a collection.

    Attributes:
        folder: Where it is written.
        results: The figures of `results.json`.
        findings: The rows of the CSV files.
    """

    folder: Path
    results: AuditFigures
    findings: Rows


def open_audit(folder: str | Path) -> Audit:
    """Open the folder of a finished audit.

    Raises:
        BadFolder: If it is none, or was altered.
    """
    folder = Path(folder)
    AUDIT_FOLDER.read(folder)
    return Audit(folder, read_record(folder / RESULTS, AuditFigures), read_rows(folder))


def grave(audit: Audit) -> list[str]:
    """Return what a strict audit fails for, a line each: equal and contradicting copies, shortcuts.

    A collection with none of these may still have near copies, series and doubtful labels.
    """
    results, lines = audit.results, []
    if exact := results.copies.exact_pairs:
        lines.append(f"{counted(exact, 'pair')} of works of equal pixels")
    for task, clusters in results.conflicts.items():
        if clusters:
            lines.append(f"{counted(clusters, 'cluster')} of copies under several names of {task}")
    return lines + warnings_of(audit)


def warnings_of(audit: Audit) -> list[str]:
    """Return the warnings of what predicts the class and is not the picture."""
    short = audit.results.shortcuts
    warnings = [short.warning] if short else []
    warnings += [source.warning for source in audit.results.sources]
    return [warning for warning in warnings if warning]


def write_audit(out: Path, rows: Rows, figures: AuditFigures) -> None:
    """Write the tables and figures of an audit, and the file that vouches for them."""
    AUDIT_FOLDER.reopen(out)
    with writing(out):
        for name, text in csv_texts(rows).items():
            write_text(out / f"{name}.csv", text)
        write_record(out / RESULTS, figures)
    AUDIT_FOLDER.finish(out, FILES)
