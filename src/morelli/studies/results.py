"""What a study comes to: settings compared on val, the best of them tested, and its run."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import numpy.typing as npt
import torch

from morelli.errors import UserError, writing
from morelli.evaluation.compare import holm, mcnemar
from morelli.evaluation.metrics import Metrics, commonest, macro_f1, measure, wilson_interval
from morelli.runs.folder import RUN_FOLDER, Run, open_run
from morelli.runs.heads import Fit, head_of
from morelli.runs.prepare import Prepared
from morelli.runs.train import train_run
from morelli.studies.conclusion import conclusion_of
from morelli.studies.costs import costs_of
from morelli.studies.figures import (
    ChosenFigures,
    SeedFigures,
    SettingFigures,
    SplitFigures,
    StudyResults,
)
from morelli.studies.folder import CHOSEN
from morelli.studies.recipe import StudyRecipe
from morelli.studies.side_by_side import Ready, fit_settings
from morelli.studies.trials import DONE, FAILED, Head, Trial, by_rank, read_trials

Labels = npt.NDArray[np.int64]


def study_results(folder: Path, recipe: StudyRecipe, ready: Ready) -> StudyResults:
    """Choose by val, test what was chosen, and return the figures of all trials.

    The run of what was chosen is left in the study's folder.

    Raises:
        UserError: If no trial was trained to its end.
    """
    trials = read_trials(folder)
    best = _best(trials, folder, recipe)
    prepared = ready(best.recipe)
    labels = {name: _labels(prepared, name) for name in ("train", "val", "test")}
    majority = commonest(_labels(prepared, "train"))
    classes = len(prepared.works.class_names)
    results = StudyResults(
        works={name: len(of_split) for name, of_split in labels.items()},
        classes=classes,
        majority={name: float((labels[name] == majority).mean()) for name in ("val", "test")},
        chosen=best.number,
        settings=tuple(setting_rows(trials, best, recipe, labels, classes)),
        test=_chosen_figures(_chosen_run(folder, best, ready), best, recipe.seeds, ready),
        cost=costs_of(folder, trials),
    )
    return replace(results, conclusion=conclusion_of(results))


def _best(trials: Sequence[Trial], folder: Path, recipe: StudyRecipe) -> Trial:
    ranked = by_rank(trials)
    if ranked:
        return ranked[0]
    reason = next((trial.error for trial in trials if trial.state == FAILED), "there is none")
    go_on = "the same command tries again"
    if recipe.search == "tpe":
        go_on = f"remove {folder} and run the same command again"
    raise UserError(f"no trial was trained to its end: {reason}; {go_on}")


def _labels(prepared: Prepared, split: str) -> Labels:
    return prepared.works.labels[prepared.of(split)]


def _chosen_run(folder: Path, best: Trial, ready: Ready) -> Run:
    """Return the run of the chosen setting, its first seed; it makes the study's classifier."""
    out = folder / CHOSEN
    if RUN_FOLDER.is_finished(out):
        run = open_run(out)
        if run.recipe == best.recipe:
            return run
        with writing(folder):
            shutil.rmtree(out)
    return train_run(
        ready.collection,
        out,
        best.recipe,
        cache=ready.machine.cache,
        workers=ready.machine.workers,
        progress=ready.machine.progress,
    )


def setting_rows(
    trials: Sequence[Trial],
    best: Trial,
    recipe: StudyRecipe,
    labels: dict[str, Labels],
    classes: int,
) -> Iterator[SettingFigures]:
    """Yield a row of figures for each trial, by number.

    Compared with the chosen setting on val, by their first seeds: McNemar's exact p, and the same
    after Holm's correction for all that were trained to their end.

    Args:
        trials: All that ended.
        best: The chosen one.
        recipe: The study's.
        labels: For val and test, (n,) true labels.
        classes: Number of classes.
    """
    others = [trial for trial in trials if trial.state == DONE and trial.number != best.number]
    p = [_p(best.heads[0], trial.heads[0], labels["val"]) for trial in others]
    numbers = [trial.number for trial in others]
    compared = dict(zip(numbers, zip(p, holm(p), strict=True), strict=True))
    for trial in trials:
        row = _row(trial, compared.get(trial.number, (None, None)), labels, classes)
        published = recipe.rows[trial.number].published if recipe.rows else None
        yield replace(row, published=published)


def _p(best: Head, other: Head, labels: Labels) -> float:
    right, its = (np.array(head.predicted) == labels for head in (best, other))
    return mcnemar(int((right & ~its).sum()), int((its & ~right).sum()))


def _row(
    trial: Trial,
    p_and_corrected: tuple[float | None, float | None],
    labels: dict[str, Labels],
    classes: int,
) -> SettingFigures:
    recipe, heads = trial.recipe, trial.heads
    p, p_holm = p_and_corrected
    row = SettingFigures(
        number=trial.number,
        state=trial.state,
        backbone=recipe.backbone,
        dropout=recipe.dropout,
        lr=recipe.lr,
        hidden=recipe.hidden,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        epochs=recipe.epochs,
        seeds=len(heads),
        p=p,
        p_holm=p_holm,
        error=trial.error,
    )
    if not heads:
        return row
    tested = [head.test_predicted for head in heads if head.test_predicted is not None]
    return replace(
        row,
        best_epoch=heads[0].best_epoch,
        val=split_figures(labels["val"], [head.predicted for head in heads], classes),
        val_loss=trial.val_loss,
        test=split_figures(labels["test"], tested, classes) if tested else None,
    )


def split_figures(labels: Labels, predicted: Iterable[Sequence[int]], classes: int) -> SplitFigures:
    """Return means over seeds, their spread, and the first seed's interval.

    Args:
        labels: (n,) true labels.
        predicted: For each seed, (n,) predicted labels.
        classes: Number of classes.
    """
    by_seed = [np.array(of_seed) for of_seed in predicted]
    accuracies = [float((of_seed == labels).mean()) for of_seed in by_seed]
    low, high = wilson_interval(int((by_seed[0] == labels).sum()), len(labels))
    return SplitFigures(
        accuracy=fmean(accuracies),
        spread=_spread(accuracies),
        low=low,
        high=high,
        macro_f1=fmean(macro_f1(labels, of_seed, classes) for of_seed in by_seed),
    )


def _spread(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _chosen_figures(run: Run, best: Trial, seeds: int, ready: Ready) -> ChosenFigures:
    """Return what the chosen setting's heads come to on test, a seed each, and their mean."""
    by_seed = [_seed_figures(best.recipe.seed, run.results.test)]
    if seeds > 1:
        *_, (fits,) = fit_settings([best.recipe], seeds, ready)
        by_seed += [
            _seed_figures(fit.recipe.seed, _measured(fit, ready(fit.recipe))) for fit in fits[1:]
        ]
    accuracies, f1 = [one.accuracy for one in by_seed], [one.macro_f1 for one in by_seed]
    return ChosenFigures(
        tuple(by_seed), fmean(accuracies), _spread(accuracies), fmean(f1), _spread(f1)
    )


def _measured(fit: Fit, prepared: Prepared) -> Metrics:
    """Return what a head comes to on test."""
    rows, names = prepared.of("test"), prepared.works.class_names
    with torch.inference_mode():
        head = head_of(prepared, fit.recipe, fit.state)
        log_probabilities = head(torch.from_numpy(prepared.fixed[rows])).numpy()
    majority = commonest(_labels(prepared, "train"))
    return measure(prepared.works.labels[rows], log_probabilities, names, majority)


def _seed_figures(seed: int, test: Metrics) -> SeedFigures:
    return SeedFigures(
        seed,
        test.accuracy,
        test.accuracy_interval,
        test.macro_f1,
        test.top5_accuracy,
        test.works,
    )
