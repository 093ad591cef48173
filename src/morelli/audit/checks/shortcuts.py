"""Shortcuts: how well the class is predicted from what is not the picture.

A collection gathered from several sources may be scaled and compressed in another way for each
class. A network then learns the scanner, and no split of that collection can show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.audit.checks.folds import can_be_dealt, dealt
from morelli.audit.checks.traits import Traits
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

_FEWEST = 10
"""Works of a class below which no fact marks it."""


@dataclass(frozen=True)
class TraitGroup:
    """How well one group of traits predicts the class.

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
    """How well the class is predicted from what is not the picture.

    Attributes:
        works: Works that were classified, by trees that never saw them.
        accuracy: Share classified correctly.
        interval: Its 95 % interval (Wilson 1927), (low, high).
        majority: Share of the commonest class among them.
        groups: Each group of traits, the one that predicts best alone first.
        marks: Facts that mark a class, the most telling first.
        usual: The commonest short side in pixels, which a fact names.
        recall: For each class, the share of its works classified correctly.
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


def shortcuts(
    traits: Traits, labels: Ints, groups: Ints | None = None, *, seed: int = 0
) -> Shortcuts | None:
    """Predict the class from traits, by forests cross-validated over five folds.

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
    parts = {name: values[works] for name, values in traits.groups.items()}
    right = _correct(list(parts.values()), own, folds, seed)
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


def _drawn(usable: Mask, seed: int) -> Ints:
    works = np.flatnonzero(usable)
    if len(works) <= MOST:
        return works
    return np.sort(np.random.default_rng(seed).choice(works, MOST, replace=False))


def _correct(
    parts: Sequence[Floats], labels: Ints, folds: Sequence[tuple[Ints, Ints]], seed: int
) -> Mask:
    """Return which works a forest that never saw them classifies correctly.

    A forest grows one tree for all classes; boosted trees are as right but grow one for each.
    """
    from sklearn.ensemble import RandomForestClassifier

    joined = np.concatenate(parts, axis=1)
    right = np.zeros(len(labels), bool)
    for train, test in folds:
        model = RandomForestClassifier(TREES, min_samples_leaf=3, random_state=seed, n_jobs=-1)
        predicted = model.fit(joined[train], labels[train]).predict(joined[test])
        right[test] = predicted == labels[test]
    return right


def _of_groups(
    parts: dict[str, Floats],
    labels: Ints,
    folds: Sequence[tuple[Ints, Ints]],
    *,
    seed: int,
    accuracy: float,
) -> tuple[TraitGroup, ...]:
    """Return how well each group of traits predicts alone, and what is lost without it."""
    nothing = np.zeros((len(labels), 1))
    varied = {name: values for name, values in parts.items() if np.ptp(values, axis=0).any()}

    def accuracy_from(some: Sequence[Floats]) -> float:
        return float(_correct(some or [nothing], labels, folds, seed).mean())

    groups = []
    for name in parts:
        if name not in varied:
            groups.append(TraitGroup(name, accuracy_from([]), 0.0))
            continue
        rest = [values for other, values in varied.items() if other != name]
        alone = accuracy_from([varied[name]])
        groups.append(TraitGroup(name, alone, accuracy - accuracy_from(rest)))
    return tuple(sorted(groups, key=lambda group: -group.alone))


def _marks(facts: dict[str, Mask], labels: Ints) -> tuple[Mark, ...]:
    marks = []
    for label in np.unique(labels[labels >= 0]).tolist():
        own, others = labels == label, (labels >= 0) & (labels != label)
        if own.sum() < _FEWEST or not others.any():
            continue
        for fact, holds in facts.items():
            share, elsewhere = float(holds[own].mean()), float(holds[others].mean())
            if share - elsewhere >= APART:
                marks.append(Mark(label, fact, share, elsewhere))
    return tuple(sorted(marks, key=lambda mark: mark.elsewhere - mark.share))


def _warning(
    accuracy: float,
    interval: tuple[float, float],
    majority: float,
    groups: tuple[TraitGroup, ...],
) -> str:
    if interval[0] <= majority + RAISED:
        return ""
    telling = [
        f"{group.name} ({group.alone:.0%} alone)" for group in groups if group.alone > majority
    ]
    low, high = interval
    return (
        f"Without a look at the picture, {accuracy:.0%} of works ({low:.0%} to {high:.0%}) are "
        "classified correctly from what their files are like; always answering the commonest "
        "class gives "
        f"{majority:.0%}. Most telling: {', '.join(telling[:3])}. Accuracy on this collection may "
        "owe as much to how works were photographed, scaled and compressed as to how they were "
        "painted, and no random split shows it, since both sides share it (aspect and sharpness "
        "are in part the work's own). Look at the accuracy on works photographed otherwise, train "
        "with --augment capture, and where a column names the source keep sources apart with "
        "--split-by."
    )
