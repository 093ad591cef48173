"""Is one set of predictions better than another on the same works, or is it chance?

Sources: McNemar, "Note on the sampling error of the difference between correlated proportions or
percentages", 1947 (here in its exact form); Holm, "A simple sequentially rejective multiple test
procedure", 1979; Efron, "Bootstrap methods: another look at the jackknife", 1979.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RESAMPLES = 2_000
"""Resamples behind an interval."""

_CHUNK = 4_000_000
"""Numbers in the largest array at a time, which bounds memory."""


@dataclass(frozen=True)
class Difference:
    """A figure of the first minus that of the second, with its 95 % interval.

    Attributes:
        value: Above 0 where the first is better.
        low: The interval's lower end.
        high: Its upper end.
    """

    value: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Pair:
    """Two sets of predictions on the same works.

    Attributes:
        first: Which is the first, by number.
        second: Which is the second.
        both: Works that both classify correctly.
        only_first: Works that only the first classifies correctly.
        only_second: Works that only the second classifies correctly.
        neither: Works that neither classifies correctly.
        accuracy: Difference in accuracy.
        macro_f1: Difference in macro-F1.
        p: Probability of a difference in accuracy at least this large by chance, as `mcnemar` has
            it.
        p_holm: The same, corrected by `holm` for all pairs compared at once.
        won: For each class, its works that only the first classifies correctly.
        lost: For each class, its works that only the second classifies correctly.
    """

    first: int
    second: int
    both: int
    only_first: int
    only_second: int
    neither: int
    accuracy: Difference
    macro_f1: Difference
    p: float
    p_holm: float
    won: tuple[int, ...]
    lost: tuple[int, ...]


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p of McNemar's exact test (McNemar 1947).

    If neither is better, a work that just one classifies correctly is as likely to be either's.

    Args:
        only_first: Works that only the first classifies correctly.
        only_second: Works that only the second classifies correctly.

    Returns:
        The probability of numbers at least this unequal; 1 if there are no such works.
    """
    from scipy.stats import binomtest

    works = only_first + only_second
    return float(binomtest(only_first, works, 0.5).pvalue) if works else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """Correct p of several tests so that one error among all is as rare as in one (Holm 1979).

    Args:
        p: Those of all tests.

    Returns:
        The corrected ones in the same order, at most 1.
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(raised, 1.0)
    return [float(value) for value in corrected]


def compare_predictions(
    labels: Ints, predicted: Ints, classes: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> list[Pair]:
    """Compare every set of predictions with every later one: (0, 1), (0, 2), ..., (1, 2), ...

    Args:
        labels: (n,) true labels; at least one.
        predicted: (sets, n) predicted labels.
        classes: Number of classes.
        resamples: Resamples behind the intervals.
        seed: Draws them; the same works are drawn for every set.
    """
    right = predicted == labels
    pairs = list(combinations(range(len(predicted)), 2))
    only = [(right[a] & ~right[b], right[b] & ~right[a]) for a, b in pairs]
    p = [mcnemar(int(first.sum()), int(second.sum())) for first, second in only]
    figures, draws = _figures(labels, predicted, classes, resamples, seed)
    compared = []
    for (a, b), (first, second), own, corrected in zip(pairs, only, p, holm(p), strict=True):
        accuracy, macro_f1 = map(_difference, figures[a] - figures[b], draws[a] - draws[b])
        compared.append(
            Pair(
                first=a,
                second=b,
                both=int((right[a] & right[b]).sum()),
                only_first=int(first.sum()),
                only_second=int(second.sum()),
                neither=int((~right[a] & ~right[b]).sum()),
                accuracy=accuracy,
                macro_f1=macro_f1,
                p=own,
                p_holm=corrected,
                won=tuple(np.bincount(labels[first], minlength=classes).tolist()),
                lost=tuple(np.bincount(labels[second], minlength=classes).tolist()),
            )
        )
    return compared


def most_different(first: Floats, second: Floats, count: int = 10) -> list[int]:
    """Return where the first is furthest above the second, furthest first.

    Args:
        first: (n,) the first's probability of each work's true class.
        second: (n,) the second's.
        count: Most to return.
    """
    above = first - second
    order = np.argsort(-above, kind="stable")[:count]
    return [int(work) for work in order if above[work] > 0]


def _difference(value: float, drawn: Floats) -> Difference:
    """Return a difference with its percentile interval (Efron 1979).

    In simulation the bias-corrected one (Efron 1987) covers macro-F1 no better. Either is too
    narrow for macro-F1 where many classes have hardly a work.
    """
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Difference(float(value), float(low), float(high))


def _figures(
    labels: Ints, predicted: Ints, classes: int, resamples: int, seed: int
) -> tuple[Floats, Floats]:
    """Return accuracy and macro-F1 of all works, (sets, 2), and of resamples of them.

    A resample is a count of every work; all sums over its works are one product of matrices.

    Returns:
        The second is (sets, 2, resamples).
    """
    works, random = len(labels), np.random.default_rng(seed)
    members = [_members(labels, own, classes) for own in predicted]
    chunks = [_accuracy_and_f1(members, np.ones((1, works)))]
    chunk = max(1, _CHUNK // max(works, 3 * classes))
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = random.integers(works, size=(rows, works))
        drawn += np.arange(rows)[:, None] * works
        counts = np.bincount(drawn.ravel(), minlength=rows * works).reshape(rows, works)
        chunks.append(_accuracy_and_f1(members, counts.astype(np.float64)))
    joined = np.concatenate(chunks, axis=2)
    return joined[:, :, 0], joined[:, :, 1:]


def _members(labels: Ints, predicted: Ints, classes: int) -> Any:
    """Return a sparse (n, 3 x classes) array of ones: rightly, predicted and truly of a class."""
    from scipy.sparse import csr_array

    works = np.arange(len(labels))
    right = works[labels == predicted]
    rows = np.concatenate([right, works, works])
    columns = np.concatenate([labels[right], classes + predicted, 2 * classes + labels])
    return csr_array((np.ones(len(rows)), (rows, columns)), (len(labels), 3 * classes))


def _accuracy_and_f1(members: Sequence[Any], counts: Floats) -> Floats:
    """Return accuracy and macro-F1 of each set, (sets, 2, resamples).

    Args:
        members: For each set, as `_members` has them.
        counts: (resamples, n) how often each work was drawn.
    """
    return np.stack([_of_sums(*np.split(counts @ member, 3, axis=1)) for member in members])


def _of_sums(right: Floats, predicted: Floats, true: Floats) -> Floats:
    """Return accuracy and macro-F1, (2, resamples), from numbers of works by class.

    As in `metrics.measure`, the F1 of a class that neither occurs nor is predicted is 0.
    """
    f1 = 2 * right / np.maximum(predicted + true, 1)
    return np.stack([right.sum(axis=1) / true.sum(axis=1), f1.mean(axis=1)])
