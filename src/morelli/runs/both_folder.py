"""The folder of a collection split both ways: two runs, and the figures of both."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morelli.data.aside import write_text
from morelli.data.folders import ResultFolder
from morelli.errors import writing
from morelli.reporting.table import as_csv
from morelli.runs.folder import Run, open_run
from morelli.training.recipe import SPLIT_WAYS

MANIFEST = "both.json"
RESULTS = "results.json"
TABLE = "results.csv"
REPORT = "report.html"

BOTH_FOLDER = ResultFolder(
    kind="runs on both splits",
    manifest=MANIFEST,
    format=1,
    contents=frozenset({MANIFEST, RESULTS, TABLE, REPORT, *SPLIT_WAYS}),
    missing="{folder} holds no {kind}; train with --split both",
)
"""A folder of two runs: what it holds, and when it is finished."""


@dataclass(frozen=True)
class Both:
    """Two runs of one recipe, on a random and on a grouped split.

    Attributes:
        folder: Where they are.
        runs: By split.
        results: The figures of `results.json`.
    """

    folder: Path
    runs: Mapping[str, Run]
    results: dict[str, Any]


def open_both(folder: str | Path) -> Both:
    """Open a finished folder of both runs.

    Raises:
        BadFolder: If it is none, or was altered.
    """
    folder = Path(folder)
    BOTH_FOLDER.read(folder)
    results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    return Both(folder, {way: open_run(folder / way) for way in SPLIT_WAYS}, results)


def gap_between(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return the difference of two accuracies and its 95 % interval (Newcombe 1998, method 10).

    The two sets of test works are taken as drawn apart, which makes it a little too wide.
    """
    shares, spans = zip(
        *((each["accuracy"], (each["low"], each["high"])) for each in (one, other)), strict=True
    )
    gap = shares[0] - shares[1]
    below = math.hypot(shares[0] - spans[0][0], spans[1][1] - shares[1])
    above = math.hypot(spans[0][1] - shares[0], shares[1] - spans[1][0])
    return gap, gap - below, gap + above


def finish_both(out: Path, rows: list[dict[str, Any]]) -> None:
    """Write the figures of splits, and the file that vouches for them."""
    gap, low, high = gap_between(rows[0], rows[1])
    results = {"splits": rows, "gap": gap, "gap_interval": [low, high]}
    with writing(out):
        write_text(out / RESULTS, json.dumps(results, indent=2, ensure_ascii=False) + "\n")
        write_text(out / TABLE, as_csv(rows))
    BOTH_FOLDER.finish(out, (RESULTS, TABLE))
