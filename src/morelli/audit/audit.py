"""An audit: every check in turn, the tables and figures of what they find, and the report."""

from pathlib import Path

from morelli.audit.findings import find
from morelli.audit.folder import AUDIT_FOLDER, Audit, open_audit, write_audit
from morelli.audit.page import write_audit_report
from morelli.audit.tables import figures_of, rows_of
from morelli.data.collection import Collection, open_collection
from morelli.machine import machine_of
from morelli.progress import Progress


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
    out = Path(out)
    if not isinstance(collection, Collection):
        collection = open_collection(collection)
    AUDIT_FOLDER.claim(out)
    findings = find(
        collection,
        task,
        weights=weights,
        number_format=number_format,
        machine=machine_of(cache, workers, progress),
    )
    write_audit(out, rows_of(findings), figures_of(findings))
    finished = open_audit(out)
    write_audit_report(finished)
    return finished
