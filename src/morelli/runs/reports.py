"""The report of whatever a folder holds, made anew."""

from pathlib import Path

from morelli.errors import BadFolder
from morelli.runs import (
    audit,
    audit_page,
    both,
    both_page,
    comparison,
    folder,
    reproduce,
    reproduce_page,
    run_page,
    study_folder,
    study_page,
)


def write_report_of(path: str | Path) -> Path:
    """Make the report of a run, study, comparison, reproduction or audit anew; return its path.

    Args:
        path: The folder.

    Raises:
        BadFolder: If it holds none of them, or was altered.
    """
    path = Path(path)
    if (path / folder.MANIFEST).is_file():
        return run_page.write_run_report(folder.open_run(path))
    if study_folder.is_finished(path):
        return study_page.write_study_report(study_folder.open_study(path))
    if (path / reproduce.MANIFEST).is_file():
        return reproduce_page.write_reproduction_report(reproduce.open_reproduction(path))
    if (path / both.MANIFEST).is_file():
        return both_page.write_both_report(both.open_both(path))
    if (path / audit.MANIFEST).is_file():
        return audit_page.write_audit_report(audit.open_audit(path))
    if (path / comparison.MANIFEST).is_file():
        return comparison.write_comparison_report(comparison.open_comparison(path))
    raise BadFolder(
        f"{path} holds no finished run, study, comparison, reproduction or audit; "
        "train, study, compare, reproduce and audit make such folders"
    )
