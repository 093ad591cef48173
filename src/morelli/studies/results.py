"""What a study comes to: settings compared on val, the best of them tested, and its run."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import stdev

import numpy as np
import numpy.typing as npt

from morelli.errors import UserError, writing
from morelli.evaluation.compare import holm, mcnemar
from morelli.evaluation.metrics import commonest, wilson_interval
from morelli.runs.folder import RUN_FOLDER, Run, open_run
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
    means_of,
)
from morelli.studies.folder import CHOSEN
from morelli.studies.recipe import StudyRecipe
from morelli.studies.side_by_side import Ready, fit_settings, measured
from morelli.studies.trials import DONE, FAILED, Head, Predicted, Trial, by_rank, read_trials

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
    results = StudyResults(
        works={name: len(of_split) for name, of_split in labels.items()},
        classes=len(prepared.works.class_names),
        majority={name: float((labels[name] == majority).mean()) for name in ("val", "test")},
        chosen=best.number,
        settings=tuple(setting_rows(trials, best, recipe, labels)),
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
) -> Iterator[SettingFigures]:
    """Yield a row of figures for each trial, by number.

    Compared with the chosen setting on val, by their first seeds: McNemar's exact p, and the same
    after Holm's correction for all that were trained to their end.

    Args:
        trials: All that ended.
        best: The chosen one.
        recipe: The study's.
        labels: For val and test, (n,) true labels.
    """
    others = [trial for trial in trials if trial.state == DONE and trial.number != best.number]
    p = [_p(best.heads[0], trial.heads[0], labels["val"]) for trial in others]
    numbers = [trial.number for trial in others]
    compared = dict(zip(numbers, zip(p, holm(p), strict=True), strict=True))
    for trial in trials:
        row = _row(trial, compared.get(trial.number, (None, None)), labels)
        published = recipe.rows[trial.number].published if recipe.rows else None
        yield replace(row, published=published)


def _p(best: Head, other: Head, labels: Labels) -> float:
    right, its = (np.array(head.val.labels) == labels for head in (best, other))
    return mcnemar(int((right & ~its).sum()), int((its & ~right).sum()))


def _row(
    trial: Trial,
    p_and_corrected: tuple[float | None, float | None],
    labels: dict[str, Labels],
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
    tested = [head.test for head in heads if head.test is not None]
    return replace(
        row,
        best_epoch=heads[0].best_epoch,
        val=split_figures(labels["val"], [head.val for head in heads]),
        val_loss=trial.val_loss,
        test=split_figures(labels["test"], tested) if tested else None,
    )


def split_figures(labels: Labels, by_seed: Sequence[Predicted]) -> SplitFigures:
    """Return means over seeds, their spread, and the first seed's interval.

    Args:
        labels: (n,) true labels.
        by_seed: What the head of each seed predicts.
    """
    accuracies = [predicted.scores["accuracy"] for predicted in by_seed]
    right = np.array(by_seed[0].labels) == labels
    low, high = wilson_interval(int(right.sum()), len(labels))
    return SplitFigures(
        scores=means_of([predicted.scores for predicted in by_seed]),
        spread=stdev(accuracies) if len(accuracies) > 1 else None,
        low=low,
        high=high,
    )


def _chosen_figures(run: Run, best: Trial, seeds: int, ready: Ready) -> ChosenFigures:
    """Return what the chosen setting's heads come to on test, a seed each."""
    by_seed = [SeedFigures(best.recipe.seed, run.results.test)]
    if seeds > 1:
        *_, (fits,) = fit_settings([best.recipe], seeds, ready)
        for fit in fits[1:]:
            metrics, _ = measured(fit, ready(fit.recipe), "test")
            by_seed.append(SeedFigures(fit.recipe.seed, metrics))
    return ChosenFigures(tuple(by_seed))
