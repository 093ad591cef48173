"""What comes before training: works chosen and split, and their features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from morelli.data.collection import Collection, Works
from morelli.data.splits import SPLITS, Counts, split, without_tiny_classes
from morelli.errors import UserError
from morelli.features.backbones import find_backbone
from morelli.features.extract import collection_features
from morelli.features.extractor import Extractor, View, extractor
from morelli.features.weights import load_backbone
from morelli.progress import Progress
from morelli.training.recipe import Recipe

Features = npt.NDArray[np.float32]
Sides = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """What a head is trained on.

    Attributes:
        works: The works of the task.
        sides: (n,) the split of each work, an index into `SPLITS`, or -1.
        fixed: (n, d) features by the fixed preprocessing.
        views: Random views of the training works, (train, d) each; empty without views.
        using: The backbone they came from.
    """

    works: Works
    sides: Sides
    fixed: Features
    views: list[Features]
    using: Extractor

    def of(self, name: str) -> npt.NDArray[np.int64]:
        """Return the indices of the works of a split."""
        return np.flatnonzero(self.sides == SPLITS.index(name))


def prepare(
    collection: Collection,
    recipe: Recipe,
    *,
    cache: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Choose and split the works of a collection and get their features, cached where possible."""
    works = without_tiny_classes(
        collection.labelled(recipe.task or None, group=recipe.group or None)
    )
    sides = split(works, recipe.split_seed, Counts(*recipe.split) if recipe.split else None)
    _check_sides(works, sides)
    frozen = load_backbone(find_backbone(recipe.backbone), recipe.weights or None)
    using = extractor(frozen, number_format=recipe.number_format, workers=workers)
    cached = None if cache is None else Path(cache)
    every = collection_features(collection, using, cached=cached, progress=progress)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in every])])
    fixed = np.concatenate(every)[starts[works.shards] + works.rows]
    training = sides == SPLITS.index("train")
    rows = [
        np.sort(works.rows[training & (works.shards == shard)])
        for shard in range(len(collection.shards))
    ]
    views = [
        np.concatenate(
            collection_features(
                collection,
                using,
                view=View(number, recipe.seed),
                rows=rows,
                cached=cached,
                progress=progress,
            )
        )
        for number in range(recipe.views)
    ]
    return Prepared(works, sides, fixed, views, using)


def _check_sides(works: Works, sides: Sides) -> None:
    for side, name in enumerate(SPLITS):
        if not (sides == side).any():
            raise UserError(f"the split leaves {name} without works (of {len(works):,})")
    trained = set(np.unique(works.labels[sides == 0]).tolist())
    unseen = [each for label, each in enumerate(works.class_names) if label not in trained]
    if unseen:
        raise UserError(
            f"groups put all works of {', '.join(unseen[:3])} outside train; "
            "choose another --split-seed, --group or classes"
        )
