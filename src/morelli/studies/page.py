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
from morelli.reporting.pictures import thumbnail
from morelli.reporting.plots import (
    Curve,
    Interval,
    Reference,
    curves_figure,
    intervals_figure,
    svg_text,
)
from morelli.reporting.report import write_report
from morelli.runs.folder import PREDICTIONS
from morelli.runs.page import confusion_chart
from morelli.runs.predictions import task_of
from morelli.runs.works_section import SHOWN, works_blocks
from morelli.studies.folder import RECIPE, REPORT, Study
from morelli.studies.results import best_of_networks
from morelli.studies.tables import (
    cost_blocks,
    published_blocks,
    settings_table,
    test_table,
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
            Section("What was chosen, on test", (test_table(study),)),
            Section("Learning", _curves(trials)),
            Section("Classes", (confusion_chart(chosen), *classes)),
            *((Section("Works", (*works, *hardest)),) if works else ()),
            Section("Cost", cost_blocks(study)),
            Section("How to repeat it", (_repeat(study),)),
        ),
        warnings=(*_random(study), *([lacking] if lacking else [])),
    )


def _title(study: Study) -> str:
    rows, classes = study.results["settings"], study.results["classes"]
    networks = len({row["backbone"] for row in rows})
    tried = f"{counted(networks, 'network')}, {counted(len(rows), 'setting')}"
    return f"{counted(classes, task_of(study.chosen))}: {tried}"


def _random(study: Study) -> list[str]:
    costs = study.results["cost"]
    names = [name for name, each in costs.items() if each.get("weights") == "random"]
    if not names:
        return []
    return [
        f"The weights of {', '.join(names)} were random: this study says what the networks cost, "
        "not how good they are."
    ]


def _asked(study: Study) -> tuple[tuple[str, str], ...]:
    recipe, results, about = study.recipe, study.results, study.about["collection"]
    works = results["works"]
    parts = " / ".join(f"{works[name]:,}" for name in ("train", "val", "test"))
    base = recipe.base
    return (
        ("Question", f"Which network and setting tell the {task_of(study.chosen)} best?"),
        ("Collection", about["folder"]),
        (
            "Works",
            f"{parts} in train / val / test, {results['classes']} classes, "
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
    names = ", ".join(dict.fromkeys(each.backbone for each in recipe.settings()))
    if recipe.search == "tpe":
        return f"{counted(recipe.trials, 'trial')} searched by a Parzen estimator, of {names}"
    if recipe.rows:
        return f"{counted(len(recipe.rows), 'listed setting')} of {names}, each of them tested"
    shares, rates = (", ".join(f"{x:g}" for x in each) for each in (recipe.dropout, recipe.lr))
    return f"{names} with dropout {shares} and learning rate {rates}"


def _networks(study: Study) -> list[Block]:
    """Return the best setting of each network, and a figure of their intervals."""
    best = best_of_networks(study.results["settings"])
    if len(best) < 2:
        return []
    title = "The best setting of each network, on val"
    told = ", ".join(f"{row['backbone']} {row['val_accuracy']:.3f}" for row in best)
    majority = study.results["majority"]["val"]
    described = f"Accuracy on val with 95 % intervals: {told}; the commonest class: {majority:.3f}."
    intervals = [
        Interval(row["backbone"], row["val_accuracy"], row["val_low"], row["val_high"])
        for row in best
    ]
    figure = intervals_figure(intervals, "accuracy", title, Reference(majority))
    return [Chart(title, svg_text(figure, title, described), described)]


def _curves(trials: Sequence[Trial]) -> tuple[Block, ...]:
    """Return a figure of accuracy on val by epoch for each network, all settings in it."""
    ranked = [trial.number for trial in by_rank(trials)]
    blocks: list[Block] = []
    for backbone in dict.fromkeys(trial.recipe.backbone for trial in trials):
        ours = [trial for trial in trials if trial.recipe.backbone == backbone and trial.heads]
        if not ours:
            continue
        best = [number for number in ranked if number in {each.number for each in ours}][:NAMED]
        curves = [
            Curve(
                f"dropout {trial.recipe.dropout:.2g}, lr {trial.recipe.lr:.2g}",
                tuple(epoch.val_accuracy for epoch in trial.heads[0].epochs),
                marked=trial.number in best,
            )
            for trial in ours
        ]
        title = f"{backbone}: accuracy on val by epoch"
        top = max(ours, key=lambda trial: trial.val_accuracy)
        rising = sum(1 for t in ours if t.heads[0].best_epoch == len(t.heads[0].epochs))
        described = (
            f"{counted(len(ours), 'setting')}; the best reaches {top.val_accuracy:.3f} with "
            f"dropout {top.recipe.dropout:.2g} and learning rate {top.recipe.lr:.2g}. "
            f"{rising} of {len(ours)} were best in their last epoch, so that more might gain."
        )
        figure = curves_figure(curves, "accuracy on val", title)
        blocks.append(Chart(title, svg_text(figure, title, described), described))
    return tuple(blocks)


def _hardest(study: Study, trials: Sequence[Trial]) -> list[Block]:
    """Return the works of val that the fewest settings told right."""
    done = by_rank(trials)
    table = pq.read_table(study.chosen.folder / PREDICTIONS)
    names = json.loads(table.schema.metadata[b"class_names"])
    val = table.filter(pc.equal(table["split"], "val")).drop_columns("log_probabilities")
    labels = np.array(val["label"].to_pylist())
    told = np.array([trial.heads[0].told for trial in done])
    shares = (told == labels).mean(axis=0)
    least = np.argsort(shares, kind="stable")[:SHOWN].tolist()
    rows = val.take(least).to_pylist()
    places = [(row["shard"], row["row"]) for row in rows]
    folder = study.about["collection"]["folder"]
    try:
        found = pictures_of(folder, places, [row["work_id"] for row in rows])
    except UserError:
        return []  # it is gone or has changed
    pictures = []
    for work, place in zip(least, places, strict=True):
        name = names[labels[work]]
        answers, counts = np.unique(told[:, work], return_counts=True)
        answer = names[answers[counts.argmax()]]
        right = round(float(shares[work]) * len(done))
        said = (f"is {name}", f"right: {right} of {len(done)}", f"mostly told: {answer}")
        pictures.append(Picture(thumbnail(found[place]), f"Work of {name}", said))
    title = "Works of val that the fewest settings told right"
    return [Gallery(title, tuple(pictures), "Some labels of the collection may be wrong.")]


def _repeat(study: Study) -> Command:
    return Command(
        "The same again",
        f"morelli study {quote(study.about['collection']['folder'])} "
        f"--recipe {quote(str(study.folder / RECIPE))} --out NEW",
    )
