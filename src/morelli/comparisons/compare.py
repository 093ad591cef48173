"""Runs compared on the same test works: is one better, or is it chance, and where do they differ?

A comparison's folder:

    comparison.json  which runs were compared, by path and digest; vouches for the figures
    results.json     all that was found
    results.csv      a row for each pair
    report.html      for people who would rather look than read
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from morelli._version import __version__
from morelli.comparisons.comparison import Compared, Comparison, ShownWork, comparison_from
from morelli.comparisons.page import comparison_page
from morelli.data.aside import sweep, write_text
from morelli.data.signed import read_signed, write_signed
from morelli.errors import BadFolder, UserError, holds_other, writing
from morelli.evaluation.compare import RESAMPLES, Pair, compare_told, most_different
from morelli.reporting.report import write_report
from morelli.reporting.table import as_csv
from morelli.runs.folder import Run, open_run
from morelli.runs.predictions import Told, task_of, told_together

FORMAT = 1
MANIFEST = "comparison.json"
RESULTS = "results.json"
FIGURES = "results.csv"
REPORT = "report.html"

KNOWN = frozenset({MANIFEST, RESULTS, FIGURES, REPORT})
"""All that a comparison's folder holds."""


def compare(
    runs: Sequence[str | Path | Run], out: str | Path | None = None, *, seed: int = 0
) -> Comparison:
    """Compare finished runs on their test works, which must be the same.

    Args:
        runs: Two or more, or their folders.
        out: Folder for the figures and a report, new, empty or of an earlier comparison; by
            default nothing is written.
        seed: Draws the resamples behind the intervals.

    Raises:
        UserError: If fewer than two are given, one twice, or runs of other works or classes.
        BadFolder: If a run is not whole, or `out` cannot be used.
    """
    if len(runs) < 2:
        raise UserError("there is nothing to compare; name two runs or more")
    if seed < 0:
        raise UserError(f"seed is {seed}; it must be 0 or more")
    if out is not None:
        _check_out(Path(out))
    opened = [open_run(run.folder if isinstance(run, Run) else run) for run in runs]
    for first, second in combinations(opened, 2):
        _check_apart(first, second)
    comparison = _comparison(opened, None if out is None else Path(out), seed)
    if comparison.folder is not None:
        _write(comparison, comparison.folder)
    return comparison


def _comparison(runs: Sequence[Run], out: Path | None, seed: int) -> Comparison:
    told = told_together(runs)
    classes = len(told.class_names)
    pairs = compare_told(told.labels, told.told, classes, seed=seed)
    return Comparison(
        task=task_of(runs[0]),
        class_names=told.class_names,
        class_works=tuple(np.bincount(told.labels, minlength=classes).tolist()),
        seed=seed,
        runs=tuple(map(_compared, runs, _names(runs))),
        pairs=tuple(pairs),
        first_ahead=tuple(_ahead(told, pair, first=True) for pair in pairs),
        second_ahead=tuple(_ahead(told, pair, first=False) for pair in pairs),
        folder=out,
    )


def open_comparison(folder: str | Path) -> Comparison:
    """Open a comparison that was written, and check that no file is missing or was altered.

    The runs themselves are not looked at: they may be gone.

    Raises:
        BadFolder: It says which.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise BadFolder(
            f"{folder} holds no comparison (it has no {MANIFEST}); "
            f"make one with: morelli compare RUN RUN --out {folder}"
        )
    read_signed(folder / MANIFEST, FORMAT)
    return comparison_from(json.loads((folder / RESULTS).read_text(encoding="utf-8")), folder)


def _check_apart(first: Run, second: Run) -> None:
    if first.folder.resolve() == second.folder.resolve():
        raise UserError(f"{second.folder} is named twice; a run cannot be compared with itself")
    if first.about["digest"] == second.about["digest"]:
        raise UserError(
            f"{second.folder} is a copy of {first.folder}; a run cannot be compared with itself"
        )


def _check_out(folder: Path) -> None:
    """Refuse a folder that holds something else than a comparison."""
    with writing(folder):
        if not folder.exists():
            return
        sweep(folder)
        there = {path.name for path in folder.iterdir()}
    strange = there - KNOWN
    if strange or (there and MANIFEST not in there):
        raise holds_other(folder, strange or there)


def _names(runs: Sequence[Run]) -> list[str]:
    """Return the names of the runs' folders, or their paths where two have the same name."""
    names = [run.folder.resolve().name for run in runs]
    return [
        name if names.count(name) == 1 else str(run.folder)
        for name, run in zip(names, runs, strict=True)
    ]


def _compared(run: Run, name: str) -> Compared:
    test = run.metrics["test"]
    return Compared(
        name=name,
        folder=str(run.folder),
        digest=run.about["digest"],
        collection=run.about["collection"]["folder"],
        origin=run.about["backbone"]["origin"],
        settings=run.recipe.as_dict(),
        accuracy=test["accuracy"],
        accuracy_interval=tuple(test["accuracy_interval"]),
        macro_f1=test["macro_f1"],
        majority=test["majority"],
    )


def _ahead(told: Told, pair: Pair, *, first: bool) -> tuple[ShownWork, ...]:
    """Return the works to whose true class one of a pair gave much more than the other."""
    one, other = pair.first, pair.second
    ahead, behind = (one, other) if first else (other, one)
    return tuple(
        ShownWork(
            work_id=str(told.ids[work]),
            shard=int(told.places[work, 0]),
            row=int(told.places[work, 1]),
            class_name=told.class_names[told.labels[work]],
            told=(told.class_names[told.told[one, work]], told.class_names[told.told[other, work]]),
            sure=(float(told.sure[one, work]), float(told.sure[other, work])),
            true=(float(told.true[one, work]), float(told.true[other, work])),
        )
        for work in most_different(told.true[ahead], told.true[behind])
    )


def _write(comparison: Comparison, folder: Path) -> None:
    """Write a comparison's folder.

    What vouches for the other files comes first: if writing is stopped, it tells that they are
    not there yet, and the same command may write there again.
    """
    texts = {
        RESULTS: json.dumps(comparison.as_dict(), indent=2, ensure_ascii=False) + "\n",
        FIGURES: _table(comparison),
    }
    said: dict[str, Any] = {
        "format": FORMAT,
        "morelli": __version__,
        "runs": [{"folder": run.folder, "digest": run.digest} for run in comparison.runs],
        "seed": comparison.seed,
        "resamples": RESAMPLES,
        "files": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()},
    }
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_signed(folder / MANIFEST, said)
        for name, text in texts.items():
            write_text(folder / name, text)
    write_comparison_report(replace(comparison, folder=folder))


def write_comparison_report(comparison: Comparison) -> Path:
    """Write the report of a comparison into its folder and return its path."""
    if comparison.folder is None:
        raise UserError("this comparison has no folder; give compare one for its report")
    path = comparison.folder / REPORT
    with writing(comparison.folder):
        write_report(path, comparison_page(comparison))
    return path


def _table(comparison: Comparison) -> str:
    """Return the figures of every pair as CSV."""
    return as_csv([_row(comparison, pair) for pair in comparison.pairs])


def _row(comparison: Comparison, pair: Pair) -> dict[str, Any]:
    first, second = comparison.of(pair)
    row: dict[str, Any] = {
        "first": first.name,
        "second": second.name,
        "works": comparison.works,
    }
    for name in ("accuracy", "macro_f1"):
        found = getattr(pair, name)
        row[f"{name}_first"] = getattr(first, name)
        row[f"{name}_second"] = getattr(second, name)
        row[f"{name}_difference"] = found.value
        row[f"{name}_low"], row[f"{name}_high"] = found.low, found.high
    counts = {
        name: getattr(pair, name) for name in ("both", "only_first", "only_second", "neither")
    }
    return row | counts | {"p": pair.p, "p_holm": pair.p_holm}
