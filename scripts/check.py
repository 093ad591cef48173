"""Run every check: format, lint, types, imports, the house, tests with coverage. Stops at none."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "imports": ["lint-imports"],
    "house": ["python", "scripts/house.py"],
    "tests": [
        "pytest",
        "--numprocesses=logical",
        "--maxprocesses=4",  # each takes up to 3 GB of memory
        "--dist=worksteal",
        "--cov",
        "--cov-report=term",
    ],
}
"""What is run, from this Python's own environment; the tests last, for theirs is the last word."""


def main() -> int:
    """Run the checks, or those named as arguments, and return 0 if all passed."""
    failed = []
    for name in sys.argv[1:] or CHECKS:
        print(f"== {name}", flush=True)
        program, *options = CHECKS[name]
        command = [Path(sys.executable).parent / program, *options]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
