"""How unlike a classifier's training works a work is: three scores that err in different ways.

1. Ridge: the largest answer of a Gaussian kernel's ridge regression of the classes on the
   features, which falls to 0 away from all works; its negative. Features are divided by their
   standard deviations and brought to length 1.
2. Hidden: the relative Mahalanobis distance of the hidden values of all heads, of length 1 (Ren,
   Fort, Liu, Roy, Padhy and Lakshminarayanan, A Simple Fix to Mahalanobis Distance for Improving
   Near-OOD Detection, 2021), in their principal dimensions, its covariances shrunk.
3. Entropy of the probabilities.

Each is brought to median 0 and interquartile range 1 over val, and they are added.
`benchmarks/strangers.py` measures others beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from morelli.evaluation.declining import threshold_keeping

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

WIDTH = 256
"""Most dimensions that training works are kept in; fewer if there are fewer works or features."""

HIDDEN = 512
"""The same for hidden values."""

NARROW = 3.0
"""Median squared distance of training works, over the squared width of the ridge's kernel."""

PENALTY = 0.1
"""Of the ridge regression."""

SHRUNK = 0.1
"""Share of the hidden covariances that is taken from a ball's."""

MOST = 4_000
"""Most training works behind the score, as many of each class as can be; it bounds memory, time
and the file."""

_CHUNK = 4_000_000
"""Numbers in the largest array at a time, which bounds memory."""

_SMALL = ("basis", "works", "axes")

_DIMENSIONS = (1, 2, 2, 2, 1, 2, 2, 1, 2, 2, 1, 1, 1)
"""Of the arrays of `Strangeness`, in its order."""

_KINDS = dict.fromkeys(("width", "middle", "spread", "limit"), np.float64)


@dataclass(frozen=True)
class Seen:
    """Works as a classifier sees them.

    Attributes:
        features: (n, d).
        hidden: (n, h) values of the hidden layers of all heads side by side, in eval mode.
        log_probabilities: (n, c).
    """

    features: Array
    hidden: Array
    log_probabilities: Array

    def take(self, chosen: Any) -> "Seen":
        """Return the chosen works, by mask or indices."""
        return Seen(self.features[chosen], self.hidden[chosen], self.log_probabilities[chosen])


@dataclass(frozen=True)
class Strangeness:
    """What it takes to score a work; d features, k dimensions of them, h hidden values, l of them.

    Attributes:
        scale: (d,) float32, the standard deviation of each feature.
        basis: (d, k) float32 of float16's precision, to which scaled features are projected.
        works: (m, k) float32 of float16's precision, the training works behind the ridge.
        ridge: (m, c) float32, what each of them adds to the answers for c classes.
        width: (1,) float64, the kernel's: exp(-squared distance / width).
        axes: (h, l) float32 of float16's precision, to which hidden values are projected.
        means: (c, l) float32, mean hidden values of each class, projected.
        overall: (l,) float32, their mean over all works.
        within: (l, l) float32, makes them white within classes.
        over: (l, l) float32, makes them white over all works.
        middle: (3,) float64, median of each part of the score over val.
        spread: (3,) float64, their interquartile ranges.
        limit: (1,) float64, the score up to which the share `declining.KEPT` of val lies; a work
            above it is declined.
    """

    scale: Array
    basis: Array
    works: Array
    ridge: Array
    width: Floats
    axes: Array
    means: Array
    overall: Array
    within: Array
    over: Array
    middle: Floats
    spread: Floats
    limit: Floats

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return named arrays from which `restored` makes the same again, large ones in float16."""
        return vars(self) | {name: getattr(self, name).astype(np.float16) for name in _SMALL}


def fit_strangeness(train: Seen, labels: Labels, val: Seen, *, seed: int = 0) -> Strangeness:
    """Fit the score; strangers are not needed.

    Args:
        train: The training works.
        labels: (n,) their labels, from 0; two classes or more, and none without works.
        val: Works that the head was not trained on.
        seed: Draws `MOST` works where there are more, and starts the singular value decompositions.

    Raises:
        ValueError: If there are fewer than two classes, one has no works, or val has none.
    """
    counts = np.bincount(labels)
    if len(counts) < 2 or counts.min() < 1 or not len(val.features):
        raise ValueError("two classes with training works each, and works of val, are needed")
    import_module("scipy.linalg")  # its threads can be limited once it is there
    from threadpoolctl import threadpool_limits

    chosen = drawn(labels, seed)
    # One thread: the numbers are the same on any number of cores, and on a busy machine several
    # that wait for each other by spinning take many times as long.
    with threadpool_limits(1, "blas"):
        return _fit(train.take(chosen), labels[chosen], val, seed)


def _fit(train: Seen, labels: Labels, val: Seen, seed: int) -> Strangeness:
    """Fit the score on all works given."""
    deviation = train.features.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 1e-8, deviation, 1.0).astype(np.float32)
    vectors = _of_length_1(train.features / scale)
    basis = _basis(vectors, WIDTH, seed)
    works = _rounded(vectors @ basis)
    ridge, width = _ridge(works, labels)
    directions = _of_length_1(train.hidden)
    axes = _basis(directions - directions.mean(axis=0), HIDDEN, seed)
    white = _whitening(directions @ axes, labels)
    none, one = np.zeros(3), np.ones(3)
    fitted = Strangeness(scale, basis, works, ridge, width, axes, *white, none, one, one[:1])
    low, middle, high = np.quantile(_parts(fitted, val), [0.25, 0.5, 0.75], 0)
    spread = np.where(high - low > 1e-12, high - low, 1.0)
    fitted = replace(fitted, middle=middle, spread=spread)
    return replace(fitted, limit=np.array([threshold_keeping(score(fitted, val))]))


def restored(arrays: Mapping[str, npt.NDArray[Any]]) -> Strangeness:
    """Return what `Strangeness.arrays` was made from.

    Raises:
        ValueError: If an array is missing, or they do not fit together.
    """
    names = [array.name for array in fields(Strangeness)]
    if set(arrays) != set(names):
        raise ValueError(f"the arrays of a score of strangeness are not {sorted(arrays)}")
    typed: dict[str, Any] = {
        name: np.asarray(arrays[name], _KINDS.get(name, np.float32)) for name in names
    }
    strangeness, shapes = Strangeness(**typed), [array.shape for array in typed.values()]
    if tuple(map(len, shapes)) != _DIMENSIONS or shapes != _fitting(strangeness):
        raise ValueError(f"the arrays of a score of strangeness do not fit together: {shapes}")
    return strangeness


def _fitting(strangeness: Strangeness) -> list[tuple[int, ...]]:
    """Return the shapes that all arrays have if they fit the main ones."""
    basis, ridge, axes = strangeness.basis, strangeness.ridge, strangeness.axes
    (d, k), (m, c), (h, n) = basis.shape, ridge.shape, axes.shape
    c, m = max(c, 2), max(m, 1)
    wanted = [(d,), (d, k), (m, k), (m, c), (1,), (h, n), (c, n), (n,), (n, n), (n, n)]
    return [*wanted, (3,), (3,), (1,)]


def score(strangeness: Strangeness, seen: Seen) -> Floats:
    """Return (n,) how unlike the training works these are; larger is stranger, about 0 usual."""
    parts = (_parts(strangeness, seen) - strangeness.middle) / strangeness.spread
    return np.asarray(parts.sum(axis=1), np.float64)


def _parts(strangeness: Strangeness, seen: Seen) -> Floats:
    """Return (n, 3), the parts as they are."""
    from scipy.special import entr

    parts = np.empty((len(seen.features), 3))
    for rows in _blocks(len(seen.features), max(len(strangeness.works), seen.features.shape[1])):
        projected = _of_length_1(seen.features[rows] / strangeness.scale) @ strangeness.basis
        # All had length 1 before they were projected: what is left out adds to the distance.
        squares = np.maximum(2 - 2 * (projected @ strangeness.works.T), 0)
        kernel = np.exp(-squares / np.float32(strangeness.width[0]))
        parts[rows, 0] = -(kernel @ strangeness.ridge).max(axis=1)
        parts[rows, 1] = _relative(strangeness, _of_length_1(seen.hidden[rows]) @ strangeness.axes)
        parts[rows, 2] = entr(np.exp(seen.log_probabilities[rows].astype(np.float64))).sum(axis=1)
    return parts


def _relative(strangeness: Strangeness, hidden: Array) -> Floats:
    """Return (n,) squared distance to the nearest class mean, less that to the mean of all."""
    from scipy.spatial.distance import cdist

    within, over = strangeness.within, strangeness.over
    near = cdist(hidden @ within, strangeness.means @ within, "sqeuclidean")
    all_of_them = cdist(hidden @ over, (strangeness.overall @ over)[None], "sqeuclidean")
    return np.asarray(near.min(axis=1) - all_of_them[:, 0], np.float64)


def drawn(labels: Labels, seed: int) -> Labels:
    """Return the indices of `MOST` works at most, as many of each class as can be, ascending."""
    order = np.random.default_rng(seed).permutation(len(labels))
    shuffled = labels[order]
    turn = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        members = order[shuffled == label]
        turn[members] = np.arange(len(members))
    return np.sort(np.argsort(turn, kind="stable")[:MOST])


def _basis(vectors: Array, width: int, seed: int) -> Array:
    """Return (d, k) the right singular vectors of the largest singular values of (n, d)."""
    from sklearn.utils.extmath import randomized_svd

    width = min(width, *vectors.shape)
    _, _, directions = randomized_svd(vectors, width, random_state=seed % 2**32)
    return _rounded(np.ascontiguousarray(directions.T, np.float32))


def _ridge(works: Array, labels: Labels) -> tuple[Array, Floats]:
    """Return what each work adds to the answers, (m, c), and the width of the kernel, (1,)."""
    from scipy.linalg import solve

    squares = np.maximum(2 - 2 * (works @ works.T), 0)
    width = max(float(np.median(squares)), 1e-6) / NARROW
    kernel = np.exp(-squares / np.float32(width)) + PENALTY * np.eye(len(works), dtype=np.float32)
    classes = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    return solve(kernel, classes, assume_a="pos").astype(np.float32), np.array([width])


def _whitening(hidden: Array, labels: Labels) -> tuple[Array, Array, Array, Array]:
    """Return means of classes and of all; what makes values white within classes; over all."""
    means = np.stack([hidden[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
    overall = hidden.mean(axis=0)
    return means, overall, _white(hidden - means[labels]), _white(hidden - overall)


def _white(rest: Array) -> Array:
    """Return (h, h): the inverse root of the shrunk covariance, up to a rotation."""
    spread, axes = np.linalg.eigh(rest.T.astype(np.float64) @ rest / len(rest))
    shrunk = (1 - SHRUNK) * np.maximum(spread, 0) + SHRUNK * max(spread.mean(), 1e-12)
    return np.asarray(axes / np.sqrt(shrunk), np.float32)


def _of_length_1(values: Array) -> Array:
    """Bring rows to length 1; features centred first kept strangers less well apart."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, np.float32(1e-12)), np.float32)


def _rounded(values: Array) -> Array:
    """Round as they are saved, so that a score is the same before and after."""
    return values.astype(np.float16).astype(np.float32)


def _blocks(rows: int, width: int) -> list[slice]:
    """Deal rows out to blocks of `_CHUNK` numbers at most."""
    size = max(1, _CHUNK // max(width, 1))
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
