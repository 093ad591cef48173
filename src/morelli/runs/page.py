"""The report of a run: what was asked, how right it is, where it errs, what it cost."""

from collections.abc import Sequence
from pathlib import Path
from shlex import join

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
from morelli.runs.figures import figure_cells, figure_columns
from morelli.runs.folder import RECIPE, REPORT, Run
from morelli.runs.heads import epochs_of, mean_epoch
from morelli.runs.predictions import SharedPredictions, shared_predictions, task_of
from morelli.runs.strangers_section import strangers_section
from morelli.runs.works_section import works_blocks
from morelli.training.loop import Epoch
from morelli.training.recipe import Recipe

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
    name = run.about.backbone.name
    return Page(
        kind="run",
        title=f"{_classes_of(run)}, classified by {name}",
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
    return counted(len(run.results.test.classes), task_of(run))


def warnings_of(run: Run, lacking: str) -> tuple[str, ...]:
    """Return what a reader of a run must not overlook."""
    random = (
        "The backbone's weights were random: nothing was learned before this collection, and "
        "accuracies say little about the network."
    )
    warnings = [random] if run.about.backbone.origin == RANDOM else []
    return (*warnings, *([lacking] if lacking else []))


def asked(run: Run) -> tuple[tuple[str, str], ...]:
    """Return what was asked, and of what data."""
    about, recipe = run.about, run.recipe
    parts = " / ".join(f"{about.split[name]:,}" for name in SPLITS)
    return (
        (
            "Question",
            f"Which of {_classes_of(run)} does a work belong to?",
        ),
        (
            "Collection",
            f"{about.collection.folder} ({_source(about.collection.source)})",
        ),
        (
            "Works",
            f"{parts} in train / val / test, a {recipe.split} split by seed {recipe.split_seed}",
        ),
        ("Network", f"{about.backbone.name}, weights: {about.backbone.origin}, frozen"),
        _heads(recipe),
    )


def _source(source: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in source.items())


def _heads(recipe: Recipe) -> tuple[str, str]:
    """Return how the heads of a run are called, and their settings."""
    views = counted(recipe.views, "random view") + " of each" if recipe.views else "fixed views"
    settings = (
        f"{recipe.hidden} hidden, dropout {recipe.dropout:g}, learning rate {recipe.lr:g}, "
        f"batch {recipe.batch}, at most {counted(recipe.epochs, 'epoch')}, {views}"
    )
    if recipe.heads == 1:
        return "Head", settings
    return f"{recipe.heads} heads", f"each {settings}; they answer by their mean probabilities"


def conclusion(run: Run) -> str:
    """Return what a run's figures say, in a paragraph."""
    test = run.results.test
    low, high = test.accuracy_interval
    above = "above" if low > test.majority else "not beyond doubt above"
    return (
        f"Of {counted(test.works, 'test work')}, {test.accuracy:.1%} were classified correctly "
        f"(95 % interval {low:.1%} to {high:.1%}); that is {above} the {test.majority:.1%} of "
        f"always answering the commonest {task_of(run)}. Macro-F1, which counts each class alike, "
        f"is {test.macro_f1:.3f}.{_confusion(shared_predictions([run]))} {_memory(run.recipe)}"
    )


def _memory(recipe: Recipe) -> str:
    """Return what the split keeps together, or that a random one rewards memory."""
    kept = ["copies of a work and works of one series"] if recipe.split == "grouped" else []
    kept += [f"works of equal {recipe.split_by}"] if recipe.split_by else []
    if not kept:
        return REWARDS_MEMORY
    together = " and ".join(kept)
    return f"The split is {recipe.split}: {together} stay on one side of it."


def _confusion(predictions: SharedPredictions) -> str:
    """Return a sentence on the pair of classes most often confused."""
    names = predictions.class_names
    counts = confusion_counts(predictions.labels, predictions.predicted[0], len(names))
    np.fill_diagonal(counts, 0)
    if not counts.any():
        return ""
    true, predicted = np.unravel_index(int(counts.argmax()), counts.shape)
    return (
        f" The commonest mistake: {counted(int(counts.max()), 'work')} of {names[true]} classified "
        f"as {names[predicted]}."
    )


def results_table(run: Run) -> Table:
    """Return a run's figures on each split."""
    return Table(
        caption="Train, val and test",
        columns=figure_columns(),
        rows=tuple(figure_cells(run)),
        right=tuple(range(1, len(figure_columns()))),
        marked=(2,),
        note="Majority: accuracy of always answering the commonest class of train. The interval is "
        "Wilson's, for these works; the epoch was chosen on val, so that only test is untouched. "
        "Photographed otherwise: the same test works after changes as another camera, light and "
        "file would make; the gap shows how much hangs on how a collection was photographed.",
    )


def learning_chart(run: Run) -> Chart:
    """Return accuracy by epoch, on train and val; of several heads the mean and the spread."""
    heads = run.epochs()
    several = len(heads) > 1
    title = f"Accuracy by epoch, mean of {len(heads)} heads" if several else "Accuracy by epoch"
    rounds, means = epochs_of(heads), [mean_epoch(epochs) for epochs in epochs_of(heads)]
    val = tuple(epoch.val_accuracy for epoch in means)
    train = tuple(epoch.train_accuracy for epoch in means)
    curves = [Curve("val", val, marked=True), Curve("train", train, marked=True)]
    if several:
        lowest = tuple(min(epoch.val_accuracy for epoch in epochs) for epochs in rounds)
        highest = tuple(max(epoch.val_accuracy for epoch in epochs) for epochs in rounds)
        curves += [Curve("val, lowest head", lowest), Curve("val, highest head", highest)]
    described = (
        f"Over {counted(len(rounds), 'epoch')} accuracy on val goes from {val[0]:.3f} to "
        f"{val[-1]:.3f}; {_best(run, heads)}. On train, with dropout, it goes from {train[0]:.3f} "
        f"to {train[-1]:.3f}."
    )
    figure = curves_figure(curves, "accuracy", title)
    return Chart(title, svg_text(figure, title, described), described)


def _best(run: Run, heads: Sequence[Sequence[Epoch]]) -> str:
    """Return a clause on the epoch at which each head was kept."""
    best = run.about.best_epochs
    accuracies = [
        head[number - 1].val_accuracy for head, number in zip(heads, best, strict=True) if number
    ]
    if not accuracies:
        return "no epoch was kept"
    if len(heads) == 1:
        return f"the best epoch is {best[0]} with {accuracies[0]:.3f}"
    return (
        f"the heads are best at epochs {', '.join(map(str, best))} with {min(accuracies):.3f} to "
        f"{max(accuracies):.3f}"
    )


def confusion_chart(run: Run) -> Chart:
    """Return the confusion matrix of test."""
    predictions = shared_predictions([run])
    names, works = predictions.class_names, len(predictions.labels)
    counts = confusion_counts(predictions.labels, predictions.predicted[0], len(names))
    title = f"Confusion matrix of {counted(works, 'test work')}"
    described = (
        f"Rows are true classes, columns predicted ones; {int(np.trace(counts)):,} of {works:,} "
        f"are on the diagonal.{_confusion(predictions)}"
    )
    figure = confusion_figure(counts, names, title)
    return Chart(title, svg_text(figure, title, described), described)


def cost_blocks(run: Run) -> tuple[Block, ...]:
    """Return what a run took, and what computing features once has saved."""
    seconds, extracted = run.about.seconds, run.about.extracted
    heads = run.epochs()
    rounds = max(map(len, heads))
    trained = "the head" if len(heads) == 1 else f"{len(heads)} heads"
    rows = (
        ("features", f"{seconds.features:.1f} s", f"{counted(extracted, 'work')} extracted"),
        (
            f"training {trained}",
            f"{seconds.training:.1f} s",
            f"{counted(rounds, 'epoch')}, {seconds.training / rounds:.2f} s each",
        ),
        (
            "in all",
            f"{seconds.all:.1f} s",
            f"training is {seconds.training / seconds.all:.0%} of it",
        ),
    )
    table = Table("What it took", ("", "time", ""), rows, right=(1,))
    return table, Text((saved(run.about.split, rounds, extracted, seconds.features),))


def saved(split: dict[str, int], epochs: int, extracted: int, seconds: float) -> str:
    """Return a sentence on the forward passes that the cache has saved.

    Args:
        split: Number of works in train, val and test.
        epochs: Epochs trained.
        extracted: Works pushed through the network.
        seconds: What that took.
    """
    passes = (split["train"] + split["val"]) * epochs + split["test"]
    passed = (
        f"Decoding and forwarding every work anew in each epoch would be {passes:,} passes through "
        f"the network; here there were {extracted:,}"
    )
    if not extracted:
        return f"{passed}, since all features were in the cache."
    rest = seconds / extracted * (passes - extracted)
    return f"{passed}. At the pace of this machine that saved about {_duration(rest)}."


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def repeat(run: Run) -> Command:
    """Return the command that trains such a run again."""
    return Command("The same again", f"{again(run)} --out NEW")


def again(run: Run) -> str:
    """Return the command that trains such a run again, but for its folder."""
    unknown = run.about.unknown
    words = ["train", run.about.collection.folder, "--recipe", str(run.folder / RECIPE)]
    return join(["morelli", *words, *(["--unknown-from", unknown] if unknown else [])])
