"""Shortcuts: how well the class is told from what is not the picture.

A collection gathered from several sources may be scaled and compressed in another way for each
class. A network then learns the scanner, and no split of that collection can show it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.audit.checks.folds import can_be_dealt, dealt
from morelli.data.collection import Collection
from morelli.data.traits import FileTraits
from morelli.evaluation.metrics import wilson_interval

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MOST = 10_000
"""Most works that the trees learn from; of more, as many are drawn by chance."""

TREES = 30

RAISED = 0.05
"""How far above the majority's share an accuracy must be to warn of it."""

APART = 0.25
"""How much commoner a trait must be in one class than in the others to be named."""

SMALL = 224
"""Short side in pixels below which a source is called small: what most networks take in."""

_SQUARE = 0.01
_BORDER = 0.02
_FEWEST = 10
_SIDES = ("left", "top", "right", "bottom")
_NUMBERS = ("width", "height", "byte_count", "sharpness", *(f"border_{side}" for side in _SIDES))
_NAMES = ("format", "mode", "compression", "has_profile", "orientation")


@dataclass(frozen=True)
class Traits:
    """What the source files of works were like, in groups.

    Attributes:
        groups: For each group of traits, (n, traits) numbers; names are replaced by numbers.
        facts: For a few plain facts in words, (n,) whether they hold of a work.
        usual: The commonest short side in pixels, which a fact names; 0 without works.
    """

    groups: dict[str, Floats]
    facts: dict[str, Mask]
    usual: int = 0


@dataclass(frozen=True)
class TraitGroup:
    """What one group of traits tells of the class.

    Attributes:
        name: The group.
        alone: Accuracy from this group alone.
        lost: Accuracy that is lost without it; below 0 where it only disturbs.
    """

    name: str
    alone: float
    lost: float


@dataclass(frozen=True)
class Mark:
    """A fact that holds of one class much more often than of the others.

    Attributes:
        label: The class.
        fact: What holds, in words.
        share: Share of the class's works of which it holds.
        elsewhere: Share of the other classes' works.
    """

    label: int
    fact: str
    share: float
    elsewhere: float


@dataclass(frozen=True)
class Shortcuts:
    """How well the class is told from what is not the picture.

    Attributes:
        works: Works that were told, each by trees that never saw it.
        accuracy: Share told right.
        interval: Its 95 % interval (Wilson 1927), (low, high).
        majority: Share of the commonest class among them.
        groups: Each group of traits, the one that tells most alone first.
        marks: Facts that mark a class, the most telling first.
        usual: The commonest short side in pixels, which a fact names.
        recall: For each class that was told, the share of its works told right.
        warning: What this means and what to do; empty where there is nothing to warn of.
    """

    works: int
    accuracy: float
    interval: tuple[float, float]
    majority: float
    groups: tuple[TraitGroup, ...]
    marks: tuple[Mark, ...]
    usual: int
    recall: dict[int, float]
    warning: str


def source_traits(collection: Collection) -> Traits:
    """Return what the source files of a collection's works were like, in its table's order."""
    table = collection.table([*_NUMBERS, *_NAMES])
    given = {name: np.array(table[name].to_pylist(), np.float64) for name in _NUMBERS}
    width, height = np.maximum(given["width"], 1), np.maximum(given["height"], 1)
    short = np.minimum(width, height)
    groups = {
        "size": [short],
        "aspect": [width / height],
        "bytes": [given["byte_count"], given["byte_count"] / (width * height)],
        "compression": [_numbered(table[name].to_pylist()) for name in _NAMES],
        "sharpness": [given["sharpness"]],
        "borders": _borders(given),
    }
    sides, counts = np.unique(short, return_counts=True)
    usual = int(sides[counts.argmax()]) if len(short) else 0
    numbers = {name: np.stack(each, axis=1) for name, each in groups.items()}
    return Traits(numbers, _facts(given, usual), usual)


def facts_of(traits: FileTraits, usual: int) -> frozenset[str]:
    """Return the facts in words that hold of one image file.

    Args:
        traits: What the file is like.
        usual: The collection's commonest short side in pixels, as its `Shortcuts` say.
    """
    given = {name: np.array([getattr(traits, name)], np.float64) for name in _NUMBERS}
    return frozenset(fact for fact, holds in _facts(given, usual).items() if holds[0])


def _facts(given: Mapping[str, Floats], usual: int) -> dict[str, Mask]:
    """Return for each fact in words (n,) whether it holds; `given` has (n,) of each number."""
    width, height = np.maximum(given["width"], 1), np.maximum(given["height"], 1)
    short = np.minimum(width, height)
    return {
        "exactly square": np.abs(np.log(width / height)) < _SQUARE,
        f"smaller than the commonest short side ({usual} pixels)": short < usual,
        f"smaller than {SMALL} pixels": short < SMALL,
        "bordered": np.max(_borders(given), axis=0, initial=0) >= _BORDER,
    }


def _borders(given: Mapping[str, Floats]) -> list[Floats]:
    """Return the uniform borders of works, (n,) shares of width or height for each side."""
    along = zip(_SIDES, ("width", "height") * 2, strict=True)
    return [given[f"border_{side}"] / np.maximum(given[of], 1) for side, of in along]


def shortcuts(
    traits: Traits, labels: Ints, groups: Ints | None = None, *, seed: int = 0
) -> Shortcuts | None:
    """Tell the class from traits, by forests cross-validated over five folds.

    Args:
        traits: What `source_traits` returns.
        labels: (n,) labels; negative where there is none.
        groups: (n,) works of an equal number are in one fold; by default each is on its own.
        seed: Draws works, folds and trees.

    Returns:
        None where fewer than two classes have works in five groups.
    """
    groups = np.arange(len(labels)) if groups is None else groups
    works = _drawn(can_be_dealt(labels, groups), seed)
    works = works[can_be_dealt(labels[works], groups[works])]
    own = labels[works]
    if len(np.unique(own)) < 2:
        return None
    folds = dealt(own, groups[works], seed=seed)
    parts = {name: each[works] for name, each in traits.groups.items()}
    right = _told_right(list(parts.values()), own, folds, seed)
    accuracy, majority = float(right.mean()), float(np.bincount(own).max() / len(own))
    interval = wilson_interval(int(right.sum()), len(own))
    of_groups = _of_groups(parts, own, folds, seed=seed, accuracy=accuracy)
    return Shortcuts(
        works=len(own),
        accuracy=accuracy,
        interval=interval,
        majority=majority,
        groups=of_groups,
        marks=_marks(traits.facts, labels),
        usual=traits.usual,
        recall={label: float(right[own == label].mean()) for label in np.unique(own).tolist()},
        warning=_warning(accuracy, interval, majority, of_groups),
    )


def _numbered(values: Sequence[object]) -> Floats:
    """Replace names by numbers, the commonest first, so that trees part common from rare."""
    _, inverse, counts = np.unique(
        [str(each) for each in values], return_inverse=True, return_counts=True
    )
    return np.asarray(np.argsort(np.argsort(-counts, kind="stable"))[inverse], np.float64)


def _drawn(usable: Mask, seed: int) -> Ints:
    works = np.flatnonzero(usable)
    if len(works) <= MOST:
        return works
    return np.sort(np.random.default_rng(seed).choice(works, MOST, replace=False))


def _told_right(
    parts: Sequence[Floats], labels: Ints, folds: Sequence[tuple[Ints, Ints]], seed: int
) -> Mask:
    """Return which works a forest tells right that never saw them.

    A forest grows one tree for all classes; boosted trees are as right but grow one for each.
    """
    from sklearn.ensemble import RandomForestClassifier

    joined = np.concatenate(parts, axis=1)
    right = np.zeros(len(labels), bool)
    for train, test in folds:
        model = RandomForestClassifier(TREES, min_samples_leaf=3, random_state=seed, n_jobs=-1)
        told = model.fit(joined[train], labels[train]).predict(joined[test])
        right[test] = told == labels[test]
    return right


def _of_groups(
    parts: dict[str, Floats],
    labels: Ints,
    folds: Sequence[tuple[Ints, Ints]],
    *,
    seed: int,
    accuracy: float,
) -> tuple[TraitGroup, ...]:
    """Return what each group of traits tells alone, and what is lost without it."""
    nothing = np.zeros((len(labels), 1))
    varied = {name: each for name, each in parts.items() if np.ptp(each, axis=0).any()}

    def told(some: Sequence[Floats]) -> float:
        return float(_told_right(some or [nothing], labels, folds, seed).mean())

    found = []
    for name in parts:
        if name not in varied:
            found.append(TraitGroup(name, told([]), 0.0))
            continue
        rest = [each for other, each in varied.items() if other != name]
        found.append(TraitGroup(name, told([varied[name]]), accuracy - told(rest)))
    return tuple(sorted(found, key=lambda each: -each.alone))


def _marks(facts: dict[str, Mask], labels: Ints) -> tuple[Mark, ...]:
    found = []
    for label in np.unique(labels[labels >= 0]).tolist():
        own, others = labels == label, (labels >= 0) & (labels != label)
        if own.sum() < _FEWEST or not others.any():
            continue
        for fact, holds in facts.items():
            share, elsewhere = float(holds[own].mean()), float(holds[others].mean())
            if share - elsewhere >= APART:
                found.append(Mark(label, fact, share, elsewhere))
    return tuple(sorted(found, key=lambda mark: mark.elsewhere - mark.share))


def _warning(
    accuracy: float,
    interval: tuple[float, float],
    majority: float,
    groups: tuple[TraitGroup, ...],
) -> str:
    if interval[0] <= majority + RAISED:
        return ""
    telling = [f"{each.name} ({each.alone:.0%} alone)" for each in groups if each.alone > majority]
    low, high = interval
    return (
        f"Without a look at the picture, {accuracy:.0%} of works ({low:.0%} to {high:.0%}) are "
        "told right from what their files are like; always answering the commonest class gives "
        f"{majority:.0%}. Most telling: {', '.join(telling[:3])}. Accuracy on this collection may "
        "owe as much to how works were photographed, scaled and compressed as to how they were "
        "painted, and no random split shows it, since both sides share it (aspect and sharpness "
        "are in part the work's own). Look at the accuracy on works photographed otherwise, train "
        "with --augment capture, and where a column says the source keep sources apart with "
        "--split-by."
    )
