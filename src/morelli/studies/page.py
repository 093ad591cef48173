"""The report of a study: which setting was chosen, what speaks for it, and what it cost."""

import json
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from morelli.data.pictures import pictures_of
from morelli.errors import UserError, writing
from morelli.features.weights import RANDOM
from morelli.markup import counted
from morelli.reporting.page import (
    Block,
    Chart,
    Command,
    Gallery,
    Page,
    Picture,
    Section,
)
from morelli.reporting.plots import (
    Curve,
    Interval,
    Reference,
    curves_figure,
    intervals_figure,
    svg_text,
)
from morelli.reporting.report import write_report
from morelli.reporting.thumbnails import thumbnail
from morelli.runs.folder import PREDICTIONS
from morelli.runs.page import confusion_chart
from morelli.runs.predictions import task_of
from morelli.runs.works_section import SHOWN, works_blocks
from morelli.studies.figures import best_of_networks
from morelli.studies.folder import RECIPE, REPORT, Study
from morelli.studies.tables import (
    chosen_table,
    cost_blocks,
    published_blocks,
    settings_table,
)
from morelli.studies.trials import Trial, by_rank

NAMED = 6
"""Settings that a figure of learning curves names."""


def write_study_report(study: Study) -> Path:
    """Write the report of a study into its folder and return its path."""
    path = study.folder / REPORT
    with writing(study.folder):
        write_report(path, study_page(study))
    return path


def study_page(study: Study) -> Page:
    """Return the page of a study; pictures are read from its collection."""
    trials, chosen = study.trials(), study.chosen
    classes, works, lacking = works_blocks(chosen)
    hardest = _hardest(study, trials) if works else []
    return Page(
        kind="study",
        title=_title(study),
        asked=_asked(study),
        conclusion=study.conclusion,
        sections=(
            Section(
                "Settings",
                (settings_table(study), *_networks(study), *published_blocks(study)),
            ),
            Section("What was chosen, on test", (chosen_table(study),)),
            Section("Learning", _curves(trials)),
            Section("Classes", (confusion_chart(chosen), *classes)),
            *((Section("Works", (*works, *hardest)),) if works else ()),
            Section("Cost", cost_blocks(study)),
            Section("How to repeat it", (_repeat(study),)),
        ),
        warnings=(*_random(study), *([lacking] if lacking else [])),
    )


def _title(study: Study) -> str:
    rows, classes = study.results.settings, study.results.classes
    networks = len({row.backbone for row in rows})
    tried = f"{counted(networks, 'network')}, {counted(len(rows), 'setting')}"
    return f"{counted(classes, task_of(study.chosen))}: {tried}"


def _random(study: Study) -> list[str]:
    names = [name for name, cost in study.results.cost.items() if cost.weights == RANDOM]
    if not names:
        return []
    return [
        f"The weights of {', '.join(names)} were random: this study says what the networks cost, "
        "not how good they are."
    ]


def _asked(study: Study) -> tuple[tuple[str, str], ...]:
    recipe, works = study.recipe, study.results.works
    parts = " / ".join(f"{works[name]:,}" for name in ("train", "val", "test"))
    base = recipe.base
    return (
        ("Question", f"Which network and setting predict the {task_of(study.chosen)} best?"),
        ("Collection", study.collection.folder),
        (
            "Works",
            f"{parts} in train / val / test, {study.results.classes} classes, "
            f"drawn by split seed {base.split_seed}",
        ),
        ("Compared", _compared(study)),
        (
            "Heads",
            f"{counted(recipe.seeds, 'seed')} each, batch {base.batch}, "
            f"at most {counted(base.epochs, 'epoch')}, "
            + (counted(base.views, "random view") if base.views else "fixed views"),
        ),
    )


def _compared(study: Study) -> str:
    recipe = study.recipe
    names = ", ".join(dict.fromkeys(setting.backbone for setting in recipe.settings()))
    if recipe.search == "tpe":
        return f"{counted(recipe.trials, 'trial')} searched by a Parzen estimator, of {names}"
    if recipe.rows:
        return f"{counted(len(recipe.rows), 'listed setting')} of {names}, all of them tested"
    shares, rates = (", ".join(f"{x:g}" for x in tried) for tried in (recipe.dropout, recipe.lr))
    return f"{names} with dropout {shares} and learning rate {rates}"


def _networks(study: Study) -> list[Block]:
    """Return the best setting of each network, and a figure of their intervals."""
    best = best_of_networks(study.results.settings)
    if len(best) < 2:
        return []
    title = "The best setting of each network, on val"
    accuracies = ", ".join(f"{row.backbone} {row.val_accuracy:.3f}" for row in best)
    majority = study.results.majority["val"]
    described = (
        f"Accuracy on val with 95 % intervals: {accuracies}; the commonest class: {majority:.3f}."
    )
    intervals = [
        Interval(row.backbone, row.val.accuracy, row.val.low, row.val.high)
        for row in best
        if row.val is not None
    ]
    figure = intervals_figure(intervals, "accuracy", title, Reference(majority))
    return [Chart(title, svg_text(figure, title, described), described)]


def _curves(trials: Sequence[Trial]) -> tuple[Block, ...]:
    """Return a figure of accuracy on val by epoch for each network, all settings in it."""
    backbones = dict.fromkeys(trial.recipe.backbone for trial in trials if trial.heads)
    return tuple(
        _curves_of(
            name, [trial for trial in trials if trial.recipe.backbone == name and trial.heads]
        )
        for name in backbones
    )


def _curves_of(backbone: str, trials: Sequence[Trial]) -> Chart:
    """Return the figure of one network; the best settings are named in it."""
    best = [trial.number for trial in by_rank(trials)][:NAMED]
    curves = [
        Curve(
            f"dropout {trial.recipe.dropout:.2g}, lr {trial.recipe.lr:.2g}",
            tuple(epoch.val_accuracy for epoch in trial.heads[0].epochs),
            marked=trial.number in best,
        )
        for trial in trials
    ]
    title = f"{backbone}: accuracy on val by epoch"
    top = max(trials, key=lambda trial: trial.val_accuracy)
    rising = sum(trial.heads[0].best_epoch == len(trial.heads[0].epochs) for trial in trials)
    described = (
        f"{counted(len(trials), 'setting')}; the best reaches {top.val_accuracy:.3f} with "
        f"dropout {top.recipe.dropout:.2g} and learning rate {top.recipe.lr:.2g}. "
        f"{rising} of {len(trials)} were best in their last epoch, so that more might gain."
    )
    figure = curves_figure(curves, "accuracy on val", title)
    return Chart(title, svg_text(figure, title, described), described)


def _hardest(study: Study, trials: Sequence[Trial]) -> list[Block]:
    """Return the works of val that the fewest settings classify correctly."""
    table = pq.read_table(study.chosen.folder / PREDICTIONS)
    names = json.loads(table.schema.metadata[b"class_names"])
    val = table.filter(pc.equal(table["split"], "val")).drop_columns("log_probabilities")
    labels = np.array(val["label"].to_pylist())
    predicted = np.array([trial.heads[0].val.labels for trial in by_rank(trials)])
    right = (predicted == labels).sum(axis=0)
    hardest = np.argsort(right, kind="stable")[:SHOWN].tolist()
    rows = val.take(hardest).to_pylist()
    places = [(row["shard"], row["row"]) for row in rows]
    try:
        images = pictures_of(study.collection.folder, places, [row["work_id"] for row in rows])
    except UserError:
        return []  # it is gone or has changed
    pictures = []
    for work, place in zip(hardest, places, strict=True):
        name = names[labels[work]]
        answers, counts = np.unique(predicted[:, work], return_counts=True)
        caption = (
            f"is {name}",
            f"right: {right[work]} of {len(predicted)}",
            f"mostly classified as {names[answers[counts.argmax()]]}",
        )
        pictures.append(Picture(thumbnail(images[place]), f"Work of {name}", caption))
    title = "Works of val that the fewest settings classify correctly"
    return [Gallery(title, tuple(pictures), "Some labels of the collection may be wrong.")]


def _repeat(study: Study) -> Command:
    return Command(
        "The same again",
        f"morelli study {quote(study.collection.folder)} "
        f"--recipe {quote(str(study.folder / RECIPE))} --out NEW",
    )
