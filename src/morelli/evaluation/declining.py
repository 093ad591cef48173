"""None of these: when to decline a work for being too strange, and how well that does.

How strange a work is, `evaluation/strangeness.py` says.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.evaluation.metrics import wilson_interval

Floats = npt.NDArray[np.float64]

KEPT = 0.95
"""Share of val that is not declined."""


@dataclass(frozen=True)
class Declining:
    """How well strangers are kept apart from known works, neither of which were used in fitting.

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


@dataclass(frozen=True)
class MakerDeclined:
    """Strangers of one maker: how many there are, and the share of them that is declined."""

    works: int
    declined: float


@dataclass(frozen=True)
class StrangersDeclined:
    """How well strangers are declined; the figures are those of `Declining`.

    Attributes:
        works: Number of strangers.
        auroc: Probability that a stranger scores higher than a known work.
        auroc_interval: Its 95 % interval.
        declined: Share of strangers that are declined.
        declined_interval: Its 95 % interval.
        classes: By maker.
    """

    works: int
    auroc: float
    auroc_interval: tuple[float, float]
    declined: float
    declined_interval: tuple[float, float]
    classes: dict[str, MakerDeclined]


@dataclass(frozen=True)
class NoneOfThese:
    """How often a classifier answers "none of these".

    Attributes:
        limit: Scores above it are declined.
        works: Number of test works.
        kept: Share of them that are not declined.
        kept_interval: Its 95 % interval.
        strangers: The same of works by other makers; None if it was not tried on any.
    """

    limit: float
    works: int
    kept: float
    kept_interval: tuple[float, float]
    strangers: StrangersDeclined | None


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
    """Return (n,) whether each work is declined: scores above the threshold, or NaN."""
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
