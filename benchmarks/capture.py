"""Which mixture of plain features and capture views makes a head that knows the maker?

    python benchmarks/capture.py COLLECTION --backbone mobilenet_v2 --weights FOLDER

Mixtures are chosen on val: of those that lose little on clean works the one whose mean accuracy is
highest, over works clean and photographed by a capture view of another seed. For plain features and
for that mixture it then tells accuracy on test, clean and by the other photograph. Works of one
class whose features are alike stay on one side of the split. In each view some works are plain,
others in the next, so that every batch holds a share of them. Means over split seeds.
"""

import argparse
import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from morelli.data.collection import Collection, open_collection
from morelli.data.splits import SPLITS, split, without_tiny_classes
from morelli.data.works import Works
from morelli.features.capture import CAPTURE
from morelli.features.extractor import View
from morelli.features.joined import Joined, joined_features, load_joined
from morelli.features.otherwise import OTHERWISE, SEED
from morelli.runs.heads import fit_head
from morelli.runs.prepare import Prepared, mixed
from morelli.training.recipe import Recipe

Features = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

Changes = tuple[tuple[str, Any], ...]

VIEWS = 8
"""Most capture views of a work; mixtures take the first of them."""

LARGEST = 20
"""Most works that stay together because they are alike."""


@dataclass(frozen=True)
class Mixture:
    """Views that a head trains on.

    Attributes:
        views: Number of capture views; 0 is plain features alone.
        plain: Share of the works that are plain, in each view.
        turns: Plain and capture by turns, an epoch each, instead of mixed within epochs.
        plain_mean: Features are standardised as plain ones are, not as the mixture is.
        changes: Other settings of the recipe.
    """

    views: int
    plain: float = 0.0
    turns: bool = False
    plain_mean: bool = False
    changes: Changes = ()


LONGER: Changes = (("epochs", 40), ("patience", 10))
WIDER: Changes = (("hidden", 1024), ("lr", 5e-4))

MIXTURES = (
    Mixture(0),
    Mixture(0, changes=LONGER),
    Mixture(0, changes=WIDER),
    *(Mixture(views, share) for views in (1, 2, 4, 8) for share in (0.0, 0.25, 0.5, 0.75)),
    Mixture(4, 0.5, turns=True),
    Mixture(4, 0.5, plain_mean=True),
    *(
        Mixture(4, 0.5, changes=changes)
        for changes in (
            LONGER,
            WIDER,
            (*LONGER, *WIDER),
            (("dropout", 0.3),),
            (("label_smoothing", 0.0),),
            (("weight_decay", 0.05),),
        )
    ),
)

LOSS = 0.01
"""Most accuracy on clean val works that a mixture may lose against plain features."""


@dataclass(frozen=True)
class Photographed:
    """All works by all photographs, (n, d) each.

    Attributes:
        works: The works, grouped.
        fixed: Plain.
        capture: Views to train on.
        captured: A capture view of another seed, to choose by.
        otherwise: The other photograph, to report.
        using: The backbone.
    """

    works: Works
    fixed: Features
    capture: list[Features]
    captured: Features
    otherwise: Features
    using: Joined


@dataclass(frozen=True)
class Right:
    """Which works a head tells right.

    Attributes:
        tested: Which works are in test, by number.
        val: On val, clean and captured.
        test: On test, clean and otherwise.
    """

    tested: npt.NDArray[np.int64]
    val: tuple[Bools, Bools]
    test: tuple[Bools, Bools]


def photographed(collection: Collection, using: Joined, alike: float, views: int) -> Photographed:
    """Return the works of a collection with the features of all their photographs."""
    works = without_tiny_classes(collection.labelled())

    def of(view: View | None) -> Features:
        shards = joined_features(collection, using, view=view)
        return np.stack([shards[s][row] for s, row in zip(works.shards, works.rows, strict=True)])

    fixed = of(None)
    return Photographed(
        grouped(works, fixed, alike),
        fixed,
        [of(View(number, 0, CAPTURE)) for number in range(views)],
        of(View(0, 1, CAPTURE)),
        of(View(0, SEED, OTHERWISE)),
        using,
    )


def grouped(works: Works, fixed: Features, alike: float) -> Works:
    """Put works of one class into a group where the cosine of their centred features is high."""
    groups = np.arange(len(works))
    centred = fixed - fixed.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    for label in range(len(works.class_names)):
        members = np.flatnonzero(works.labels == label)
        cosines = np.triu(centred[members] @ centred[members].T, 1)
        pairs = np.argwhere(cosines > alike)
        for pair in pairs[np.argsort(-cosines[tuple(pairs.T)])]:
            one, other = groups[members[pair]]
            if one != other and np.isin(groups, (one, other)).sum() <= LARGEST:
                groups[groups == other] = one
    return dataclasses.replace(works, groups=groups.astype(str))


def prepared_by(mixture: Mixture, given: Photographed, sides: npt.NDArray[np.int64]) -> Prepared:
    """Return what a head is trained on, by a mixture."""
    training = sides == SPLITS.index("train")
    plain = given.fixed[training]
    capture = [view[training] for view in given.capture[: mixture.views]]
    if mixture.turns:
        views = [view for each in capture for view in (plain, each)]
    else:
        views = mixed(plain, capture, mixture.plain)
    return Prepared(given.works, sides, given.fixed, views, given.using)


def right_by(mixture: Mixture, given: Photographed, seed: int) -> Right:
    """Train a head and say which works it tells right."""
    import torch

    recipe = dataclasses.replace(Recipe(), seed=seed, split_seed=seed, **dict(mixture.changes))
    prepared = prepared_by(mixture, given, split(given.works, seed))
    if mixture.plain_mean:
        given, prepared = _standardised(given, prepared)
        recipe = dataclasses.replace(recipe, standardise=False)
    head, _ = fit_head(prepared, recipe)

    def right(features: Features, side: str) -> Bools:
        of = prepared.of(side)
        with torch.inference_mode():
            told = head(torch.from_numpy(features[of])).argmax(dim=1).numpy()
        same: Bools = told == given.works.labels[of]
        return same

    return Right(
        prepared.of("test"),
        (right(given.fixed, "val"), right(given.captured, "val")),
        (right(given.fixed, "test"), right(given.otherwise, "test")),
    )


def _standardised(given: Photographed, prepared: Prepared) -> tuple[Photographed, Prepared]:
    """Bring all features to the mean and standard deviation of plain training works."""
    plain = given.fixed[prepared.of("train")]
    mean, spread = plain.mean(axis=0), np.maximum(plain.std(axis=0), 1e-6)

    def moved(features: Features) -> Features:
        found: Features = (features - mean) / spread
        return found

    given = dataclasses.replace(
        given,
        fixed=moved(given.fixed),
        captured=moved(given.captured),
        otherwise=moved(given.otherwise),
    )
    views = [moved(view) for view in prepared.views]
    return given, dataclasses.replace(prepared, fixed=given.fixed, views=views)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--views", type=int, default=VIEWS)
    parser.add_argument("--alike", type=float, default=0.6, help="cosine of works kept together")
    asked = parser.parse_args()
    using = load_joined(asked.backbone, asked.weights or None)
    given = photographed(open_collection(asked.collection), using, asked.alike, asked.views)
    sizes = np.unique(given.works.groups, return_counts=True)[1]
    print(
        f"{len(given.works)} works, {sizes[sizes > 1].sum()} of them in {(sizes > 1).sum()} groups"
    )
    print("val: clean  captured  mean")
    found = {}
    for mixture in MIXTURES:
        if mixture.views > asked.views:
            continue
        found[mixture] = [right_by(mixture, given, seed) for seed in range(asked.seeds)]
        clean, captured = _val(found[mixture])
        told = f"{clean:.4f}     {captured:.4f}    {(clean + captured) / 2:.4f}"
        print(f"{told}  {mixture}", flush=True)
    least = _val(found[Mixture(0)])[0] - LOSS
    kept = [mixture for mixture in found if _val(found[mixture])[0] >= least]
    best = max(kept, key=lambda mixture: sum(_val(found[mixture])))
    print("test: clean  otherwise  gap")
    for mixture in (Mixture(0), best):
        clean, otherwise = _test(found[mixture])
        print(f"{clean:.4f}      {otherwise:.4f}     {clean - otherwise:.4f}  {mixture}")
    for number, name in enumerate(("clean", "otherwise")):
        apart = _difference(found[best], found[Mixture(0)], number, len(given.works))
        print(f"{name}: {apart}")


def _val(seeds: Sequence[Right]) -> tuple[float, float]:
    """Return mean accuracies on val, clean and captured."""
    clean, captured = (statistics.fmean(each.val[n].mean() for each in seeds) for n in (0, 1))
    return clean, captured


def _test(seeds: Sequence[Right]) -> tuple[float, float]:
    """Return mean accuracies on test, clean and otherwise."""
    clean, otherwise = (statistics.fmean(each.test[n].mean() for each in seeds) for n in (0, 1))
    return clean, otherwise


def _difference(ours: Sequence[Right], plain: Sequence[Right], number: int, works: int) -> str:
    """Tell the difference on test over all seeds, with its 95 % interval over works, paired."""
    won, times = np.zeros(works), np.zeros(works)
    for mine, its in zip(ours, plain, strict=True):
        won[mine.tested] += mine.test[number].astype(float) - its.test[number]
        times[mine.tested] += 1
    mean = won.sum() / times.sum()
    # A work that several seeds test counts as one: a ratio of sums over works.
    half = 1.96 * np.sqrt(((won - mean * times) ** 2).sum()) / times.sum()
    return f"{mean:+.4f} ± {half:.4f}"


if __name__ == "__main__":
    main()
