"""What comes before training: works chosen and split, and their features."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.audit.groups import grouped, looks_of
from morelli.data.collection import Collection
from morelli.data.splits import SPLITS, Counts, split, without_tiny_classes
from morelli.data.works import Works
from morelli.errors import UserError
from morelli.features.extractor import View
from morelli.features.joined import Joined, joined_features, load_joined
from morelli.features.otherwise import OTHERWISE, SEED
from morelli.features.views import find_kind
from morelli.machine import HERE, Machine
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
        using: The backbones they came from.
        extracted: Number of works, each view counted, whose features were not in the cache.
        seconds: What getting the features took.
    """

    works: Works
    sides: Sides
    fixed: Features
    views: list[Features]
    using: Joined
    extracted: int = 0
    seconds: float = 0.0

    def of(self, name: str) -> npt.NDArray[np.int64]:
        """Return the indices of the works of a split."""
        return of_side(self.sides, name)


def of_side(sides: Sides, name: str) -> npt.NDArray[np.int64]:
    """Return the indices of the works of a split."""
    return np.flatnonzero(sides == SPLITS.index(name))


def prepare(
    collection: Collection,
    recipe: Recipe,
    machine: Machine = HERE,
) -> Prepared:
    """Choose and split the works of a collection and get their features, cached where possible."""
    started, counted = time.perf_counter(), _Extracted(machine.progress)
    machine = machine.heard_by(counted)
    works, sides = dealt(collection, recipe, machine)
    using = load_joined(
        recipe.backbone,
        recipe.weights or None,
        number_format=recipe.number_format,
        workers=machine.workers,
    )
    every = joined_features(collection, using, machine=machine)
    fixed = np.concatenate(every)[collection.starts[works.shards] + works.rows]
    training = of_side(sides, "train")
    rows = _rows(collection, works, training)
    kind = find_kind(recipe.augment)
    views = [
        np.concatenate(
            joined_features(
                collection,
                using,
                view=View(number, recipe.view_seed, kind),
                rows=rows,
                machine=machine,
            )
        )
        for number in range(recipe.views)
    ]
    views = mixed(fixed[training], views, recipe.plain)
    seconds = time.perf_counter() - started
    return Prepared(works, sides, fixed, views, using, counted.works, seconds)


def mixed(plain: Features, views: Sequence[Features], share: float) -> list[Features]:
    """Return views in each of which a share of the works is plain, every work in its turn.

    With a share above 0 they are twice as many as the views given: in the second half other works
    are plain, so that half and half every work is seen by every view.

    Args:
        plain: (n, d) features by the fixed preprocessing.
        views: Random views of the same works, (n, d) each.
        share: Share of plain works.
    """
    works, count = np.arange(len(plain)), len(views)
    mixtures = []
    for view in range(2 * count if share else count):
        turns = works + view + view // count
        is_plain = np.floor((turns + 1) * share) > np.floor(turns * share)
        mixtures.append(np.where(is_plain[:, None], plain, views[view % count]))
    return mixtures


def otherwise_features(
    collection: Collection,
    prepared: Prepared,
    machine: Machine = HERE,
) -> Features:
    """Return (test, d) features of the test works as another photograph would show them.

    They are drawn by a seed of their own and by changes that capture views lack, so that they are
    the same for every recipe.
    """
    features = joined_features(
        collection,
        prepared.using,
        view=View(0, SEED, OTHERWISE),
        rows=_rows(collection, prepared.works, prepared.of("test")),
        machine=machine,
    )
    return np.concatenate(features)


def _rows(collection: Collection, works: Works, chosen: Sides) -> list[Sides]:
    """Return for each shard the rows of chosen works, ascending."""
    rows, shards = works.rows[chosen], works.shards[chosen]
    return [np.sort(rows[shards == shard]) for shard in range(len(collection.shards))]


def works_of(collection: Collection, recipe: Recipe) -> Works:
    """Return the works of a collection that a recipe learns from."""
    return without_tiny_classes(
        collection.labelled(recipe.task or None, group=recipe.split_by or None)
    )


def dealt(
    collection: Collection,
    recipe: Recipe,
    machine: Machine = HERE,
) -> tuple[Works, Sides]:
    """Return the works that a recipe learns from, and the split of each, an index into `SPLITS`.

    A grouped split looks at the works, on the machine.

    Raises:
        UserError: If a side has no works, or a class none to learn from.
    """
    works = works_of(collection, recipe)
    if recipe.split == "grouped":
        looks = looks_of(
            collection,
            recipe.weights,
            number_format=recipe.number_format,
            machine=machine,
        )
        works = grouped(collection, works, looks, recipe.series)
    sides = split(works, recipe.split_seed, Counts(*recipe.counts) if recipe.counts else None)
    _check_sides(works, sides)
    return works, sides


def works_digest(works: Works) -> str:
    """Return the SHA-256 of the works' ids and labels, in hexadecimal."""
    labelled = (f"{i}:{works.class_names[n]}" for i, n in zip(works.ids, works.labels, strict=True))
    return hashlib.sha256("\n".join(labelled).encode()).hexdigest()


class _Extracted:
    """Counts the works whose features are extracted, and passes on what it hears."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._steps: dict[str, int] = {}

    @property
    def works(self) -> int:
        return sum(self._steps.values())

    def note(self, text: str) -> None:
        self._progress.note(text)

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        self._steps[name] = done
        self._progress.step(name, done, total, unit)


def _check_sides(works: Works, sides: Sides) -> None:
    for side, name in enumerate(SPLITS):
        if not (sides == side).any():
            raise UserError(f"the split leaves {name} without works (of {len(works):,})")
    trained = set(np.unique(works.labels[sides == 0]).tolist())
    unseen = [name for label, name in enumerate(works.class_names) if label not in trained]
    if unseen:
        raise UserError(
            f"groups put all works of {', '.join(unseen[:3])} outside train; "
            "choose another --split-seed, --split-by or classes"
        )
