"""Whether probabilities mean what they say, and how they are made to: temperature scaling.

Source: Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.int64]

BINS = 15
"""Bins of equal width in the calibration error, as in the source."""

COLDEST, HOTTEST = 0.05, 20.0
"""Temperatures beyond these are not looked for."""

DRAWS = 1000
"""Draws of the bootstrap and of the simulated perfect classifier."""


@dataclass(frozen=True)
class Reliability:
    """The works of one bin of confidence.

    Attributes:
        low: Least confidence of the bin.
        high: Largest.
        works: Number of works in it.
        confidence: Their mean confidence; 0 without works.
        accuracy: Share of them classified correctly; 0 without works.
    """

    low: float
    high: float
    works: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How far probabilities can be taken at their word.

    Attributes:
        ece: Expected calibration error: mean over works of |accuracy - confidence| of their bin.
        ece_interval: Its 95 % interval by bootstrap over works. It lies above 0 for a perfect
            classifier as well, since chance adds to the error; see `perfect`.
        perfect: Interval that holds 95 % of the errors that a perfectly calibrated classifier
            with the same confidences would show on as many works.
        nll: Mean negative log-likelihood, natural logarithm.
        nll_interval: Its 95 % interval.
        brier: Mean over works of the squared distance of probabilities to the truth, 0 to 2.
        brier_interval: Its 95 % interval.
        bins: The reliability diagram.
    """

    ece: float
    ece_interval: tuple[float, float]
    perfect: tuple[float, float]
    nll: float
    nll_interval: tuple[float, float]
    brier: float
    brier_interval: tuple[float, float]
    bins: tuple[Reliability, ...]


@dataclass(frozen=True)
class Scaling:
    """Calibration before and after temperature scaling.

    Attributes:
        temperature: What log-probabilities are divided by.
        before: Without it.
        after: With it.
    """

    temperature: float
    before: Calibration
    after: Calibration


def fit_temperature(log_probabilities: Floats, labels: Labels) -> float:
    """Return the temperature at which log-probabilities have the least negative log-likelihood.

    Args:
        log_probabilities: (n, classes) of works that the head was not trained on.
        labels: (n,) their true labels.

    Raises:
        ValueError: Without works.
    """
    from scipy.optimize import minimize_scalar

    if not len(labels):
        raise ValueError("a temperature cannot be fitted without works")
    rows = np.arange(len(labels))

    def loss(logarithm: float) -> float:
        at = tempered(log_probabilities, float(np.exp(logarithm)))
        return -float(at[rows, labels].mean(dtype=np.float64))

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def tempered(log_probabilities: Floats, temperature: float) -> npt.NDArray[np.float32]:
    """Return log-probabilities at a temperature; above 1 they are less sure of themselves.

    The order of classes stays as it is. At 1 / temperature they go back to what they were.

    Args:
        log_probabilities: (n, classes).
        temperature: Above 0.
    """
    from scipy.special import log_softmax

    scaled = np.asarray(log_probabilities, np.float64) / temperature
    normalised: npt.NDArray[np.float32] = log_softmax(scaled, axis=1).astype(np.float32)
    return normalised


def calibration_of(log_probabilities: Floats, labels: Labels, seed: int = 0) -> Calibration:
    """Measure how well probabilities are calibrated.

    Args:
        log_probabilities: (n, classes), n at least 1.
        labels: (n,) true labels.
        seed: Draws the bootstrap and the perfect classifier.
    """
    probabilities = np.exp(np.asarray(log_probabilities, np.float64))
    rows = np.arange(len(labels))
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    loss = -np.asarray(log_probabilities, np.float64)[rows, labels]
    truth = np.eye(probabilities.shape[1])[labels]
    distance = ((probabilities - truth) ** 2).sum(axis=1)
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(labels), (DRAWS, len(labels)))
    lucky = (random.random((DRAWS, len(labels))) < confidence).astype(np.float64)
    return Calibration(
        ece=_error(confidence, right[None])[0],
        ece_interval=_middle([_error(confidence[works], right[works][None])[0] for works in drawn]),
        perfect=_middle(_error(confidence, lucky)),
        nll=float(loss.mean()),
        nll_interval=_middle(loss[drawn].mean(axis=1)),
        brier=float(distance.mean()),
        brier_interval=_middle(distance[drawn].mean(axis=1)),
        bins=_bins(confidence, right),
    )


def _bin_of(confidence: Floats) -> Labels:
    return np.asarray(np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1), np.int64)


def _error(confidence: Floats, right: Floats) -> list[float]:
    """Return the calibration error for each row of `right`, (draws, n), of works as confident."""
    member = np.eye(BINS)[_bin_of(confidence)]
    gaps = np.abs(right @ member - confidence @ member).sum(axis=1) / len(confidence)
    return [float(gap) for gap in gaps]


def _middle(values: Sequence[float] | Floats) -> tuple[float, float]:
    low, high = np.quantile(np.asarray(values), [0.025, 0.975])
    return float(low), float(high)


def _bins(confidence: Floats, right: Floats) -> tuple[Reliability, ...]:
    members, edges = _bin_of(confidence), np.linspace(0, 1, BINS + 1)
    bins = []
    for number in range(BINS):
        inside = members == number
        works = int(inside.sum())
        means = (float(values[inside].mean()) if works else 0.0 for values in (confidence, right))
        bins.append(Reliability(float(edges[number]), float(edges[number + 1]), works, *means))
    return tuple(bins)
