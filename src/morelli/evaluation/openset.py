"""None of these: how unlike a classifier's training works a work is, and when to decline.

The score has two parts that err in different ways: how far the nearest works of the nearest class
are, less half of how far those of the runner-up are; and the entropy of the answer. Each is brought
to median 0 and interquartile range 1 over val, and they are added.

Sources: Sun, Ming, Zhu and Li, Out-of-Distribution Detection with Deep Nearest Neighbors, 2022
(nearest works, by features of length 1; here class by class); Hendrycks and Gimpel, A Baseline for
Detecting Misclassified and Out-of-Distribution Examples, 2017 (the answer's doubt; there by its
largest probability). `benchmarks/strangers.py` measures others beside it.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from morelli.evaluation.metrics import wilson_interval

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

KEPT = 0.95
"""Share of val that is not declined."""

NEAREST = 3
"""Works of a class whose mean distance counts."""

RUNNER_UP = 0.5
"""Share of the second nearest class's distance that is taken off."""

WIDTH = 256
"""Most dimensions that training works are kept in; fewer if there are fewer works or features."""

MOST = 10_000
"""Most training works from which scale and dimensions are taken, which bounds memory and time."""

_CHUNK = 4_000_000
"""Numbers in the largest array at a time, which bounds memory."""


@dataclass(frozen=True)
class Strangeness:
    """What it takes to say how unlike its training works a work is; k dimensions, d features.

    Attributes:
        scale: (d,) float32, the standard deviation of each feature.
        basis: (d, k) float32 of float16's precision, to which scaled features are projected.
        works: (n, k) float32 of float16's precision, the training works, sorted by class.
        counts: (classes,) int64, works of each class.
        middle: (2,) float64, median of each part of the score over val.
        spread: (2,) float64, their interquartile ranges.
    """

    scale: Features
    basis: Features
    works: Features
    counts: Labels
    middle: Floats
    spread: Floats

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return named arrays from which `restored` makes the same again, the large ones small."""
        small = {"basis": self.basis.astype(np.float16), "works": self.works.astype(np.float16)}
        return vars(self) | small


@dataclass(frozen=True)
class Declining:
    """How well strangers are told from known works, neither of which were used in fitting.

    Attributes:
        auroc: Probability that a stranger scores higher than a known work.
        auroc_interval: Its 95 % interval (DeLong et al. 1988), over works; for new painters it is
            too narrow, since works of one painter are alike.
        threshold: Scores above it are declined.
        kept: Share of known works that are not declined.
        kept_interval: Its 95 % interval (Wilson 1927).
        declined: Share of strangers that are declined.
        declined_interval: Its 95 % interval, over works as well.
        known: Number of known works.
        strangers: Number of strangers.
    """

    auroc: float
    auroc_interval: tuple[float, float]
    threshold: float
    kept: float
    kept_interval: tuple[float, float]
    declined: float
    declined_interval: tuple[float, float]
    known: int
    strangers: int

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        intervals = ("auroc_interval", "kept_interval", "declined_interval")
        return asdict(self) | {name: list(getattr(self, name)) for name in intervals}


def fit_strangeness(
    features: Features,
    labels: Labels,
    val_features: Features,
    val_log_probabilities: npt.NDArray[np.float32],
    *,
    seed: int = 0,
) -> Strangeness:
    """Fit the score; strangers are not needed.

    Args:
        features: (n, d) of the training works.
        labels: (n,) their labels, from 0; two classes or more, and none without works.
        val_features: (v, d) of works that the head was not trained on.
        val_log_probabilities: (v, classes), calibrated or not, as `score` will be given them.
        seed: Draws `MOST` works where there are more, and starts the singular value decomposition.

    Raises:
        ValueError: If there are fewer than two classes, one has no works, or val has none.
    """
    counts = np.bincount(labels)
    if len(counts) < 2 or counts.min() < 1 or not len(val_features):
        raise ValueError("two classes with training works each, and works of val, are needed")
    drawn = _drawn(features, seed)
    deviation = drawn.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 1e-8, deviation, 1.0).astype(np.float32)
    basis = _rounded(_basis(_of_length_1(drawn, scale), seed))
    order, blocks = np.argsort(labels, kind="stable"), _blocks(*features.shape)
    works = np.concatenate([_of_length_1(features[order[each]], scale) @ basis for each in blocks])
    fitted = Strangeness(scale, basis, _rounded(works), counts, np.zeros(2), np.ones(2))
    parts = _parts(fitted, val_features, val_log_probabilities)
    low, middle, high = np.quantile(parts, [0.25, 0.5, 0.75], axis=0)
    spread = np.where(high - low > 1e-12, high - low, 1.0)
    return replace(fitted, middle=middle, spread=spread)


def restored(arrays: Mapping[str, npt.NDArray[Any]]) -> Strangeness:
    """Return what `Strangeness.arrays` was made from.

    Raises:
        ValueError: If an array is missing, or they do not fit together.
    """
    if set(arrays) != set(Strangeness.__dataclass_fields__):
        raise ValueError(f"the arrays of a score of strangeness are not {sorted(arrays)}")
    scale, basis, works = (np.asarray(arrays[n], np.float32) for n in ("scale", "basis", "works"))
    middle, spread = (np.asarray(arrays[n], np.float64) for n in ("middle", "spread"))
    counts = np.asarray(arrays["counts"], np.int64)
    width, found = basis.shape[-1], [each.shape for each in (scale, basis, works, middle, spread)]
    wanted = [(len(scale),), (len(scale), width), (int(counts.sum()), width), (2,), (2,)]
    if found != wanted or counts.ndim != 1 or len(counts) < 2 or counts.min() < 1:
        raise ValueError(f"the arrays of a score of strangeness do not fit together: {found}")
    return Strangeness(scale, basis, works, counts, middle, spread)


def score(
    strangeness: Strangeness, features: Features, log_probabilities: npt.NDArray[np.float32]
) -> Floats:
    """Return (n,) how unlike the training works these are; larger is stranger, 0 usual on val.

    Args:
        strangeness: As fitted.
        features: (n, d).
        log_probabilities: (n, classes), calibrated just if they were so for the fit.
    """
    parts = _parts(strangeness, features, log_probabilities)
    return np.asarray(((parts - strangeness.middle) / strangeness.spread).sum(axis=1), np.float64)


def threshold_keeping(scores: Floats, share: float = KEPT) -> float:
    """Return the least score at which a share of works is kept: those that score no higher.

    Equal scores are kept together, so that more than the share may be kept, and never less.

    Args:
        scores: (n,) of works that neither head nor score was trained on; val.
        share: Above 0, at most 1.

    Raises:
        ValueError: Without works, or if a share is impossible.
    """
    if not len(scores) or not 0 < share <= 1:
        raise ValueError(f"{share} of {len(scores)} works: a share above 0, to 1, of one or more")
    kept = max(math.ceil(share * len(scores) - 1e-9), 1)
    return float(np.partition(scores, kept - 1)[kept - 1])


def declined(scores: Floats, threshold: float) -> npt.NDArray[np.bool_]:
    """Return (n,) whether each work is declined: scores above the threshold, or no number."""
    return ~(np.asarray(scores) <= threshold)


def auroc(known: Floats, strangers: Floats) -> float:
    """Return the probability that a stranger scores higher than a known work, ties half."""
    from sklearn.metrics import roc_auc_score

    truth = np.repeat([0, 1], [len(known), len(strangers)])
    return float(roc_auc_score(truth, np.concatenate([known, strangers])))


def auroc_interval(known: Floats, strangers: Floats) -> tuple[float, float]:
    """Return the AUROC's 95 % interval (DeLong, DeLong and Clarke-Pearson 1988), (low, high).

    Without an error its width is 0, and with fewer than two works of either it is (0, 1).
    """
    from scipy.stats import norm, rankdata

    if min(len(known), len(strangers)) < 2:
        return 0.0, 1.0
    ranks = rankdata(np.concatenate([known, strangers]))
    # For each work, the share of the other kind that it stands on the right side of.
    above = (ranks[len(known) :] - rankdata(strangers)) / len(known)
    below = 1 - (ranks[: len(known)] - rankdata(known)) / len(strangers)
    error = math.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    half = float(norm.ppf(0.975)) * error
    return max(float(above.mean()) - half, 0.0), min(float(above.mean()) + half, 1.0)


def declining_of(known: Floats, strangers: Floats, threshold: float) -> Declining:
    """Measure a score on known works (test) and on strangers; both need one at least."""
    kept = int((~declined(known, threshold)).sum())
    gone = int(declined(strangers, threshold).sum())
    return Declining(
        auroc=auroc(known, strangers),
        auroc_interval=auroc_interval(known, strangers),
        threshold=threshold,
        kept=kept / len(known),
        kept_interval=wilson_interval(kept, len(known)),
        declined=gone / len(strangers),
        declined_interval=wilson_interval(gone, len(strangers)),
        known=len(known),
        strangers=len(strangers),
    )


def _parts(
    strangeness: Strangeness, features: Features, log_probabilities: npt.NDArray[np.float32]
) -> Floats:
    """Return (n, 2): distance from the nearest works, and entropy of the answer in nats."""
    from scipy.special import entr

    parts = np.empty((len(features), 2))
    for rows in _blocks(len(features), max(len(strangeness.works), features.shape[1])):
        parts[rows, 0] = _remoteness(strangeness, features[rows])
        parts[rows, 1] = entr(np.exp(log_probabilities[rows].astype(np.float64))).sum(axis=1)
    return parts


def _remoteness(strangeness: Strangeness, features: Features) -> Floats:
    """Return (n,) the nearest class's distance less half of the runner-up's."""
    projected = _of_length_1(features, strangeness.scale) @ strangeness.basis
    # Both had length 1 before they were projected: what the basis leaves out adds to the distance.
    distances = np.sqrt(np.maximum(2 - 2 * (projected @ strangeness.works.T), 0))
    by_class = np.split(distances, np.cumsum(strangeness.counts)[:-1], axis=1)
    of_class = np.stack([_mean_of_least(each) for each in by_class], axis=1)
    least = np.partition(of_class, 1, axis=1)
    return np.asarray(least[:, 0] - RUNNER_UP * least[:, 1], np.float64)


def _mean_of_least(distances: Features) -> Floats:
    """Return (n,) the mean of each row's `NEAREST` least numbers, or of all if there are fewer."""
    count = min(NEAREST, distances.shape[1])
    return np.asarray(np.partition(distances, count - 1)[:, :count].mean(axis=1), np.float64)


def _drawn(features: Features, seed: int) -> Features:
    """Return the features, or if they are many, of as many works as `MOST`."""
    if len(features) <= MOST:
        return features
    return features[np.random.default_rng(seed).permutation(len(features))[:MOST]]


def _basis(vectors: Features, seed: int) -> Features:
    """Return (d, k) the right singular vectors of the largest singular values of (n, d)."""
    from sklearn.utils.extmath import randomized_svd

    width = min(WIDTH, *vectors.shape)
    _, _, directions = randomized_svd(vectors, width, random_state=seed % 2**32)
    return np.ascontiguousarray(directions.T, np.float32)


def _of_length_1(features: Features, scale: Features) -> Features:
    """Return features scaled and brought to length 1; centred first they told strangers less."""
    scaled = features / scale
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(scaled / np.maximum(lengths, np.float32(1e-12)), np.float32)


def _rounded(values: Features) -> Features:
    """Round as they are saved, so that a score is the same before and after."""
    return values.astype(np.float16).astype(np.float32)


def _blocks(rows: int, width: int) -> list[slice]:
    """Deal rows out to blocks of `_CHUNK` numbers at most."""
    size = max(1, _CHUNK // max(width, 1))
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
