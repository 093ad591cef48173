"""The report of whatever a folder holds, made anew."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from morelli.audit.folder import AUDIT_FOLDER, open_audit
from morelli.audit.page import write_audit_report
from morelli.comparisons.folder import COMPARISON_FOLDER, open_comparison
from morelli.comparisons.page import write_comparison_report
from morelli.data.folders import ResultFolder
from morelli.errors import BadFolder
from morelli.runs.both_folder import BOTH_FOLDER, open_both
from morelli.runs.both_page import write_both_report
from morelli.runs.folder import RUN_FOLDER, open_run
from morelli.runs.page import write_run_report
from morelli.studies.folder import STUDY_FOLDER, open_study
from morelli.studies.page import write_study_report
from morelli.studies.reproduction import REPRODUCTION_FOLDER, open_reproduction
from morelli.studies.reproduction_page import write_reproduction_report

Opened = TypeVar("Opened")


def _anew(
    open_folder: Callable[[Path], Opened], write_report: Callable[[Opened], Path]
) -> Callable[[Path], Path]:
    return lambda folder: write_report(open_folder(folder))


REPORTS: dict[ResultFolder, Callable[[Path], Path]] = {
    RUN_FOLDER: _anew(open_run, write_run_report),
    STUDY_FOLDER: _anew(open_study, write_study_report),
    REPRODUCTION_FOLDER: _anew(open_reproduction, write_reproduction_report),
    BOTH_FOLDER: _anew(open_both, write_both_report),
    AUDIT_FOLDER: _anew(open_audit, write_audit_report),
    COMPARISON_FOLDER: _anew(open_comparison, write_comparison_report),
}
"""For each kind of folder, what makes its report anew and returns the report's path."""


def write_report_of(path: str | Path) -> Path:
    """Make the report of a run, study, comparison, reproduction or audit anew; return its path.

    Args:
        path: The folder.

    Raises:
        BadFolder: If it holds none of them, or was altered.
    """
    path = Path(path)
    for kind, write_report in REPORTS.items():
        if kind.is_finished(path):
            return write_report(path)
    raise BadFolder(
        f"{path} holds no finished run, study, comparison, reproduction or audit; "
        "train, study, compare, reproduce and audit make such folders"
    )
