"""None of these, tried on strangers: works by makers that a classifier has not learned."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from morelli.classifier import Classifier
from morelli.data.collection import Collection, open_collection
from morelli.data.tasks import UNKNOWN
from morelli.data.works import Works
from morelli.errors import UserError, plain
from morelli.evaluation.declining import (
    MakerDeclined,
    NoneOfThese,
    StrangersDeclined,
    declined,
    declining_of,
)
from morelli.evaluation.metrics import wilson_interval
from morelli.features.joined import joined_features
from morelli.machine import HERE, Machine
from morelli.runs.predictions import Predictions
from morelli.runs.prepare import works_of
from morelli.training.recipe import Recipe

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Strangers:
    """Works of unknown makers and what a classifier makes of them.

    Attributes:
        folder: Of the collection that they stand in.
        predictions: Of the works; their makers are none of the classifier's classes.
    """

    folder: Path
    predictions: Predictions


def strangers_among(
    unknown: str | Path | Collection, learned: Collection, recipe: Recipe
) -> tuple[Collection, Works]:
    """Return a collection and those of its works that are of no class which a recipe learns.

    Files that stand among the works learned from or tested on are left out, and so is what has no
    known maker.

    Args:
        unknown: A collection, or its folder.
        learned: The collection that is learned from; may be the same.
        recipe: How.

    Raises:
        UserError: If it cannot be read, keeps its works at another size, or holds no strangers.
    """
    collection = unknown if isinstance(unknown, Collection) else open_collection(unknown)
    if collection.size != learned.size:
        raise UserError(
            f"{collection.folder} keeps its works at {_side(collection.size)}, {learned.folder} "
            f"at {_side(learned.size)}, and they would differ by that; ingest both alike (--size)"
        )
    task, known = recipe.task or learned.task, works_of(learned, recipe)
    works = collection.labelled(task)
    names = {plain(name) for name in known.class_names} | UNKNOWN
    ours = [label for label, name in enumerate(works.class_names) if plain(name) in names]
    strange = ~np.isin(works.labels, ours) & ~np.isin(works.ids, known.ids)
    if not strange.any():
        raise UserError(
            f"{collection.folder} holds no works of another {task} than the "
            f"{len(known.class_names)} that are learned; give a collection that does"
        )
    return collection, works.take(strange)


def _side(size: int | None) -> str:
    return "their own size" if size is None else f"{size:,} pixels"


def tried_on(
    classifier: Classifier,
    collection: Collection,
    works: Works,
    machine: Machine = HERE,
) -> Strangers:
    """Return what a classifier makes of works that it has not learned, features cached.

    Raises:
        BadFolder: If the cache cannot be written, or a shard holds damaged images.
    """
    works = works.take(np.lexsort((works.rows, works.shards)))
    rows = [works.rows[works.shards == shard] for shard in range(len(collection.shards))]
    features = np.concatenate(
        joined_features(collection, classifier.using, rows=rows, machine=machine)
    )
    judged = classifier.judge(features)
    predictions = Predictions(
        class_names=classifier.class_names,
        ids=works.ids,
        shards=works.shards,
        rows=works.rows,
        labels=works.labels,
        label_names=works.class_names,
        log_probabilities=judged.log_probabilities,
        strangeness=judged.strangeness,
        splits=np.full(len(works), ""),
    )
    return Strangers(collection.folder, predictions)


def none_of_these(known: Floats, limit: float, strangers: Strangers | None) -> NoneOfThese:
    """Return how many known works are kept, and how well strangers are declined.

    Args:
        known: (n,) scores of works of test.
        limit: Scores above it are declined.
        strangers: Works of unknown makers, if there are any to try it on.
    """
    kept = int((~declined(known, limit)).sum())
    return NoneOfThese(
        limit=limit,
        works=len(known),
        kept=kept / len(known),
        kept_interval=wilson_interval(kept, len(known)),
        strangers=None if strangers is None else _declined(known, limit, strangers.predictions),
    )


def _declined(known: Floats, limit: float, strangers: Predictions) -> StrangersDeclined:
    figures = declining_of(known, strangers.strangeness, limit)
    is_declined = declined(strangers.strangeness, limit)
    return StrangersDeclined(
        works=len(strangers),
        auroc=figures.auroc,
        auroc_interval=figures.auroc_interval,
        declined=figures.declined,
        declined_interval=figures.declined_interval,
        classes={
            name: MakerDeclined(int(own.sum()), float(is_declined[own].mean()))
            for label, name in enumerate(strangers.label_names)
            if (own := strangers.labels == label).any()
        },
    )
