"""The report of whatever a folder holds, made anew."""

from pathlib import Path

from morelli.audit import folder as audits
from morelli.audit import page as audit_page
from morelli.comparisons import compare as comparisons
from morelli.errors import BadFolder
from morelli.runs import both_folder, both_page
from morelli.runs import folder as runs
from morelli.runs import page as run_page
from morelli.studies import folder as studies
from morelli.studies import page as study_page
from morelli.studies import reproduction, reproduction_page


def write_report_of(path: str | Path) -> Path:
    """Make the report of a run, study, comparison, reproduction or audit anew; return its path.

    Args:
        path: The folder.

    Raises:
        BadFolder: If it holds none of them, or was altered.
    """
    path = Path(path)
    if (path / runs.MANIFEST).is_file():
        return run_page.write_run_report(runs.open_run(path))
    if studies.is_finished(path):
        return study_page.write_study_report(studies.open_study(path))
    if (path / reproduction.MANIFEST).is_file():
        return reproduction_page.write_reproduction_report(reproduction.open_reproduction(path))
    if (path / both_folder.MANIFEST).is_file():
        return both_page.write_both_report(both_folder.open_both(path))
    if (path / audits.MANIFEST).is_file():
        return audit_page.write_audit_report(audits.open_audit(path))
    if (path / comparisons.MANIFEST).is_file():
        return comparisons.write_comparison_report(comparisons.open_comparison(path))
    raise BadFolder(
        f"{path} holds no finished run, study, comparison, reproduction or audit; "
        "train, study, compare, reproduce and audit make such folders"
    )
