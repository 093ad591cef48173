"""Comparisons against statsmodels and scikit-learn, and intervals against what they promise."""

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from morelli.evaluation.compare import (
    Difference,
    Pair,
    compare_predictions,
    holm,
    mcnemar,
    most_different,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PRIOR = np.array([0.4, 0.25, 0.15, 0.12, 0.08])
"""How common the classes of the simulated works are."""

FIRST = np.array([0.75, 0.6, 0.5, 0.7, 0.55])
SECOND = np.array([0.7, 0.55, 0.55, 0.5, 0.4])
"""How often each simulated classifier tells a work of each class right."""


def simulated(works: int, seed: int) -> tuple[Ints, Ints]:
    """Draw works and what two classifiers tell of them; they err together more than by chance.

    A wrong answer is the next class or the one after it, alike.
    """
    random = np.random.default_rng(seed)
    labels = random.choice(len(PRIOR), size=works, p=PRIOR)
    hard = random.random(works)
    alone = np.where(random.random(works) < 0.5, hard, random.random(works))
    wrong = (labels + random.integers(1, 3, size=(2, works))) % len(PRIOR)
    right = np.stack([hard < FIRST[labels], alone < SECOND[labels]])
    return labels, np.where(right, labels, wrong)


def table_of(both: int, first: int, second: int, neither: int) -> tuple[Ints, Ints]:
    """Return labels, all 0, and what two classifiers told, for a McNemar table."""
    told = [(0, 0)] * both + [(0, 1)] * first + [(1, 0)] * second + [(1, 1)] * neither
    return np.zeros(len(told), np.int64), np.array(told, np.int64).T


COUNTS = st.integers(0, 60)


@given(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS).filter(any))
@settings(max_examples=60)
def test_p_and_the_table_are_those_of_statsmodels(counts: tuple[int, int, int, int]) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as known

    both, first, second, neither = counts
    [pair] = compare_predictions(*table_of(*counts), 2, resamples=5)

    assert (pair.both, pair.only_first, pair.only_second, pair.neither) == counts
    wanted = known([[both, first], [second, neither]], exact=True).pvalue
    assert pair.p == pytest.approx(wanted, rel=1e-9)
    assert pair.p_holm == pair.p


def test_p_of_large_unequal_counts_stays_a_probability() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(1, 0) == 1.0
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert 0 <= mcnemar(9_000, 1_000) < 1e-300


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", int)  # statsmodels collects garbage at each call
        wanted = multipletests(p, method="holm")[1].tolist()
    assert holm(p) == pytest.approx(wanted, rel=1e-12)


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == []


@given(st.integers(2, 5), st.integers(1, 60), st.integers(2, 6), st.integers(0, 2**32))
@settings(max_examples=30)
def test_differences_are_those_of_the_figures(
    sets: int, works: int, classes: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=works)
    told = random.integers(classes, size=(sets, works))
    found = compare_predictions(labels, told, classes, resamples=20)

    assert [(pair.first, pair.second) for pair in found] == list(combinations(range(sets), 2))
    assert [pair.p_holm for pair in found] == holm([pair.p for pair in found])
    f1 = [
        f1_score(labels, each, labels=range(classes), average="macro", zero_division=0.0)
        for each in told
    ]
    right = (told == labels).mean(axis=1)
    for pair in found:
        one, other = pair.first, pair.second
        assert pair.accuracy.value == pytest.approx(right[one] - right[other], abs=1e-12)
        assert pair.macro_f1.value == pytest.approx(f1[one] - f1[other], abs=1e-12)
        assert sum(pair.won) == pair.only_first
        assert sum(pair.lost) == pair.only_second


def test_wins_and_losses_stand_with_their_true_class() -> None:
    labels = np.array([0, 0, 1, 1, 2, 2, 2])
    told = np.array([[0, 0, 1, 0, 2, 0, 0], [0, 1, 0, 0, 2, 2, 2]])
    [pair] = compare_predictions(labels, told, 4, resamples=5)

    assert pair.won == (1, 1, 0, 0)
    assert pair.lost == (0, 0, 2, 0)


def mirrored(found: Difference) -> Difference:
    return Difference(-found.value, -found.high, -found.low)


def close(one: Difference, other: Difference) -> bool:
    return np.allclose(
        (one.value, one.low, one.high), (other.value, other.low, other.high), atol=1e-12
    )


@pytest.mark.parametrize("seed", range(5))
def test_swapping_the_two_mirrors_everything(seed: int) -> None:
    labels, told = simulated(150, seed)
    [pair] = compare_predictions(labels, told, 5, resamples=200, seed=seed)
    [swapped] = compare_predictions(labels, told[::-1], 5, resamples=200, seed=seed)

    assert close(swapped.accuracy, mirrored(pair.accuracy))
    assert close(swapped.macro_f1, mirrored(pair.macro_f1))
    assert (swapped.only_first, swapped.only_second) == (pair.only_second, pair.only_first)
    assert (swapped.won, swapped.lost) == (pair.lost, pair.won)
    assert (swapped.both, swapped.neither, swapped.p) == (pair.both, pair.neither, pair.p)


def test_equal_predictions_differ_by_nothing() -> None:
    labels, told = simulated(100, 0)
    [pair] = compare_predictions(labels, np.stack([told[0], told[0]]), 5)

    assert pair.accuracy == pair.macro_f1 == Difference(0.0, 0.0, 0.0)
    assert not pair.accuracy.shown
    assert (pair.p, pair.p_holm, pair.only_first, pair.only_second) == (1.0, 1.0, 0, 0)


def test_the_same_seed_gives_the_same_intervals_and_another_almost_the_same() -> None:
    labels, told = simulated(400, 1)
    [one], [same], [other] = (compare_predictions(labels, told, 5, seed=seed) for seed in (3, 3, 4))

    assert one == same
    assert one.macro_f1 != other.macro_f1
    assert one.macro_f1.low == pytest.approx(other.macro_f1.low, abs=0.01)


def test_a_set_draws_the_same_works_beside_others_as_alone() -> None:
    labels, told = simulated(120, 2)
    third = np.roll(labels, 1)
    every = compare_predictions(labels, np.stack([*told, third]), 5, resamples=100)
    [alone] = compare_predictions(labels, told, 5, resamples=100)

    assert (every[0].accuracy, every[0].macro_f1) == (alone.accuracy, alone.macro_f1)


def true_f1(accuracy: Floats) -> float:
    """Return the macro-F1 that a simulated classifier has over endlessly many works."""
    wrong = PRIOR * (1 - accuracy) / 2
    told = PRIOR * accuracy + np.roll(wrong, 1) + np.roll(wrong, 2)
    return float((2 * PRIOR * accuracy / (told + PRIOR)).mean())


def test_the_simulated_macro_f1_is_that_of_very_many_works() -> None:
    labels, told = simulated(400_000, 0)
    for each, accuracy in zip(told, (FIRST, SECOND), strict=True):
        known = f1_score(labels, each, average="macro")
        assert true_f1(accuracy) == pytest.approx(known, abs=0.005)


def test_intervals_hold_the_true_difference_as_often_as_they_say() -> None:
    accuracy = float(PRIOR @ (FIRST - SECOND))
    macro_f1 = true_f1(FIRST) - true_f1(SECOND)
    simulations = 300
    pairs = [
        compare_predictions(*simulated(250, seed), 5, resamples=400, seed=seed)[0]
        for seed in range(simulations)
    ]
    inside = {
        "accuracy": sum(p.accuracy.low <= accuracy <= p.accuracy.high for p in pairs),
        "macro-F1": sum(p.macro_f1.low <= macro_f1 <= p.macro_f1.high for p in pairs),
    }
    for held in inside.values():
        assert 0.91 <= held / simulations <= 0.985, inside


def test_chance_alone_is_called_a_difference_about_as_rarely_as_it_should() -> None:
    """Three equally good classifiers, compared at once: Holm keeps errors below one in twenty."""
    wrong = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        told = (random.random((3, 200)) < 0.4).astype(np.int64)
        pairs = compare_predictions(np.zeros(200, np.int64), told, 2, resamples=2)
        wrong += min(pair.p_holm for pair in pairs) < 0.05
    assert wrong / 300 < 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)


def test_the_works_on_which_two_differ_most_come_furthest_first() -> None:
    first, second = np.array([0.9, 0.2, 0.8, 0.5, 0.8]), np.array([0.8, 0.9, 0.1, 0.5, 0.1])

    assert most_different(first, second) == [2, 4, 0]
    assert most_different(second, first) == [1]
    assert most_different(first, second, 1) == [2]
    assert most_different(first, first) == []


def test_a_pair_is_a_plain_value() -> None:
    labels, told = simulated(30, 0)
    [pair] = compare_predictions(labels, told, 5, resamples=10)

    assert isinstance(pair, Pair)
    for each in (pair.p, pair.p_holm, pair.accuracy.value, pair.macro_f1.low, pair.macro_f1.high):
        assert type(each) is float
    assert {type(each) for each in (pair.first, pair.both, *pair.won, *pair.lost)} == {int}
