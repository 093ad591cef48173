"""How unlike a classifier's training works a work is: three distances that err in different ways.

1. Nearest works: the mean distance of the three nearest works of the nearest class, less half of
   the runner-up's. Features are divided by their standard deviations and brought to length 1
   (Sun, Ming, Zhu and Li, Out-of-Distribution Detection with Deep Nearest Neighbors, 2022; here
   class by class).
2. Ridge: the largest answer of a Gaussian kernel's ridge regression of the classes on the same
   features, which falls to 0 away from all works; its negative.
3. Hidden: the relative Mahalanobis distance of the head's hidden values, of length 1 (Ren, Fort,
   Liu, Roy, Padhy and Lakshminarayanan, A Simple Fix to Mahalanobis Distance for Improving
   Near-OOD Detection, 2021), its covariances shrunk.

Each is brought to median 0 and interquartile range 1 over val, and they are added.
`benchmarks/strangers.py` measures others beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from morelli.evaluation.openset import threshold_keeping

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

NEAREST = 3
"""Works of a class whose mean distance counts."""

RUNNER_UP = 0.5
"""Share of the second nearest class's distance that is taken off."""

WIDTH = 256
"""Most dimensions that training works are kept in; fewer if there are fewer works or features."""

NARROW = 3.0
"""Median squared distance of training works, over the squared width of the ridge's kernel."""

PENALTY = 0.1
"""Of the ridge regression."""

SHRUNK = 0.1
"""Share of the hidden covariances that is taken from a ball's."""

MOST = 4_000
"""Most training works behind scale, dimensions and ridge, which bounds memory and time."""

_CHUNK = 4_000_000
"""Numbers in the largest array at a time, which bounds memory."""

_SMALL = ("basis", "works")

_KINDS = dict.fromkeys(("counts", "drawn"), np.int64) | dict.fromkeys(
    ("width", "middle", "spread", "limit"), np.float64
)


@dataclass(frozen=True)
class Strangeness:
    """What it takes to score a work; d features, k dimensions, h hidden values, c classes.

    Attributes:
        scale: (d,) float32, the standard deviation of each feature.
        basis: (d, k) float32 of float16's precision, to which scaled features are projected.
        works: (n, k) float32 of float16's precision, the training works, sorted by class.
        counts: (c,) int64, works of each class.
        drawn: (m,) int64, the works behind the ridge, ascending.
        ridge: (m, c) float32, what each of them adds to the answers.
        width: (1,) float64, the kernel's: exp(-squared distance / width).
        means: (c, h) float32, mean hidden values of each class.
        within: (h, h) float32, makes hidden values white within classes.
        over: (h, h) float32, makes them white over all works.
        middle: (3,) float64, median of each part of the score over val.
        spread: (3,) float64, their interquartile ranges.
        limit: (1,) float64, the score up to which the share `openset.KEPT` of val lies; a work
            above it is declined.
    """

    scale: Array
    basis: Array
    works: Array
    counts: Labels
    drawn: Labels
    ridge: Array
    width: Floats
    means: Array
    within: Array
    over: Array
    middle: Floats
    spread: Floats
    limit: Floats

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return named arrays from which `restored` makes the same again, large ones in float16."""
        return vars(self) | {name: getattr(self, name).astype(np.float16) for name in _SMALL}


def fit_strangeness(
    features: Array,
    hidden: Array,
    labels: Labels,
    val_features: Array,
    val_hidden: Array,
    *,
    seed: int = 0,
) -> Strangeness:
    """Fit the score; strangers are not needed.

    Args:
        features: (n, d) of the training works.
        hidden: (n, h) their values in the head's hidden layer, in eval mode.
        labels: (n,) their labels, from 0; two classes or more, and none without works.
        val_features: (v, d) of works that the head was not trained on.
        val_hidden: (v, h) of the same.
        seed: Draws `MOST` works where there are more, and starts the singular value decomposition.

    Raises:
        ValueError: If there are fewer than two classes, one has no works, or val has none.
    """
    counts = np.bincount(labels)
    if len(counts) < 2 or counts.min() < 1 or not len(val_features):
        raise ValueError("two classes with training works each, and works of val, are needed")
    order = np.argsort(labels, kind="stable")
    drawn = _drawn(counts, seed)
    some = features[order[drawn]]
    deviation = some.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 1e-8, deviation, 1.0).astype(np.float32)
    basis = _rounded(_basis(_of_length_1(some / scale), seed))
    blocks = _blocks(*features.shape)
    works = [_of_length_1(features[order[each]] / scale) @ basis for each in blocks]
    kept = _rounded(np.concatenate(works))
    ridge, width = _ridge(kept[drawn], np.repeat(np.arange(len(counts)), counts)[drawn])
    means, within, over = _whitening(_of_length_1(hidden[order]), counts)
    none, one = np.zeros(3), np.ones(3)
    fitted = Strangeness(
        scale, basis, kept, counts, drawn, ridge, width, means, within, over, none, one, one[:1]
    )
    low, middle, high = np.quantile(_parts(fitted, val_features, val_hidden), [0.25, 0.5, 0.75], 0)
    spread = np.where(high - low > 1e-12, high - low, 1.0)
    fitted = replace(fitted, middle=middle, spread=spread)
    limit = threshold_keeping(score(fitted, val_features, val_hidden))
    return replace(fitted, limit=np.array([limit]))


def restored(arrays: Mapping[str, npt.NDArray[Any]]) -> Strangeness:
    """Return what `Strangeness.arrays` was made from.

    Raises:
        ValueError: If an array is missing, or they do not fit together.
    """
    names = [each.name for each in fields(Strangeness)]
    if set(arrays) != set(names):
        raise ValueError(f"the arrays of a score of strangeness are not {sorted(arrays)}")
    made: dict[str, Any] = {
        name: np.asarray(arrays[name], _KINDS.get(name, np.float32)) for name in names
    }
    found = Strangeness(**made)
    d, k, m, c = len(found.scale), found.basis.shape[-1], len(found.drawn), len(found.counts)
    n, h = int(found.counts.sum()), found.means.shape[-1]
    wanted = [
        (d,),
        (d, k),
        (n, k),
        (c,),
        (m,),
        (m, c),
        (1,),
        (c, h),
        (h, h),
        (h, h),
        (3,),
        (3,),
        (1,),
    ]
    shapes = [each.shape for each in made.values()]
    apart = np.diff(found.drawn, prepend=-1, append=n)
    if shapes != wanted or c < 2 or found.counts.min() < 1 or apart.min() < 1:
        raise ValueError(f"the arrays of a score of strangeness do not fit together: {shapes}")
    return found


def score(strangeness: Strangeness, features: Array, hidden: Array) -> Floats:
    """Return (n,) how unlike the training works these are; larger is stranger, 0 usual on val.

    Args:
        strangeness: As fitted.
        features: (n, d).
        hidden: (n, h) values of the head's hidden layer, in eval mode.
    """
    parts = _parts(strangeness, features, hidden)
    return np.asarray(((parts - strangeness.middle) / strangeness.spread).sum(axis=1), np.float64)


def _parts(strangeness: Strangeness, features: Array, hidden: Array) -> Floats:
    """Return (n, 3), the parts as they are."""
    parts = np.empty((len(features), 3))
    for rows in _blocks(len(features), max(len(strangeness.works), features.shape[1])):
        projected = _of_length_1(features[rows] / strangeness.scale) @ strangeness.basis
        # All had length 1 before they were projected: what is left out adds to the distance.
        squares = np.maximum(2 - 2 * (projected @ strangeness.works.T), 0)
        kernel = np.exp(-squares[:, strangeness.drawn] / np.float32(strangeness.width[0]))
        parts[rows, 0] = _remoteness(np.sqrt(squares), strangeness.counts)
        parts[rows, 1] = -(kernel @ strangeness.ridge).max(axis=1)
        parts[rows, 2] = _relative(strangeness, _of_length_1(hidden[rows]))
    return parts


def _remoteness(distances: Array, counts: Labels) -> Floats:
    """Return (n,) the nearest class's distance less half of the runner-up's."""
    by_class = np.split(distances, np.cumsum(counts)[:-1], axis=1)
    of_class = np.stack([_mean_of_least(each) for each in by_class], axis=1)
    least = np.partition(of_class, 1, axis=1)
    return np.asarray(least[:, 0] - RUNNER_UP * least[:, 1], np.float64)


def _mean_of_least(distances: Array) -> Floats:
    """Return (n,) the mean of each row's `NEAREST` least numbers, or of all if there are fewer."""
    count = min(NEAREST, distances.shape[1])
    return np.asarray(np.partition(distances, count - 1)[:, :count].mean(axis=1), np.float64)


def _relative(strangeness: Strangeness, hidden: Array) -> Floats:
    """Return (n,) squared distance to the nearest class mean, less that to the mean of all."""
    from scipy.spatial.distance import cdist

    means, counts = strangeness.means, strangeness.counts
    middle = np.average(means, axis=0, weights=counts)[None]
    near = cdist(hidden @ strangeness.within, means @ strangeness.within, "sqeuclidean")
    over = cdist(hidden @ strangeness.over, middle @ strangeness.over, "sqeuclidean")
    return np.asarray(near.min(axis=1) - over[:, 0], np.float64)


def _drawn(counts: Labels, seed: int) -> Labels:
    """Return `MOST` works at most, as many of each class as can be, ascending."""
    random = np.random.default_rng(seed)
    turn = np.concatenate([random.permutation(count) for count in counts])
    return np.sort(np.argsort(turn, kind="stable")[:MOST])


def _basis(vectors: Array, seed: int) -> Array:
    """Return (d, k) the right singular vectors of the largest singular values of (n, d)."""
    from sklearn.utils.extmath import randomized_svd

    width = min(WIDTH, *vectors.shape)
    _, _, directions = randomized_svd(vectors, width, random_state=seed % 2**32)
    return np.ascontiguousarray(directions.T, np.float32)


def _ridge(works: Array, labels: Labels) -> tuple[Array, Floats]:
    """Return what each work adds to the answers, (m, c), and the width of the kernel, (1,)."""
    from scipy.linalg import solve

    squares = np.maximum(2 - 2 * (works @ works.T), 0)
    width = max(float(np.median(squares)), 1e-6) / NARROW
    kernel = np.exp(-squares / np.float32(width)) + PENALTY * np.eye(len(works), dtype=np.float32)
    classes = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    return solve(kernel, classes, assume_a="pos").astype(np.float32), np.array([width])


def _whitening(hidden: Array, counts: Labels) -> tuple[Array, Array, Array]:
    """Return class means, (c, h), and what makes values white within classes and over all."""
    means = np.stack([each.mean(axis=0) for each in np.split(hidden, np.cumsum(counts)[:-1])])
    rest = hidden - np.repeat(means, counts, axis=0)
    return means, _white(rest), _white(hidden - hidden.mean(axis=0))


def _white(rest: Array) -> Array:
    """Return (h, h): the inverse root of the shrunk covariance, up to a rotation."""
    spread, axes = np.linalg.eigh(rest.T.astype(np.float64) @ rest / len(rest))
    shrunk = (1 - SHRUNK) * np.maximum(spread, 0) + SHRUNK * max(spread.mean(), 1e-12)
    return np.asarray(axes / np.sqrt(shrunk), np.float32)


def _of_length_1(values: Array) -> Array:
    """Bring rows to length 1. Features are not centred first: then they told strangers less."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, np.float32(1e-12)), np.float32)


def _rounded(values: Array) -> Array:
    """Round as they are saved, so that a score is the same before and after."""
    return values.astype(np.float16).astype(np.float32)


def _blocks(rows: int, width: int) -> list[slice]:
    """Deal rows out to blocks of `_CHUNK` numbers at most."""
    size = max(1, _CHUNK // max(width, 1))
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
