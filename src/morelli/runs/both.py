"""A collection split both ways: what of the accuracy rests on copies and series in train.

The folder of both:

    both.json        vouches for the figures
    random/          the run on a random split
    grouped/         the run on a split that keeps copies and series together
    results.json     the figures of both, and of grouped splits by other thresholds of likeness
    results.csv      the same, a row a split
    report.html      for people who would rather look than read
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from morelli.classifier import raw_log_probabilities
from morelli.data.collection import Collection, open_collection
from morelli.data.works import Works
from morelli.evaluation.metrics import measure, wilson_interval
from morelli.machine import machine_of
from morelli.progress import Progress
from morelli.runs.both_folder import BOTH_FOLDER, Both, finish_both, open_both
from morelli.runs.both_page import write_both_report
from morelli.runs.folder import RUN_FOLDER, open_run
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
    tried = unknown.folder if isinstance(unknown, Collection) else unknown
    strangers = None if tried is None else str(Path(tried).resolve())
    rows = []
    for way in SPLIT_WAYS:
        own = replace(recipe, split=way)
        folder = out / way
        there = open_run(folder) if RUN_FOLDER.is_finished(folder) else None
        if there is None or (there.recipe, there.about["unknown"]) != (own, strangers):
            machine.progress.note(f"A {way} split")
            train_run(
                collection,
                folder,
                own,
                unknown=unknown,
                cache=cache,
                workers=workers,
                progress=progress,
            )
        works, _ = dealt(collection, own, machine)
        rows.append(_row(way, own.series, works, open_run(folder).metrics["test"]))
    for series in SERIES:
        if series != recipe.series:
            own = replace(recipe, split="grouped", series=series)
            prepared = prepare(collection, own, machine)
            rows.append(_row("grouped", series, prepared.works, _test_figures(prepared, own)))
    finish_both(out, rows)
    found = open_both(out)
    write_both_report(found)
    return found


def _row(way: str, series: str, works: Works, figures: Mapping[str, Any]) -> dict[str, Any]:
    names, counts = np.unique(works.groups, return_counts=True)
    sizes = counts[names != ""]
    right = round(figures["accuracy"] * figures["works"])
    low, high = wilson_interval(right, figures["works"])
    return {
        "split": way,
        "series": series if way == "grouped" else "",
        "test_works": figures["works"],
        "accuracy": figures["accuracy"],
        "low": low,
        "high": high,
        "macro_f1": figures["macro_f1"],
        "majority": figures["majority"],
        "groups": len(sizes),
        "works_in_groups": int(sizes.sum()),
        "largest_group": int(sizes.max(initial=0)),
    }


def _test_figures(prepared: Prepared, recipe: Recipe) -> dict[str, Any]:
    """Train a head and measure it on test, without a run."""
    head, _ = fit_head(prepared, recipe)
    test, labels = prepared.of("test"), prepared.works.labels
    told = raw_log_probabilities(head, prepared.fixed[test])
    commonest = int(np.bincount(labels[prepared.of("train")]).argmax())
    return measure(labels[test], told, prepared.works.class_names, commonest).as_dict()
