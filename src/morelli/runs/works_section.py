"""The parts of a report that show works: by class, and those that were told wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from morelli.data.pictures import Place, pictures_of
from morelli.errors import BadFolder
from morelli.reporting.page import Block, Gallery, Picture, Table, Text
from morelli.reporting.pictures import thumbnail
from morelli.runs.folder import Run
from morelli.runs.predictions import Told, told_together

SHOWN = 10
"""Works in a gallery."""

EXAMPLES = 2
"""Works of each class in the table, told right and told wrong."""

MOST_WITH_EXAMPLES = 40
"""Classes that have examples at most, so that the file stays small."""

SMALL = 96
"""Longest side in pixels of an example."""


@dataclass(frozen=True)
class Choice:
    """Which test works a report shows, by index into what was told.

    Attributes:
        mistakes: Told wrong, the surest first.
        hardest: With the least probability for the truth, besides the mistakes.
        right: For each class, examples told right.
        wrong: For each class, examples told wrong.
    """

    mistakes: tuple[int, ...]
    hardest: tuple[int, ...]
    right: tuple[tuple[int, ...], ...]
    wrong: tuple[tuple[int, ...], ...]

    @property
    def works(self) -> list[int]:
        """All of them, each once."""
        sets = (self.mistakes, self.hardest, *self.right, *self.wrong)
        return sorted({work for each in sets for work in each})


def choose_works(told: Told) -> Choice:
    """Choose the works that a report shows of what one run told."""
    labels, answers, sure, true = told.labels, told.told[0], told.sure[0], told.true[0]
    wrong = answers != labels
    by_sureness = np.argsort(-sure, kind="stable")
    mistakes = [work for work in by_sureness.tolist() if wrong[work]][:SHOWN]
    by_truth = np.argsort(true, kind="stable").tolist()
    hardest = [work for work in by_truth if work not in mistakes][:SHOWN]
    classes = range(len(told.class_names))
    examples = EXAMPLES if len(classes) <= MOST_WITH_EXAMPLES else 0
    surest = [[w for w in by_sureness.tolist() if labels[w] == label] for label in classes]
    return Choice(
        tuple(mistakes),
        tuple(hardest),
        tuple(tuple(w for w in each if not wrong[w])[:examples] for each in surest),
        tuple(tuple(w for w in each if wrong[w])[:examples] for each in surest),
    )


def read_pictures(run: Run, told: Told, works: Sequence[int]) -> tuple[dict[int, bytes], str]:
    """Return the images of works by index, and why there are none, if so."""
    places: list[Place] = [(int(told.places[w, 0]), int(told.places[w, 1])) for w in works]
    try:
        found = pictures_of(
            run.about["collection"]["folder"], places, [str(told.ids[work]) for work in works]
        )
    except BadFolder as error:
        return {}, f"There are no pictures in this report: {error}."
    return {work: found[place] for work, place in zip(works, places, strict=True)}, ""


def works_blocks(run: Run) -> tuple[list[Block], list[Block], str]:
    """Return the blocks of classes and of single works, and why pictures lack, if they do."""
    told = told_together([run])
    choice = choose_works(told)
    pictures, lacking = read_pictures(run, told, choice.works)
    return [_classes(run, told, choice, pictures)], _galleries(told, choice, pictures), lacking


def _classes(run: Run, told: Told, choice: Choice, pictures: dict[int, bytes]) -> Table:
    figures = run.metrics["test"]["classes"]
    shown = bool(pictures) and len(told.class_names) <= MOST_WITH_EXAMPLES
    rows = []
    for label, name in enumerate(told.class_names):
        each = figures[name]
        f1 = _f1(each["precision"], each["recall"])
        row = [name, f"{each['works']:,}", f"{each['precision']:.3f}", f"{each['recall']:.3f}"]
        cells: list[str | tuple[Picture, ...]] = [*row, f"{f1:.3f}"]
        if shown:
            cells.append(tuple(_example(told, w, pictures) for w in choice.right[label]))
            cells.append(tuple(_example(told, w, pictures) for w in choice.wrong[label]))
        rows.append(tuple(cells))
    examples = ("surest, right", "surest, wrong") if shown else ()
    return Table(
        caption="Test works by class",
        columns=("class", "works", "precision", "recall", "F1", *examples),
        rows=tuple(rows),
        right=(1, 2, 3, 4),
        note="Precision: of the works told to be of the class, the share that are. "
        "Recall: of the class's works, the share that were found.",
    )


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _example(told: Told, work: int, pictures: dict[int, bytes]) -> Picture:
    name, answer = (told.class_names[each[work]] for each in (told.labels, told.told[0]))
    return Picture(thumbnail(pictures[work], SMALL), f"Work of {name}, told to be of {answer}")


def _galleries(told: Told, choice: Choice, pictures: dict[int, bytes]) -> list[Block]:
    if not pictures:
        return []
    mistakes: Block = Text(("No test work was told wrong.",))
    if choice.mistakes:
        mistakes = Gallery(
            "The most confident mistakes",
            tuple(_shown(told, work, pictures) for work in choice.mistakes),
            "Test works told wrong, the surest first. Some labels of the collection may be wrong.",
        )
    hardest = Gallery(
        "The hardest works",
        tuple(_shown(told, work, pictures) for work in choice.hardest),
        "Besides those above, the test works whose true class got the least probability.",
    )
    return [mistakes, hardest]


def _shown(told: Told, work: int, pictures: dict[int, bytes]) -> Picture:
    name, answer = (told.class_names[each[work]] for each in (told.labels, told.told[0]))
    said = (
        f"is {name} ({told.true[0][work]:.1%})",
        f"told: {answer} ({told.sure[0][work]:.1%})",
    )
    return Picture(thumbnail(pictures[work]), f"Work of {name}, told to be of {answer}", said)
