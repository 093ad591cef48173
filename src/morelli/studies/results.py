"""What a study comes to: its figures, from the trials on disk, and the run of what was chosen."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from morelli.data.aside import write_text
from morelli.errors import UserError, writing
from morelli.evaluation.compare import holm, mcnemar
from morelli.evaluation.metrics import macro_f1, measure, wilson_interval
from morelli.features.weights import RANDOM
from morelli.markup import counted
from morelli.reporting.table import as_csv
from morelli.runs.folder import RUN_FOLDER, Run, open_run
from morelli.runs.heads import head_of
from morelli.runs.train import train_run
from morelli.studies import folder as folders
from morelli.studies.recipe import StudyRecipe
from morelli.studies.side_by_side import Ready, fit_settings
from morelli.studies.trials import DONE, FAILED, Head, Trial, by_rank, read_trials

Labels = npt.NDArray[np.int64]

APART = 0.05
"""The p below which a setting is said to be worse than the chosen one."""

SETTINGS = ("backbone", "dropout", "lr", "hidden", "weight_decay", "label_smoothing", "epochs")
"""The settings that a study's table shows."""


def conclude(folder: Path, recipe: StudyRecipe, ready: Ready) -> None:
    """Choose by val, test what was chosen, and write the figures.

    Raises:
        UserError: If no trial was trained to its end.
    """
    trials = read_trials(folder)
    ranked = by_rank(trials)
    if not ranked:
        first = next((each.error for each in trials if each.state == FAILED), "there is none")
        go_on = "the same command tries again"
        if recipe.search == "tpe":
            go_on = f"remove {folder} and run the same command again"
        raise UserError(f"no trial was trained to its end: {first}; {go_on}")
    best = ranked[0]
    prepared = ready(best.recipe)
    works = prepared.works
    labels = {name: works.labels[prepared.of(name)] for name in ("train", "val", "test")}
    commonest = int(np.bincount(labels["train"]).argmax())
    run = _chosen_run(folder, best, ready)
    table = settings_table(trials, best, recipe, labels, len(works.class_names))
    results: dict[str, Any] = {
        "works": {name: len(each) for name, each in labels.items()},
        "classes": len(works.class_names),
        "majority": {name: float((labels[name] == commonest).mean()) for name in ("val", "test")},
        "chosen": best.number,
        "settings": table,
        "test": _test_figures(run, best, recipe.seeds, ready),
        "cost": _costs(folder, trials),
    }
    results["conclusion"] = concluded(results, run)
    with writing(folder):
        text = json.dumps(results, indent=2, ensure_ascii=False)
        write_text(folder / folders.RESULTS, text + "\n")
        write_text(folder / folders.TABLE, as_csv(table))


def _chosen_run(folder: Path, best: Trial, ready: Ready) -> Run:
    """Return the run of the chosen setting, its first seed; it makes the study's classifier."""
    out = folder / folders.CHOSEN
    if RUN_FOLDER.is_finished(out):
        there = open_run(out)
        if there.recipe == best.recipe:
            return there
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


def settings_table(
    trials: Sequence[Trial],
    best: Trial,
    recipe: StudyRecipe,
    labels: dict[str, Labels],
    classes: int,
) -> list[dict[str, Any]]:
    """Return a row of figures for each trial, by number.

    Compared with the chosen setting on val, by their first seeds: McNemar's exact p, and the same
    after Holm's correction for all that were trained to their end.

    Args:
        trials: All that ended.
        best: The chosen one.
        recipe: The study's.
        labels: For val and test, (n,) true labels.
        classes: Number of classes.
    """
    rows = [_row(trial, best, labels, classes) for trial in trials]
    others = [each for each in rows if each["p"] is not None]
    for row, corrected in zip(others, holm([each["p"] for each in others]), strict=True):
        row["p_holm"] = corrected
    for trial, row in zip(trials, rows, strict=True):
        if recipe.rows:
            row["published"] = recipe.rows[trial.number].published
    return rows


def _row(trial: Trial, best: Trial, labels: dict[str, Labels], classes: int) -> dict[str, Any]:
    row: dict[str, Any] = {"number": trial.number, "state": trial.state}
    row |= {name: getattr(trial.recipe, name) for name in SETTINGS}
    row |= {"seeds": len(trial.heads), "p": None, "p_holm": None, "error": trial.error}
    if not trial.heads:
        return row
    row["best_epoch"] = trial.heads[0].best_epoch
    row |= _side_figures("val", labels["val"], [head.told for head in trial.heads], classes)
    row["val_loss"] = trial.val_loss
    if trial.state == DONE and trial.number != best.number:
        row["p"] = _p(best.heads[0], trial.heads[0], labels["val"])
    tested = [head.tested for head in trial.heads if head.tested is not None]
    if tested:
        row |= _side_figures("test", labels["test"], tested, classes)
    return row


def _p(best: Head, other: Head, labels: Labels) -> float:
    right, its = (np.array(each.told) == labels for each in (best, other))
    return mcnemar(int((right & ~its).sum()), int((its & ~right).sum()))


def _side_figures(
    side: str, labels: Labels, told: Sequence[Sequence[int]], classes: int
) -> dict[str, float | None]:
    """Return means over seeds, their spread, and the first seed's interval."""
    answers = [np.array(each) for each in told]
    accuracies = [float((each == labels).mean()) for each in answers]
    low, high = wilson_interval(int((answers[0] == labels).sum()), len(labels))
    return {
        f"{side}_accuracy": fmean(accuracies),
        f"{side}_spread": stdev(accuracies) if len(accuracies) > 1 else None,
        f"{side}_low": low,
        f"{side}_high": high,
        f"{side}_macro_f1": fmean(macro_f1(labels, each, classes) for each in answers),
    }


def concluded(results: dict[str, Any], run: Run) -> str:
    """Return what a study's figures say, in a paragraph.

    Args:
        results: Its figures.
        run: The run of what was chosen.
    """
    rows = results["settings"]
    best = next(row for row in rows if row["number"] == results["chosen"])
    compared = [row for row in rows if row["p_holm"] is not None]
    close = [row for row in compared if row["p_holm"] >= APART]
    test = results["test"]
    low, high = test["seeds"][0]["accuracy_interval"]
    spread = test["accuracy_spread"]
    seeds = (
        "" if spread is None else f" (mean of {len(test['seeds'])} seeds, deviation {spread:.1%})"
    )
    said = [
        f"On val the best is {best['backbone']} with dropout {best['dropout']:.3g} and learning "
        f"rate {best['lr']:.3g}: {best['val_accuracy']:.1%}.",
        f"On {counted(results['works']['test'], 'test work')} it tells {test['accuracy']:.1%} right"
        f"{seeds} (95 % interval {low:.1%} to {high:.1%}), macro-F1 {test['macro_f1']:.3f}; always "
        f"answering the commonest class gives {results['majority']['test']:.1%}.",
    ]
    if compared:
        said.append(
            f"Of {counted(len(compared), 'other setting')}, {len(close)} cannot be told from it on "
            f"{counted(results['works']['val'], 'work')} of val (McNemar's test, p {APART} or more "
            "after Holm's correction)"
            + (", so that the choice among them is open." if close else ".")
        )
    said += _by_network(best, rows)
    failed = sum(1 for row in rows if row["state"] == FAILED)
    if failed:
        said.append(f"{counted(failed, 'trial')} failed.")
    if run.about["backbone"]["origin"] == RANDOM:
        said.append("Its weights were random: this says what it costs, not how good it is.")
    return " ".join(said)


def _by_network(best: dict[str, Any], rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a sentence on the best settings of the other networks."""
    others = [row for row in best_of_networks(rows) if row["backbone"] != best["backbone"]]
    told = [
        f"{row['backbone']} {row['val_accuracy']:.1%}"
        + (" (not told apart)" if row["p_holm"] >= APART else "")
        for row in others
    ]
    return [f"Best of the other networks, on val: {', '.join(told)}."] if told else []


def best_of_networks(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the best row of each network by val, the best first."""
    done = [row for row in rows if row["state"] == DONE]
    done.sort(key=lambda row: (-row["val_accuracy"], row["val_loss"], row["number"]))
    first: dict[str, dict[str, Any]] = {}
    for row in done:
        first.setdefault(row["backbone"], row)
    return list(first.values())


def _test_figures(run: Run, best: Trial, seeds: int, ready: Ready) -> dict[str, Any]:
    """Return what the chosen setting's heads come to on test, a seed each, and their mean."""
    each = [run.metrics["test"] | {"seed": best.recipe.seed}]
    if seeds > 1:
        *_, (fits,) = fit_settings([best.recipe], seeds, ready)
        for fit in fits[1:]:
            prepared = ready(fit.recipe)
            there = prepared.of("test")
            with torch.inference_mode():
                head = head_of(prepared, fit.recipe, fit.state)
                told = head(torch.from_numpy(prepared.fixed[there])).numpy()
            labels, names = prepared.works.labels, prepared.works.class_names
            commonest = int(np.bincount(labels[prepared.of("train")]).argmax())
            measured = measure(labels[there], told, names, commonest)
            each.append(measured.as_dict() | {"seed": fit.recipe.seed})
    shown = ("seed", "accuracy", "accuracy_interval", "macro_f1", "top5_accuracy", "works")
    figures: dict[str, Any] = {"seeds": [{name: one[name] for name in shown} for one in each]}
    for name in ("accuracy", "macro_f1"):
        values = [one[name] for one in each]
        figures[name] = fmean(values)
        figures[f"{name}_spread"] = stdev(values) if len(values) > 1 else None
    return figures


def _costs(folder: Path, trials: Sequence[Trial]) -> dict[str, Any]:
    """Return seconds and works for each network, and the share of training in the whole."""
    path = folder / folders.COSTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    costs: dict[str, Any] = {}
    for said in map(json.loads, lines):
        there = costs.setdefault(said["backbone"], {"seconds_features": 0.0, "extracted": 0})
        there["seconds_features"] += said["seconds"]
        there["extracted"] += said["extracted"]
        there["weights"] = said["origin"]
    for trial in trials:
        there = costs.setdefault(trial.recipe.backbone, {"seconds_features": 0.0, "extracted": 0})
        epochs = sum(len(head.epochs) for head in trial.heads)
        there["seconds_heads"] = there.get("seconds_heads", 0.0) + trial.seconds
        there["heads"] = there.get("heads", 0) + len(trial.heads)
        there["epochs"] = there.get("epochs", 0) + epochs
    return costs
