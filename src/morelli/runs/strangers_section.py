"""The part of a run's report on "none of these": what is kept, and which strangers are declined."""

import numpy as np

from morelli.data.pictures import pictures_of
from morelli.errors import BadFolder
from morelli.evaluation.declining import NoneOfThese, StrangersDeclined
from morelli.markup import counted
from morelli.reporting.page import Block, Chart, Gallery, Picture, Section, Table, Text
from morelli.reporting.scores import scores_figure
from morelli.reporting.thumbnails import thumbnail
from morelli.reporting.vector import svg_text
from morelli.runs.folder import PREDICTIONS, STRANGERS, Run
from morelli.runs.predictions import read_predictions, task_of

SHOWN = 10
"""Strangers in the gallery."""

UNTRIED = (
    "It was not tried on strangers: morelli train --unknown-from COLLECTION does so, with works by "
    "makers that are not learned."
)

OVERLAP = "; where the two hills overlap, strangers cannot be kept apart from known works"


def strangers_section(run: Run) -> Section:
    """Return how many known works a run's classifier keeps, and how many strangers it declines."""
    figures = run.results.none_of_these
    blocks: list[Block] = [Text((declining_text(run),)), _chart(run, figures)]
    if figures.strangers:
        blocks += [_table(figures.strangers, task_of(run)), *_mistaken(run, figures.limit)]
    return Section("None of these", tuple(blocks))


def declining_text(run: Run) -> str:
    """Return in a sentence or two how well a run's classifier declines."""
    figures = run.results.none_of_these
    low, high = figures.kept_interval
    kept = (
        f"Of {counted(figures.works, 'test work')}, {figures.kept:.1%} are kept (95 % interval "
        f"{low:.1%} to {high:.1%}) and the rest is answered with none of these, by a limit that "
        "keeps 95 % of val."
    )
    strangers = figures.strangers
    if not strangers:
        return f"{kept} {UNTRIED}"
    low, high = strangers.declined_interval
    makers = counted(len(strangers.classes), f"unknown {task_of(run)}")
    return (
        f"{kept} Of {counted(strangers.works, 'work')} of {makers}, {strangers.declined:.1%} "
        f"are declined ({low:.1%} to {high:.1%}); AUROC {strangers.auroc:.3f} "
        f"({strangers.auroc_interval[0]:.3f} to {strangers.auroc_interval[1]:.3f})."
    )


def _chart(run: Run, figures: NoneOfThese) -> Chart:
    known = read_predictions(run.folder / PREDICTIONS).of("test").strangeness
    kinds = {f"{counted(len(known), 'test work')}, known": known}
    if figures.strangers:
        strange = read_predictions(run.folder / STRANGERS).strangeness
        kinds[f"{counted(len(strange), 'work')} by strangers"] = strange
    title = "How unlike the works learned from"
    medians = "; ".join(f"{name}: median {np.median(scores):.2f}" for name, scores in kinds.items())
    described = (
        f"{medians}; declined above {figures.limit:.2f}. About 0 is usual on val"
        f"{OVERLAP if figures.strangers else ''}."
    )
    figure = scores_figure(
        {name: scores.tolist() for name, scores in kinds.items()}, figures.limit, title
    )
    return Chart(title, svg_text(figure, title, described), described)


def _table(strangers: StrangersDeclined, task: str) -> Table:
    by_share = sorted(strangers.classes.items(), key=lambda maker: -maker[1].declined)
    return Table(
        "Strangers by maker" if task == "artist" else f"Strangers by {task}",
        (task, "works", "declined"),
        tuple((name, f"{maker.works:,}", f"{maker.declined:.0%}") for name, maker in by_share),
        right=(1, 2),
        note="Who paints like a known painter is seldom declined. The intervals above are over "
        "works; over makers they are wider, since works of one maker are alike.",
    )


def _mistaken(run: Run, limit: float) -> list[Block]:
    """Return a gallery of strangers that were kept, those most confidently given a wrong name."""
    strangers = read_predictions(run.folder / STRANGERS)
    confidence = np.where(strangers.strangeness <= limit, strangers.confidence, -1.0)
    order = np.argsort(-confidence, kind="stable")[:SHOWN]
    shown = strangers.take(order[confidence[order] >= 0])
    places = list(zip(shown.shards.tolist(), shown.rows.tolist(), strict=True))
    try:
        pictures = pictures_of(run.about.unknown or "", places, shown.ids.tolist())
    except BadFolder as error:
        return [Text((f"There are no pictures of strangers: {error}.",))]
    makers = [shown.label_names[label] for label in shown.labels]
    names = [shown.class_names[label] for label in shown.predicted]
    gallery = tuple(
        Picture(
            thumbnail(pictures[place]),
            f"Work of {maker}, classified as {name}",
            (f"is {maker}", f"classified as {name} ({share:.1%})"),
        )
        for place, maker, name, share in zip(places, makers, names, shown.confidence, strict=True)
    )
    note = (
        "Works of unknown makers that were not declined, those most confidently given a wrong "
        "name first."
    )
    return [Gallery("Strangers taken for known makers", gallery, note)] if gallery else []
