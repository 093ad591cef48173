"""Runs compared on the same test works: is one better, or is it chance; where do they differ?"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from morelli.comparisons.comparison import Compared, Comparison, ShownWork
from morelli.comparisons.folder import COMPARISON_FOLDER, write_comparison
from morelli.comparisons.page import write_comparison_report
from morelli.errors import UserError
from morelli.evaluation.compare import Pair, compare_predictions, most_different
from morelli.runs.folder import Run, open_run
from morelli.runs.predictions import Floats, SharedPredictions, shared_predictions, task_of


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
        COMPARISON_FOLDER.check_others(Path(out))
    opened = [open_run(run.folder if isinstance(run, Run) else run) for run in runs]
    for first, second in combinations(opened, 2):
        _check_apart(first, second)
    comparison = _comparison(opened, None if out is None else Path(out), seed)
    if comparison.folder is not None:
        write_comparison(comparison, comparison.folder)
        write_comparison_report(comparison)
    return comparison


def _comparison(runs: Sequence[Run], out: Path | None, seed: int) -> Comparison:
    predictions = shared_predictions(runs)
    labels, classes = predictions.labels, len(predictions.class_names)
    pairs = compare_predictions(labels, predictions.predicted, classes, seed=seed)
    return Comparison(
        task=task_of(runs[0]),
        class_names=predictions.class_names,
        class_works=tuple(np.bincount(labels, minlength=classes).tolist()),
        seed=seed,
        runs=tuple(map(_compared, runs, _names(runs))),
        pairs=tuple(pairs),
        first_ahead=tuple(_ahead(predictions, pair, first=True) for pair in pairs),
        second_ahead=tuple(_ahead(predictions, pair, first=False) for pair in pairs),
        folder=out,
    )


def _check_apart(first: Run, second: Run) -> None:
    if first.folder.resolve() == second.folder.resolve():
        raise UserError(f"{second.folder} is named twice; a run cannot be compared with itself")
    if first.about.digest == second.about.digest:
        raise UserError(
            f"{second.folder} is a copy of {first.folder}; a run cannot be compared with itself"
        )


def _names(runs: Sequence[Run]) -> list[str]:
    """Return the names of the runs' folders, or their paths where two have the same name."""
    names = [run.folder.resolve().name for run in runs]
    return [
        name if names.count(name) == 1 else str(run.folder)
        for name, run in zip(names, runs, strict=True)
    ]


def _compared(run: Run, name: str) -> Compared:
    return Compared(
        name=name,
        folder=str(run.folder),
        digest=run.about.digest,
        collection=run.about.collection.folder,
        origin=run.about.backbone.origin,
        settings=run.recipe,
        metrics=run.results.test,
    )


def _ahead(predictions: SharedPredictions, pair: Pair, *, first: bool) -> tuple[ShownWork, ...]:
    """Return the works to whose true class one of a pair gave much more than the other."""
    true = predictions.true_probability
    ahead, behind = (pair.first, pair.second) if first else (pair.second, pair.first)
    return tuple(
        _shown(predictions, pair, work) for work in most_different(true[ahead], true[behind])
    )


def _shown(predictions: SharedPredictions, pair: Pair, work: int) -> ShownWork:
    names, runs = predictions.class_names, (pair.first, pair.second)
    one, other = (names[predictions.predicted[run, work]] for run in runs)
    return ShownWork(
        work_id=str(predictions.ids[work]),
        shard=int(predictions.places[work, 0]),
        row=int(predictions.places[work, 1]),
        class_name=names[predictions.labels[work]],
        predicted=(one, other),
        confidence=_of_both(predictions.confidence, runs, work),
        true_probability=_of_both(predictions.true_probability, runs, work),
    )


def _of_both(probabilities: Floats, runs: tuple[int, int], work: int) -> tuple[float, float]:
    first, second = runs
    return float(probabilities[first, work]), float(probabilities[second, work])
