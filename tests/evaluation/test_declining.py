"""None of these: declining follows its threshold, and what it comes to is counted."""

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from morelli.data.records import as_json, from_json
from morelli.evaluation.declining import (
    Declining,
    auroc,
    auroc_interval,
    declined,
    declining_of,
    threshold_keeping,
)

Floats = npt.NDArray[np.float64]

SCORES = arrays(
    np.float64, st.integers(1, 40), elements=st.floats(-9, 9).map(lambda x: round(x, 1))
)


@given(scores=SCORES, low=st.floats(-10, 10), more=st.floats(0, 5))
def test_a_higher_threshold_never_declines_a_work_that_a_lower_one_kept(
    scores: Floats, low: float, more: float
) -> None:
    before, after = declined(scores, low), declined(scores, low + more)

    assert not (after & ~before).any()


@given(scores=SCORES, share=st.floats(0.01, 1))
def test_the_threshold_is_the_least_that_keeps_the_share(scores: Floats, share: float) -> None:
    threshold = threshold_keeping(scores, share)

    assert (~declined(scores, threshold)).mean() >= share - 1e-9
    assert (~declined(scores, np.nextafter(threshold, -np.inf))).mean() < share


@given(scores=SCORES, first=st.floats(0.01, 1), second=st.floats(0.01, 1))
def test_keeping_a_larger_share_never_declines_more(
    scores: Floats, first: float, second: float
) -> None:
    low, high = sorted((first, second))

    assert threshold_keeping(scores, low) <= threshold_keeping(scores, high)


def test_of_a_hundred_works_95_are_kept_and_of_equal_ones_all() -> None:
    assert threshold_keeping(np.arange(100.0)) == 94
    assert threshold_keeping(np.arange(20.0)) == 18
    assert not declined(np.ones(5), threshold_keeping(np.ones(5))).any()


@pytest.mark.parametrize(("works_", "share"), [(0, 0.95), (3, 0.0), (3, 1.1), (3, math.nan)])
def test_a_share_of_nothing_and_an_impossible_share_are_refused(works_: int, share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        threshold_keeping(np.zeros(works_), share)


def test_a_score_that_is_no_number_is_declined() -> None:
    assert declined(np.array([1.0, np.nan, 3.0]), 2.0).tolist() == [False, True, True]


@given(known=SCORES, strangers=SCORES)
def test_auroc_is_the_share_of_pairs_in_order_and_its_interval_delongs(
    known: Floats, strangers: Floats
) -> None:
    pairs = (strangers[:, None] > known) + 0.5 * (strangers[:, None] == known)

    low, high = auroc_interval(known, strangers)

    assert auroc(known, strangers) == pytest.approx(pairs.mean())
    if min(pairs.shape) < 2:
        assert (low, high) == (0, 1)
        return
    error = math.sqrt(
        pairs.mean(axis=1).var(ddof=1) / len(strangers)
        + pairs.mean(axis=0).var(ddof=1) / len(known)
    )
    assert low == pytest.approx(max(pairs.mean() - 1.959964 * error, 0), abs=1e-6)
    assert high == pytest.approx(min(pairs.mean() + 1.959964 * error, 1), abs=1e-6)


def test_the_interval_holds_the_true_auroc_about_95_times_in_100() -> None:
    random = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        low, high = auroc_interval(random.normal(0, 1, 80), random.normal(1, 1, 60))
        held += low <= 0.7602499389 <= high  # the normal distribution's at 1 / sqrt(2)

    assert 0.92 <= held / 400 <= 0.98


def test_what_declining_comes_to_is_counted_and_goes_to_json_and_back() -> None:
    known, strangers = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.5, 2.5, 4.0])

    found = declining_of(known, strangers, threshold=2.0)

    assert (found.kept, found.declined) == (3 / 4, 2 / 3)
    assert found.auroc == pytest.approx((2 + 3 + 4) / 12)
    assert (found.known, found.strangers, found.threshold) == (4, 3, 2.0)
    assert found.kept_interval[0] < 3 / 4 < found.kept_interval[1]
    assert from_json(json.loads(json.dumps(as_json(found))), Declining, Path("file")) == found
