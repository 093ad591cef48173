"""None of these, tried on strangers: works by makers that a classifier has not learned."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from morelli.classifier import Classifier
from morelli.data.collection import Collection, open_collection
from morelli.data.tasks import UNKNOWN
from morelli.data.works import Works
from morelli.errors import UserError, plain
from morelli.evaluation.metrics import wilson_interval
from morelli.evaluation.openset import declined, declining_of
from morelli.features.joined import joined_features
from morelli.machine import HERE, Machine
from morelli.runs.prepare import works_of
from morelli.training.recipe import Recipe

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Strangers:
    """Works of unknown makers and what a classifier makes of them.

    Attributes:
        folder: Of the collection that they stand in.
        works: The works; their class names are none of the classifier's.
        scores: (n,) how unlike the training works they are.
        told: (n, classes) log-probabilities of the classifier's classes.
    """

    folder: Path
    works: Works
    scores: Floats
    told: npt.NDArray[np.float32]


def strangers_among(
    given: str | Path | Collection, learned: Collection, recipe: Recipe
) -> tuple[Collection, Works]:
    """Return a collection and those of its works that are of no class which a recipe learns.

    Files that stand among the works learned from or tested on are left out, and so is what has no
    known maker.

    Args:
        given: A collection, or its folder.
        learned: The collection that is learned from; may be the same.
        recipe: How.

    Raises:
        UserError: If it cannot be read, keeps its works at another size, or holds no strangers.
    """
    collection = given if isinstance(given, Collection) else open_collection(given)
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
    return Strangers(
        collection.folder,
        works,
        classifier.strangeness_of(features),
        classifier.log_probabilities(features),
    )


def none_of_these(known: Floats, limit: float, strangers: Strangers | None) -> dict[str, Any]:
    """Return how many known works are kept, and how well strangers are told from them, for JSON.

    Args:
        known: (n,) scores of works of test.
        limit: Scores above it are declined.
        strangers: Works of unknown makers, if there are any to try it on.
    """
    kept = int((~declined(known, limit)).sum())
    found: dict[str, Any] = {
        "limit": limit,
        "works": len(known),
        "kept": kept / len(known),
        "kept_interval": list(wilson_interval(kept, len(known))),
        "strangers": None,
    }
    if strangers is None:
        return found
    figures = declining_of(known, strangers.scores, limit).as_dict()
    gone, labels = declined(strangers.scores, limit), strangers.works.labels
    found["strangers"] = {
        "works": len(gone),
        **{name: figures[name] for name in _TRIED},
        "classes": {
            name: {"works": int((labels == label).sum()), "declined": gone[labels == label].mean()}
            for label, name in enumerate(strangers.works.class_names)
        },
    }
    return found


_TRIED = ("auroc", "auroc_interval", "declined", "declined_interval")
"""Figures that take strangers."""


def strangers_table(strangers: Strangers, class_names: Sequence[str]) -> pa.Table:
    """Return a row for each stranger: work, maker, log-probabilities of known classes, score."""
    works, told = strangers.works, strangers.told
    return pa.table(
        {
            "work_id": works.ids.tolist(),
            "shard": works.shards,
            "row": works.rows,
            "class": [works.class_names[label] for label in works.labels],
            "log_probabilities": pa.FixedSizeListArray.from_arrays(told.ravel(), told.shape[1]),
            "strangeness": strangers.scores,
        },
        metadata={"class_names": json.dumps(list(class_names), ensure_ascii=False)},
    )
