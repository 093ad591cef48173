"""Scores of being unlike the training works, for `strangers.py`: published ones and own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import entr, logsumexp
from sklearn.utils.extmath import randomized_svd

from morelli.evaluation import strangeness
from morelli.evaluation.strangeness import fit_strangeness, score

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Works as heads see them, a row each.

    Attributes:
        features: (n, d).
        hidden: (n, h) hidden values of all heads side by side.
        logits: (n, c) mean logits of the heads.
        told: (n, c) log-probabilities, at the temperature fitted on val.
    """

    features: Array
    hidden: Array
    logits: Array
    told: Array


Score = Callable[[Seen], Floats]
"""Larger is stranger."""


@dataclass(frozen=True)
class Known:
    """What a score may learn from."""

    train: Seen
    labels: Labels
    val: Seen

    def means(self, values: Array) -> Array:
        """Return (classes, d) mean of each class."""
        return np.stack([values[self.labels == c].mean(axis=0) for c in range(self.classes)])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.labels.max()) + 1


View = Callable[[Seen], Array]
"""What of a work is looked at."""


def length_1(values: Array) -> Array:
    """Bring rows to length 1."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, np.float32(1e-12)), np.float32)


def features(
    known: Known, *, scaled: bool = True, centred: bool = False, unit: bool = True
) -> View:
    """Return features, scaled by their standard deviations, centred, of length 1, as asked."""
    mean, deviation = known.train.features.mean(axis=0), known.train.features.std(axis=0)
    scale = np.where(deviation > 1e-6, deviation, 1) if scaled else np.ones_like(deviation)

    def view(seen: Seen) -> Array:
        values = ((seen.features - mean if centred else seen.features) / scale).astype(np.float32)
        return length_1(values) if unit else values

    return view


def hidden(known: Known) -> View:
    """Return the head's hidden values, of length 1."""
    return lambda seen: length_1(seen.hidden)


def principal(known: Known, view: View, width: int) -> tuple[View, View]:
    """Return the view's largest dimensions (Jolliffe 2002), and the length of what is left out."""
    values = view(known.train)
    mean = values.mean(axis=0)
    _, _, rows = randomized_svd(values - mean, min(width, *values.shape), random_state=0)
    basis = rows.T.astype(np.float32)

    def left(seen: Seen) -> Array:
        off = view(seen) - mean
        squared = (off**2).sum(axis=1) - ((off @ basis) ** 2).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(squared, 0)), np.float32)

    return lambda seen: (view(seen) - mean) @ basis, left


def squares(a: Array, b: Array) -> Array:
    """Return (a, b) squared distances."""
    both = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)
    return np.asarray(np.maximum(both - 2 * (a @ b.T), 0), np.float32)


def of_least(distances: Array, count: int) -> Array:
    """Return the mean of each row's least numbers."""
    count = min(count, distances.shape[1])
    return np.asarray(np.partition(distances, count - 1)[:, :count].mean(axis=1), np.float32)


def nearest(known: Known, view: View, count: int) -> Score:
    """Distance to the nearest works (Sun et al. 2022)."""
    works = view(known.train)
    return lambda seen: of_least(np.sqrt(squares(view(seen), works)), count).astype(np.float64)


def class_nearest(known: Known, view: View, runner_up: float = 0.5, count: int = 3) -> Score:
    """Distance to the nearest works of the nearest class, less a share of the runner-up's."""
    works = view(known.train)

    def told(seen: Seen) -> Floats:
        distances = np.sqrt(squares(view(seen), works))
        each = [of_least(distances[:, known.labels == c], count) for c in range(known.classes)]
        least = np.partition(np.stack(each, axis=1), 1, axis=1)
        return np.asarray(least[:, 0] - runner_up * least[:, 1], np.float64)

    return told


def local_outlier(known: Known, view: View, count: int = 5) -> Score:
    """Distance to the nearest works over their own such distance (Breunig et al. 2000)."""
    works = view(known.train)
    own = squares(works, works)
    np.fill_diagonal(own, np.inf)
    usual = of_least(np.sqrt(own), count)

    def told(seen: Seen) -> Floats:
        distances = np.sqrt(squares(view(seen), works))
        near = np.argpartition(distances, count, axis=1)[:, :count]
        return np.asarray(of_least(distances, count) / usual[near].mean(axis=1), np.float64)

    return told


def mahalanobis(known: Known, view: View, shrunk: float, *, relative: bool) -> Score:
    """Distance to the nearest class mean (Lee et al. 2018); less that to all (Ren et al. 2021)."""
    values = view(known.train)
    means, middle = known.means(values), values.mean(axis=0, keepdims=True)

    def whitened(rest: Array) -> Array:
        spread, axes = np.linalg.eigh((rest.T @ rest / len(rest)).astype(np.float64))
        return np.asarray(
            axes / np.sqrt((1 - shrunk) * spread + shrunk * spread.mean()), np.float32
        )

    within, over = whitened(values - means[known.labels]), whitened(values - middle)

    def told(seen: Seen) -> Floats:
        there = view(seen)
        near = squares(there @ within, means @ within).min(axis=1)
        return np.asarray(near - relative * squares(there @ over, middle @ over)[:, 0], np.float64)

    return told


def residual(known: Known, width: int, *, logits: bool) -> Score:
    """Length outside the principal space; with logits it is ViM (Wang et al. 2022)."""
    _, left = principal(known, features(known, centred=True, unit=False), width)
    share = known.train.logits.max(axis=1).mean() / left(known.train).mean()

    def told(seen: Seen) -> Floats:
        virtual = share * left(seen).astype(np.float64)
        return np.asarray(virtual - logits * logsumexp(seen.logits, axis=1), np.float64)

    return told


def kernel_ridge(known: Known, view: View, narrow: float = 3.0, penalty: float = 0.1) -> Score:
    """Largest answer of a Gaussian kernel's ridge regression to the classes: 0 far from all."""
    works = view(known.train)
    own = squares(works, works)
    width = np.median(own) / narrow
    solved = np.linalg.solve(
        np.exp(-own.astype(np.float64) / width) + penalty * np.eye(len(own)),
        np.eye(known.classes)[known.labels],
    )
    return lambda seen: -(np.exp(-squares(view(seen), works) / width) @ solved).max(axis=1)


def entropy(seen: Seen) -> Floats:
    """Entropy of the answer."""
    return np.asarray(entr(np.exp(seen.told.astype(np.float64))).sum(axis=1), np.float64)


def energy(seen: Seen) -> Floats:
    """Free energy of the logits (Liu et al. 2020)."""
    return -np.asarray(logsumexp(seen.logits.astype(np.float64), axis=1), np.float64)


def morellis(known: Known) -> Score:
    """Morelli's own, as `evaluation/strangeness.py` has it."""
    train, val = as_seen(known.train), as_seen(known.val)
    fitted = fit_strangeness(train, known.labels, val)
    return lambda seen: score(fitted, as_seen(seen))


def as_seen(seen: Seen) -> strangeness.Seen:
    """Return works as Morelli's own score takes them."""
    return strangeness.Seen(seen.features, seen.hidden, seen.told)


SCORES: dict[str, Callable[[Known], Score]] = {
    "largest probability": lambda _: lambda seen: -seen.told.max(axis=1).astype(np.float64),
    "entropy": lambda _: entropy,
    "largest logit": lambda _: lambda seen: -seen.logits.max(axis=1).astype(np.float64),
    "energy": lambda _: energy,
    "nearest 1": lambda known: nearest(known, features(known, scaled=False), 1),
    "nearest 5": lambda known: nearest(known, features(known, scaled=False), 5),
    "nearest 5, scaled": lambda known: nearest(known, features(known), 5),
    "nearest 5, standardised": lambda known: nearest(known, features(known, centred=True), 5),
    "nearest 5, hidden": lambda known: nearest(known, hidden(known), 5),
    "local outlier factor": lambda known: local_outlier(known, features(known)),
    "nearest class": lambda known: class_nearest(known, features(known), 0.0),
    "nearest class, less runner-up": lambda known: class_nearest(known, features(known), 1.0),
    "nearest class, less half": lambda known: class_nearest(known, features(known)),
    "the same, not scaled": lambda known: class_nearest(known, features(known, scaled=False)),
    "the same, standardised": lambda known: class_nearest(known, features(known, centred=True)),
    "the same, hidden": lambda known: class_nearest(known, hidden(known)),
    "kernel ridge": lambda known: kernel_ridge(known, features(known)),
    "Mahalanobis, 512 dimensions": lambda known: mahalanobis(
        known, principal(known, features(known), 512)[0], 0.1, relative=False
    ),
    "relative, 512 dimensions": lambda known: mahalanobis(
        known, principal(known, features(known), 512)[0], 0.1, relative=True
    ),
    "Mahalanobis, hidden": lambda known: mahalanobis(
        known, principal(known, hidden(known), 512)[0], 0.1, relative=False
    ),
    "relative, hidden": lambda known: mahalanobis(
        known, principal(known, hidden(known), 512)[0], 0.1, relative=True
    ),
    "residual of 256": lambda known: residual(known, 256, logits=False),
    "ViM, 256": lambda known: residual(known, 256, logits=True),
    "Morelli": morellis,
}
"""Each score: learns from what is known."""

_NEAR, _RIDGE, _HIDDEN = "nearest class, less half", "kernel ridge", "relative, hidden"

TOGETHER = (
    (_NEAR, "energy"),
    (_NEAR, "entropy"),
    (_NEAR, _HIDDEN),
    (_NEAR, _RIDGE),
    (_NEAR, _RIDGE, _HIDDEN),
    (_NEAR, _RIDGE, "entropy"),
    (_NEAR, _HIDDEN, "entropy"),
    (_RIDGE, "entropy"),
    (_RIDGE, _HIDDEN),
)
"""Scores that are added, each brought to median 0 and interquartile range 1 over val."""

NAMES = (*SCORES, *(" + ".join(names) for names in TOGETHER))
"""All of them."""


def scored(known: Known, *others: Seen) -> dict[str, list[Floats]]:
    """Return by name the scores of val and of other works."""
    found = {}
    for name, made in SCORES.items():
        told = made(known)
        found[name] = [told(each) for each in (known.val, *others)]
    for names in TOGETHER:
        brought = [_brought(found[name]) for name in names]
        found[" + ".join(names)] = [sum(each) for each in zip(*brought, strict=True)]
    return found


def _brought(scores: list[Floats]) -> list[Floats]:
    low, middle, high = np.quantile(scores[0], [0.25, 0.5, 0.75])
    return [(each - middle) / (high - low) for each in scores]
