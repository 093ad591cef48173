"""A collection split both ways: what of the accuracy rests on copies and series in train.

The folder of both:

    both.json        vouches for the figures
    random/          the run on a random split
    grouped/         the run on a split that keeps copies and series together
    results.json     the figures of both, and of grouped splits by other thresholds of likeness
    results.csv      the same, a row a split
    report.html      for people who would rather look than read
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from morelli.classifier import raw_log_probabilities
from morelli.data.collection import Collection, open_collection
from morelli.data.works import Works
from morelli.evaluation.metrics import Metrics, commonest, measure, wilson_interval
from morelli.machine import Machine, machine_of
from morelli.progress import Progress
from morelli.runs.both_folder import BOTH_FOLDER, Both, SplitFigures, finish_both, open_both
from morelli.runs.both_page import write_both_report
from morelli.runs.folder import RUN_FOLDER, Run, open_run
from morelli.runs.heads import fit_head
from morelli.runs.prepare import Prepared, dealt, prepare
from morelli.runs.train import train_run
from morelli.training.recipe import SERIES, SPLIT_WAYS, Recipe


def train_both(
    collection: str | Path | Collection,
    out: str | Path,
    recipe: Recipe | None = None,
    *,
    unknown: str | Path | Collection | None = None,
    cache: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Both:
    """Train on a random and on a grouped split, and say what the gap between them is.

    Arguments and errors are those of `train_run`; `out` holds both runs. Killed, it goes on with
    the run that was not finished; finished runs that were made otherwise are refused.
    """
    recipe, out, machine = recipe or Recipe(), Path(out), machine_of(cache, workers, progress)
    if not isinstance(collection, Collection):
        collection = open_collection(collection)
    BOTH_FOLDER.claim(out)
    BOTH_FOLDER.reopen(out)
    splits = []
    for way in SPLIT_WAYS:
        own = replace(recipe, split=way)
        run = _run_on(collection, out / way, own, unknown, machine)
        works, _ = dealt(collection, own, machine)
        splits.append(_figures(way, own.series, works, run.metrics["test"]))
    for series in SERIES:
        if series != recipe.series:
            own = replace(recipe, split="grouped", series=series)
            prepared = prepare(collection, own, machine)
            splits.append(_figures("grouped", series, prepared.works, _measured(prepared, own)))
    finish_both(out, splits)
    both = open_both(out)
    write_both_report(both)
    return both


def _run_on(
    collection: Collection,
    folder: Path,
    recipe: Recipe,
    unknown: str | Path | Collection | None,
    machine: Machine,
) -> Run:
    """Return the run on one split, trained unless it is there."""
    run = open_run(folder) if RUN_FOLDER.is_finished(folder) else None
    tried = unknown.folder if isinstance(unknown, Collection) else unknown
    strangers = None if tried is None else str(Path(tried).resolve())
    if run is not None and (run.recipe, run.about.unknown) == (recipe, strangers):
        return run
    machine.progress.note(f"A {recipe.split} split")
    return train_run(
        collection,
        folder,
        recipe,
        unknown=unknown,
        cache=machine.cache,
        workers=machine.workers,
        progress=machine.progress,
    )


def _figures(way: str, series: str, works: Works, test: Metrics) -> SplitFigures:
    names, counts = np.unique(works.groups, return_counts=True)
    sizes = counts[names != ""]
    low, high = wilson_interval(round(test.accuracy * test.works), test.works)
    return SplitFigures(
        split=way,
        series=series if way == "grouped" else "",
        test_works=test.works,
        accuracy=test.accuracy,
        low=low,
        high=high,
        macro_f1=test.macro_f1,
        majority=test.majority,
        groups=len(sizes),
        works_in_groups=int(sizes.sum()),
        largest_group=int(sizes.max(initial=0)),
    )


def _measured(prepared: Prepared, recipe: Recipe) -> Metrics:
    """Train a head and measure it on test, without a run."""
    head, _ = fit_head(prepared, recipe)
    test, labels = prepared.of("test"), prepared.works.labels
    log_probabilities = raw_log_probabilities(head, prepared.fixed[test])
    majority = commonest(labels[prepared.of("train")])
    return measure(labels[test], log_probabilities, prepared.works.class_names, majority)
