"""The folder of a comparison.

comparison.json  which runs were compared, by path and digest; vouches for the figures
results.json     all figures
results.csv      a row for each pair
report.html      for people who would rather look than read
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from morelli._version import __version__
from morelli.comparisons.comparison import Comparison
from morelli.data.aside import write_text
from morelli.data.folders import ResultFolder
from morelli.data.records import read_record, record_text
from morelli.errors import writing
from morelli.evaluation.compare import RESAMPLES, Pair
from morelli.reporting.table import as_csv

MANIFEST = "comparison.json"
RESULTS = "results.json"
FIGURES = "results.csv"
REPORT = "report.html"

COMPARISON_FOLDER = ResultFolder(
    kind="comparison",
    manifest=MANIFEST,
    format=2,
    oldest=2,
    command="morelli compare RUN RUN --out {folder}",
    begun=MANIFEST,
    contents=frozenset({MANIFEST, RESULTS, FIGURES, REPORT}),
)
"""A comparison's folder: what it holds, and when it is finished."""


def open_comparison(folder: str | Path) -> Comparison:
    """Open a comparison that was written, and check that no file is missing or was altered.

    The runs themselves are not looked at: they may be gone.

    Raises:
        BadFolder: It says which.
    """
    folder = Path(folder)
    COMPARISON_FOLDER.read(folder)
    return replace(read_record(folder / RESULTS, Comparison), folder=folder)


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write a comparison's folder.

    What vouches for the other files comes first: if writing is stopped, it tells that they are
    not there yet, and the same command may write there again.
    """
    texts = {
        RESULTS: record_text(replace(comparison, folder=None)),
        FIGURES: _table(comparison),
    }
    about = {
        "morelli": __version__,
        "runs": [{"folder": run.folder, "digest": run.digest} for run in comparison.runs],
        "seed": comparison.seed,
        "resamples": RESAMPLES,
    }
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        COMPARISON_FOLDER.write_manifest(folder, digests, about)
        for name, text in texts.items():
            write_text(folder / name, text)


def _table(comparison: Comparison) -> str:
    """Return the figures of every pair as CSV."""
    return as_csv([_row(comparison, pair) for pair in comparison.pairs])


def _row(comparison: Comparison, pair: Pair) -> dict[str, str | int | float]:
    first, second = comparison.of(pair)
    row: dict[str, str | int | float] = {
        "first": first.name,
        "second": second.name,
        "works": comparison.works,
    }
    for name in ("accuracy", "macro_f1"):
        difference = getattr(pair, name)
        row |= {
            f"{name}_first": first.metrics.scores[name],
            f"{name}_second": second.metrics.scores[name],
            f"{name}_difference": difference.value,
            f"{name}_low": difference.low,
            f"{name}_high": difference.high,
        }
    counts = ("both", "only_first", "only_second", "neither", "p", "p_holm")
    return row | {name: getattr(pair, name) for name in counts}
