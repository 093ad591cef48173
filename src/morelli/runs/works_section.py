"""The parts of a report that show works: by class, and those that were classified wrongly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from morelli.data.pictures import Place, pictures_of
from morelli.errors import BadFolder
from morelli.reporting.page import Block, Gallery, Picture, Table, Text
from morelli.reporting.thumbnails import thumbnail
from morelli.runs.folder import Run
from morelli.runs.predictions import SharedPredictions, shared_predictions

SHOWN = 10
"""Works in a gallery."""

EXAMPLES = 2
"""Works of each class in the table, classified correctly and wrongly."""

MOST_WITH_EXAMPLES = 40
"""Classes that have examples at most, so that the file stays small."""

SMALL = 96
"""Longest side in pixels of an example."""


@dataclass(frozen=True)
class Choice:
    """Which test works a report shows, by index into the predictions.

    Attributes:
        mistakes: SharedPredictions wrong, the surest first.
        hardest: With the least probability for the truth, besides the mistakes.
        right: For each class, examples classified correctly.
        wrong: For each class, examples classified wrongly.
    """

    mistakes: tuple[int, ...]
    hardest: tuple[int, ...]
    right: tuple[tuple[int, ...], ...]
    wrong: tuple[tuple[int, ...], ...]

    @property
    def works(self) -> list[int]:
        """All of them, each once."""
        sets = (self.mistakes, self.hardest, *self.right, *self.wrong)
        return sorted({work for works in sets for work in works})


def choose_works(predictions: SharedPredictions) -> Choice:
    """Choose the works that a report shows, by the predictions of one run."""
    labels, wrong = predictions.labels, predictions.predicted[0] != predictions.labels
    by_confidence = np.argsort(-predictions.confidence[0], kind="stable").tolist()
    by_truth = np.argsort(predictions.true_probability[0], kind="stable").tolist()
    mistakes = [work for work in by_confidence if wrong[work]][:SHOWN]
    hardest = [work for work in by_truth if work not in mistakes][:SHOWN]
    classes = range(len(predictions.class_names))
    examples = EXAMPLES if len(classes) <= MOST_WITH_EXAMPLES else 0
    of_class = [[work for work in by_confidence if labels[work] == label] for label in classes]
    return Choice(
        tuple(mistakes),
        tuple(hardest),
        tuple(tuple(work for work in works if not wrong[work])[:examples] for works in of_class),
        tuple(tuple(work for work in works if wrong[work])[:examples] for works in of_class),
    )


def read_pictures(
    run: Run, predictions: SharedPredictions, works: Sequence[int]
) -> tuple[dict[int, bytes], str]:
    """Return the images of works by index, and why there are none, if so."""
    places: list[Place] = [(int(shard), int(row)) for shard, row in predictions.places[list(works)]]
    ids = [str(predictions.ids[work]) for work in works]
    try:
        images = pictures_of(run.about.collection.folder, places, ids)
    except BadFolder as error:
        return {}, f"There are no pictures in this report: {error}."
    return {work: images[place] for work, place in zip(works, places, strict=True)}, ""


def works_blocks(run: Run) -> tuple[list[Block], list[Block], str]:
    """Return the blocks of classes and of single works, and why pictures lack, if they do."""
    predictions = shared_predictions([run])
    choice = choose_works(predictions)
    pictures, lacking = read_pictures(run, predictions, choice.works)
    table = _classes(run, predictions, choice, pictures)
    return [table], _galleries(predictions, choice, pictures), lacking


def _classes(
    run: Run, predictions: SharedPredictions, choice: Choice, pictures: dict[int, bytes]
) -> Table:
    names = predictions.class_names
    shown = bool(pictures) and len(names) <= MOST_WITH_EXAMPLES
    rows = []
    for label, name in enumerate(names):
        figures = run.metrics["test"].classes[name]
        f1 = _f1(figures.precision, figures.recall)
        shares = (figures.precision, figures.recall, f1)
        row: list[str | tuple[Picture, ...]] = [name, f"{figures.works:,}"]
        row += [f"{share:.3f}" for share in shares]
        if shown:
            examples = (choice.right[label], choice.wrong[label])
            row += [
                tuple(_example(predictions, work, pictures) for work in works) for works in examples
            ]
        rows.append(tuple(row))
    columns = ("most confident, right", "most confident, wrong") if shown else ()
    return Table(
        caption="Test works by class",
        columns=("class", "works", "precision", "recall", "F1", *columns),
        rows=tuple(rows),
        right=(1, 2, 3, 4),
        note="Precision: of the works classified as this class, the share that belong to it. "
        "Recall: of the class's works, the share that were classified as it.",
    )


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _names(predictions: SharedPredictions, work: int) -> tuple[str, str]:
    """Return the true and the predicted class name of a work."""
    names = predictions.class_names
    return names[predictions.labels[work]], names[predictions.predicted[0, work]]


def _example(predictions: SharedPredictions, work: int, pictures: dict[int, bytes]) -> Picture:
    true, predicted = _names(predictions, work)
    return Picture(thumbnail(pictures[work], SMALL), f"Work of {true}, classified as {predicted}")


def _galleries(
    predictions: SharedPredictions, choice: Choice, pictures: dict[int, bytes]
) -> list[Block]:
    if not pictures:
        return []
    mistakes: Block = Text(("Every test work was classified correctly.",))
    if choice.mistakes:
        mistakes = Gallery(
            "The most confident mistakes",
            tuple(_shown(predictions, work, pictures) for work in choice.mistakes),
            "Test works classified wrongly, the most confident first. Some labels of the "
            "collection may be wrong.",
        )
    hardest = Gallery(
        "The hardest works",
        tuple(_shown(predictions, work, pictures) for work in choice.hardest),
        "Besides those above, the test works whose true class got the least probability. Those "
        "that were classified correctly all the same say so.",
    )
    return [mistakes, hardest]


def _shown(predictions: SharedPredictions, work: int, pictures: dict[int, bytes]) -> Picture:
    true, predicted = _names(predictions, work)
    answer = f"classified as {predicted} ({predictions.confidence[0, work]:.1%})"
    lines = (
        f"is {true} ({predictions.true_probability[0, work]:.1%})",
        answer if predicted != true else "classified correctly",
    )
    return Picture(thumbnail(pictures[work]), f"Work of {true}, classified as {predicted}", lines)
