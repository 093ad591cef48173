"""The report of a run: what was asked, how right it is, where it errs, what it cost."""

from pathlib import Path
from shlex import join
from typing import Any

import numpy as np

from morelli.data.splits import SPLITS
from morelli.errors import writing
from morelli.features.weights import RANDOM
from morelli.markup import counted
from morelli.reporting.page import Block, Chart, Command, Page, Section, Table, Text
from morelli.reporting.plots import (
    Curve,
    confusion_counts,
    confusion_figure,
    curves_figure,
    svg_text,
)
from morelli.reporting.report import write_report
from morelli.runs.confidence_section import confidence_section
from morelli.runs.folder import RECIPE, REPORT, Run
from morelli.runs.predictions import SharedPredictions, shared_predictions, task_of
from morelli.runs.strangers_section import strangers_section
from morelli.runs.works_section import works_blocks

REWARDS_MEMORY = (
    "The split is random: where a collection holds copies of a work or series, part of this is "
    "memory, and on works from elsewhere it will be lower."
)


def write_run_report(run: Run) -> Path:
    """Write the report of a run into its folder and return its path."""
    path = run.folder / REPORT
    with writing(run.folder):
        write_report(path, run_page(run))
    return path


def run_page(run: Run) -> Page:
    """Return the page of a run; pictures are read from its collection."""
    classes, works, lacking = works_blocks(run)
    name = run.about["backbone"]["name"]
    return Page(
        kind="run",
        title=f"{_classes_of(run)}, told by {name}",
        asked=asked(run),
        conclusion=conclusion(run),
        sections=(
            Section("Results", (results_table(run),)),
            Section("Learning", (learning_chart(run),)),
            Section("Classes", (confusion_chart(run), *classes)),
            confidence_section(run),
            strangers_section(run),
            *((Section("Works", tuple(works)),) if works else ()),
            Section("Cost", cost_blocks(run)),
            Section("How to repeat it", (repeat(run),)),
        ),
        warnings=warnings_of(run, lacking),
    )


def _classes_of(run: Run) -> str:
    return counted(len(run.metrics["test"]["classes"]), task_of(run))


def warnings_of(run: Run, lacking: str) -> tuple[str, ...]:
    """Return what a reader of a run must not overlook."""
    random = (
        "The backbone's weights were random: nothing was learned before this collection, and "
        "accuracies say little about the network."
    )
    said = [random] if run.about["backbone"]["origin"] == RANDOM else []
    return (*said, *([lacking] if lacking else []))


def asked(run: Run) -> tuple[tuple[str, str], ...]:
    """Return what was asked, and of what data."""
    about, recipe = run.about, run.recipe
    split = about["split"]
    parts = " / ".join(f"{split[name]:,}" for name in SPLITS)
    views = counted(recipe.views, "random view") + " of each" if recipe.views else "fixed views"
    return (
        (
            "Question",
            f"Which of {_classes_of(run)} does a work belong to?",
        ),
        (
            "Collection",
            f"{about['collection']['folder']} ({_source(about['collection']['source'])})",
        ),
        ("Works", f"{parts} in train / val / test, drawn by split seed {recipe.split_seed}"),
        ("Network", f"{about['backbone']['name']}, weights: {about['backbone']['origin']}, frozen"),
        (
            "Head",
            f"{recipe.hidden} hidden, dropout {recipe.dropout:g}, learning rate {recipe.lr:g}, "
            f"batch {recipe.batch}, at most {counted(recipe.epochs, 'epoch')}, {views}",
        ),
    )


def _source(source: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in source.items())


def conclusion(run: Run) -> str:
    """Return what a run's figures say, in a paragraph."""
    test, told = run.metrics["test"], shared_predictions([run])
    low, high = test["accuracy_interval"]
    above = "above" if low > test["majority"] else "not beyond doubt above"
    return (
        f"Of {counted(test['works'], 'test work')}, {test['accuracy']:.1%} were told right (95 % "
        f"interval {low:.1%} to {high:.1%}); that is {above} the {test['majority']:.1%} of always "
        f"answering the commonest {task_of(run)}. Macro-F1, which counts each class alike, is "
        f"{test['macro_f1']:.3f}.{_confusion(told)} {_memory(run)}"
    )


def _memory(run: Run) -> str:
    if not run.recipe.split_by:
        return REWARDS_MEMORY
    return f"Works of equal {run.recipe.split_by} stay on one side of the split."


def _confusion(told: SharedPredictions) -> str:
    """Return a sentence on the pair of classes most often confused."""
    counts = confusion_counts(told.labels, told.predicted[0], len(told.class_names))
    np.fill_diagonal(counts, 0)
    if not counts.any():
        return ""
    true, answer = np.unravel_index(int(counts.argmax()), counts.shape)
    names = told.class_names
    return (
        f" The commonest mistake: {counted(int(counts.max()), 'work')} of {names[true]} told to be "
        f"of {names[answer]}."
    )


def results_table(run: Run) -> Table:
    """Return a run's figures on each split."""
    rows = []
    for name in SPLITS:
        each = run.metrics[name]
        low, high = each["accuracy_interval"]
        top5 = each["top5_accuracy"]
        row = [name, f"{each['works']:,}", f"{each['accuracy']:.4f}", f"{low:.3f} to {high:.3f}"]
        row += [f"{each['macro_f1']:.4f}", "" if top5 is None else f"{top5:.4f}"]
        rows.append((*row, f"{each['majority']:.4f}"))
    test = run.metrics["test"]
    other = test["otherwise"]
    low, high = other["accuracy_interval"]
    row = ["test, photographed otherwise", f"{test['works']:,}", f"{other['accuracy']:.4f}"]
    row += [f"{low:.3f} to {high:.3f}", f"{other['macro_f1']:.4f}", "", f"{test['majority']:.4f}"]
    rows.append(tuple(row))
    return Table(
        caption="Train, val and test",
        columns=("", "works", "accuracy", "95 % interval", "macro-F1", "top-5", "majority"),
        rows=tuple(rows),
        right=(1, 2, 3, 4, 5, 6),
        marked=(2,),
        note="Majority: accuracy of always answering the commonest class of train. The interval is "
        "Wilson's, for these works; the epoch was chosen on val, so that only test is untouched. "
        "Photographed otherwise: the same test works after changes as another camera, light and "
        "file would make; the gap shows how much hangs on how a collection was photographed.",
    )


def learning_chart(run: Run) -> Chart:
    """Return accuracy by epoch, on train and val."""
    epochs = run.epochs()
    train, val = ([each[f"{side}_accuracy"] for each in epochs] for side in ("train", "val"))
    title = "Accuracy by epoch"
    best = run.about["best_epoch"]
    described = (
        f"Over {counted(len(epochs), 'epoch')} accuracy on val goes from {val[0]:.3f} to "
        f"{val[-1]:.3f}; the best epoch is {best} with {val[best - 1]:.3f}. On train, with "
        f"dropout, it goes from {train[0]:.3f} to {train[-1]:.3f}."
    )
    curves = (Curve("val", tuple(val), marked=True), Curve("train", tuple(train), marked=True))
    figure = curves_figure(curves, "accuracy", title)
    return Chart(title, svg_text(figure, title, described), described)


def confusion_chart(run: Run) -> Chart:
    """Return the confusion matrix of test."""
    told = shared_predictions([run])
    counts = confusion_counts(told.labels, told.predicted[0], len(told.class_names))
    title = f"Confusion matrix of {counted(len(told.labels), 'test work')}"
    right = int(np.trace(counts))
    described = (
        f"Rows are true classes, columns what was told; {right:,} of {len(told.labels):,} are on "
        f"the diagonal.{_confusion(told)}"
    )
    figure = confusion_figure(counts, told.class_names, title)
    return Chart(title, svg_text(figure, title, described), described)


def cost_blocks(run: Run) -> tuple[Block, ...]:
    """Return what a run took, and what computing features once has saved."""
    about, epochs = run.about, run.epochs()
    seconds, extracted = about["seconds"], about.get("extracted", 0)
    learning, whole = sum(each["seconds"] for each in epochs), seconds["all"]
    rows = (
        ("features", f"{seconds['features']:.1f} s", f"{counted(extracted, 'work')} extracted"),
        (
            "training the head",
            f"{learning:.1f} s",
            f"{counted(len(epochs), 'epoch')}, {learning / len(epochs):.2f} s each",
        ),
        ("in all", f"{whole:.1f} s", f"training is {learning / whole:.0%} of it"),
    )
    table = Table("What it took", ("", "time", ""), rows, right=(1,))
    return table, Text((saved(run.about["split"], len(epochs), extracted, seconds["features"]),))


def saved(split: dict[str, Any], epochs: int, extracted: int, seconds: float) -> str:
    """Return a sentence on the forward passes that the cache has saved.

    Args:
        split: Number of works in train, val and test.
        epochs: Epochs trained, of all heads.
        extracted: Works pushed through the network.
        seconds: What that took.
    """
    passes = (split["train"] + split["val"]) * epochs + split["test"]
    said = (
        f"Decoding and forwarding every work anew in each epoch would be {passes:,} passes through "
        f"the network; here there were {extracted:,}"
    )
    if not extracted:
        return f"{said}, since all features were in the cache."
    rest = seconds / extracted * (passes - extracted)
    return f"{said}. At the pace of this machine that saved about {_duration(rest)}."


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def repeat(run: Run) -> Command:
    """Return the command that trains such a run again."""
    return Command("The same again", f"{again(run)} --out NEW")


def again(run: Run) -> str:
    """Return the command that trains such a run again, but for its folder."""
    unknown = run.about["unknown"]
    words = ["train", run.about["collection"]["folder"], "--recipe", str(run.folder / RECIPE)]
    return join(["morelli", *words, *(["--unknown-from", unknown] if unknown else [])])
