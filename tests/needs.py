"""What some tests need and not every machine has: without it they are skipped, and counted.

A test says by its marker what it needs; at the end of a run one line says how many were skipped for
want of what, and how to get it. A conftest imports the hooks.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def shared_folder() -> Path:
    """Where the real paintings and weights are, on machines that have them."""
    return Path(os.environ.get("MORELLI_SHARED", ROOT.parent / "shared"))


def chromium_program() -> str | None:
    """The Chromium of this machine, if it has one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("MORELLI_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@dataclass(frozen=True)
class Need:
    """Something that tests of a marker need.

    Attributes:
        what: What it is.
        how: How to get it.
        met: Whether this machine has it.
    """

    what: str
    how: str
    met: Callable[[], bool]

    @property
    def lacking(self) -> str:
        """Why a test is skipped; how such tests are counted."""
        return f"without {self.what}"


NEEDS = {
    "browser": Need(
        "Chromium and axe-core",
        "apt-get install chromium; npm install --no-package-lock",
        lambda: chromium_program() is not None and AXE.is_file(),
    ),
    "real": Need(
        "real paintings",
        "put them in ../shared, or name their folder in MORELLI_SHARED",
        lambda: shared_folder().is_dir(),
    ),
}
"""By marker."""


def skip_what_lacks(items: list[pytest.Item]) -> None:
    """Skip the tests whose needs are not met."""
    for marker, need in NEEDS.items():
        if not need.met():
            for item in items:
                if item.get_closest_marker(marker):
                    item.add_marker(pytest.mark.skip(reason=need.lacking))


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Count what was skipped for want of something apart from other skipped tests."""
    if report.skipped and isinstance(report.longrepr, tuple):
        *_, reason = report.longrepr
        for need in NEEDS.values():
            if reason == f"Skipped: {need.lacking}":
                return need.lacking, "s", "SKIPPED"
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line how many tests were skipped for want of what, and how to get it."""
    skipped = [
        f"{len(terminalreporter.stats[need.lacking])} {need.lacking} ({need.how})"
        for need in NEEDS.values()
        if need.lacking in terminalreporter.stats
    ]
    if skipped:
        terminalreporter.write_line(f"Skipped: {', '.join(skipped)}", yellow=True)
