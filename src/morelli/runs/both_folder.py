"""The folder of a collection split both ways: two runs, and the figures of both."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from morelli.data.aside import write_text
from morelli.data.folders import ResultFolder
from morelli.data.records import as_json, read_record, write_record
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
class SplitFigures:
    """The figures of one way to split, on its test works.

    Attributes:
        split: "random" or "grouped".
        series: How alike works of one series are, for a grouped split; else empty.
        test_works: Number of works.
        accuracy: Share of them classified correctly.
        low: Lower end of its 95 % interval.
        high: Upper end.
        macro_f1: Mean over classes of F1.
        majority: Accuracy of always answering the commonest training class.
        groups: Number of groups that stay on one side.
        works_in_groups: Number of works in them.
        largest_group: Works in the largest.
    """

    split: str
    series: str
    test_works: int
    accuracy: float
    low: float
    high: float
    macro_f1: float
    majority: float
    groups: int
    works_in_groups: int
    largest_group: int


@dataclass(frozen=True)
class BothResults:
    """The figures of both splits.

    Attributes:
        splits: Random, grouped, and grouped by other thresholds of likeness.
        gap: Accuracy on the random split less that on the grouped one.
        gap_interval: Its 95 % interval, (low, high).
    """

    splits: tuple[SplitFigures, ...]
    gap: float
    gap_interval: tuple[float, float]


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
    results: BothResults


def open_both(folder: str | Path) -> Both:
    """Open a finished folder of both runs.

    Raises:
        BadFolder: If it is none, or was altered.
    """
    folder = Path(folder)
    BOTH_FOLDER.read(folder)
    results = read_record(folder / RESULTS, BothResults)
    return Both(folder, {way: open_run(folder / way) for way in SPLIT_WAYS}, results)


def gap_between(one: SplitFigures, other: SplitFigures) -> tuple[float, float, float]:
    """Return the difference of two accuracies and its 95 % interval (Newcombe 1998, method 10).

    The two sets of test works are taken as drawn apart, which makes it a little too wide.
    """
    gap = one.accuracy - other.accuracy
    below = math.hypot(one.accuracy - one.low, other.high - other.accuracy)
    above = math.hypot(one.high - one.accuracy, other.accuracy - other.low)
    return gap, gap - below, gap + above


def finish_both(out: Path, splits: Sequence[SplitFigures]) -> None:
    """Write the figures of splits, and the file that vouches for them."""
    gap, low, high = gap_between(splits[0], splits[1])
    with writing(out):
        write_record(out / RESULTS, BothResults(tuple(splits), gap, (low, high)))
        write_text(out / TABLE, as_csv([as_json(figures) for figures in splits]))
    BOTH_FOLDER.finish(out, (RESULTS, TABLE))
