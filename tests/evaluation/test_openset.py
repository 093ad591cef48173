"""None of these: strangers score higher, and declining follows its threshold."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load_file, save_file
from scipy.special import log_softmax

from morelli.evaluation import openset
from morelli.evaluation.openset import (
    Strangeness,
    auroc,
    auroc_interval,
    declined,
    declining_of,
    fit_strangeness,
    restored,
    score,
    threshold_keeping,
)

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

D, CLASSES = 24, 4
SCORES = arrays(
    np.float64, st.integers(1, 40), elements=st.floats(-9, 9).map(lambda x: round(x, 1))
)
MIDDLES = np.random.default_rng(7).gamma(1, 1, (CLASSES + 1, D))
"""Of the known classes and, last, of strangers."""


def works(labels: Labels, seed: int) -> Array:
    """Return features like a network's: not below 0, around the middle of each class."""
    around = np.random.default_rng(seed).normal(0, 0.3, (len(labels), D))
    return np.maximum(MIDDLES[labels] + around, 0).astype(np.float32)


def told(features: Array) -> Array:
    """Return a head's log-probabilities: of the known classes the nearest by far."""
    squared = ((features[:, None] - MIDDLES[:CLASSES]) ** 2).sum(axis=2)
    return np.asarray(log_softmax(-squared, axis=1), np.float32)


TRAIN = np.repeat(np.arange(CLASSES), [1, 2, 30, 60])
VAL = np.repeat(np.arange(CLASSES), 15)


@pytest.fixture(scope="module")
def strangeness() -> Strangeness:
    val = works(VAL, 1)
    return fit_strangeness(works(TRAIN, 0), TRAIN, val, told(val))


def test_strangers_score_higher_than_known_works_that_were_never_seen(
    strangeness: Strangeness,
) -> None:
    # Classes of one and two works cannot be known well, so the large ones are asked for here.
    known, strange = works(np.repeat([2, 3], 50), 2), works(np.full(100, CLASSES), 3)
    scores = [score(strangeness, each, told(each)) for each in (known, strange)]

    assert auroc(*scores) > 0.95


def test_the_score_is_the_nearest_classs_distance_less_half_of_the_next_plus_entropy(
    strangeness: Strangeness,
) -> None:
    there, seen = works(VAL, 4), works(TRAIN, 0)
    a, b = (x / seen.std(axis=0) for x in (there, seen))
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    distances = np.linalg.norm(a[:, None] - b, axis=2)
    by_class = np.split(distances, np.cumsum(np.bincount(TRAIN))[:-1], axis=1)
    nearest = [np.sort(each)[:, :3].mean(axis=1) for each in by_class]
    first, second = np.sort(nearest, axis=0)[:2]
    entropy = -(np.exp(told(there)) * told(there)).sum(axis=1)
    parts = np.stack([first - 0.5 * second, entropy], axis=1)
    wanted = ((parts - strangeness.middle) / strangeness.spread).sum(axis=1)

    found = score(strangeness, there, told(there))

    assert found.dtype == np.float64
    assert np.abs(found - wanted).max() < 0.02 * wanted.std()


def test_over_val_each_part_has_median_0_and_interquartile_range_1() -> None:
    val = works(VAL, 1)
    fitted = fit_strangeness(works(TRAIN, 0), TRAIN, val, told(val))
    for part in (0, 1):
        alone = replace(fitted, spread=np.where(np.arange(2) == part, fitted.spread, np.inf))
        low, middle, high = np.quantile(score(alone, val, told(val)), [0.25, 0.5, 0.75])

        assert middle == pytest.approx(0, abs=1e-9)
        assert high - low == pytest.approx(1)


def test_a_doubtful_answer_and_distant_features_each_make_a_work_stranger(
    strangeness: Strangeness,
) -> None:
    known, strange = works(np.full(40, 3), 5), works(np.full(40, CLASSES), 6)
    sure = np.full((40, CLASSES), np.log(0.01 / 3), np.float32)
    sure[:, 3] = np.log(0.99)
    torn = np.full((40, CLASSES), np.log(0.25), np.float32)

    assert (score(strangeness, known, torn) > score(strangeness, known, sure)).all()
    assert np.median(score(strangeness, strange, sure)) > np.max(score(strangeness, known, sure))


def test_the_unit_of_a_feature_does_not_matter() -> None:
    unit = np.random.default_rng(0).uniform(0.1, 100, D).astype(np.float32)
    val, there = works(VAL, 1), works(VAL, 4)
    scores = [
        score(
            fit_strangeness(works(TRAIN, 0) * u, TRAIN, val * u, told(val)), there * u, told(there)
        )
        for u in (np.ones(D, np.float32), unit)
    ]

    assert np.abs(scores[0] - scores[1]).max() < 0.02 * scores[0].std()


def test_the_order_of_training_works_does_not_matter(strangeness: Strangeness) -> None:
    order, val, there = (
        np.random.default_rng(0).permutation(len(TRAIN)),
        works(VAL, 1),
        works(VAL, 4),
    )
    again = fit_strangeness(works(TRAIN, 0)[order], TRAIN[order], val, told(val))
    scores = [score(each, there, told(there)) for each in (strangeness, again)]

    assert np.abs(scores[0] - scores[1]).max() < 0.02 * scores[0].std()


def test_the_same_seed_gives_the_same_arrays(strangeness: Strangeness) -> None:
    val = works(VAL, 1)
    again = fit_strangeness(works(TRAIN, 0), TRAIN, val, told(val)).arrays()

    for name, array in strangeness.arrays().items():
        assert np.array_equal(array, again[name])


def test_saved_and_loaded_it_gives_the_same_scores_to_the_bit(
    strangeness: Strangeness, tmp_path: Path
) -> None:
    save_file(strangeness.arrays(), tmp_path / "strangeness.safetensors")
    again = restored(load_file(tmp_path / "strangeness.safetensors"))
    there = works(VAL, 4)

    assert strangeness.arrays()["works"].dtype == np.float16
    assert np.array_equal(score(strangeness, there, told(there)), score(again, there, told(there)))


@pytest.mark.parametrize("name", ["scale", "basis", "works", "counts", "middle", "spread"])
def test_arrays_that_are_missing_or_do_not_fit_are_refused(
    strangeness: Strangeness, name: str
) -> None:
    whole = strangeness.arrays()
    without = {key: array for key, array in whole.items() if key != name}

    with pytest.raises(ValueError, match="are not"):
        restored(without)
    with pytest.raises(ValueError, match="do not fit"):
        restored(whole | {name: whole[name][:-1]})


def test_a_class_without_works_is_refused_and_so_is_one_class_alone() -> None:
    val = works(VAL, 1)
    for labels in (np.where(TRAIN == 1, 2, TRAIN), np.zeros_like(TRAIN)):
        with pytest.raises(ValueError, match="two classes"):
            fit_strangeness(works(TRAIN, 0), labels, val, told(val))
    with pytest.raises(ValueError, match="works of val"):
        fit_strangeness(works(TRAIN, 0), TRAIN, val[:0], told(val[:0]))


def test_works_are_scored_one_by_one_as_together(
    strangeness: Strangeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = works(VAL, 4)
    together = score(strangeness, there, told(there))
    one = [score(strangeness, x[None], told(x[None]))[0] for x in there]
    monkeypatch.setattr(openset, "_CHUNK", 200)

    assert np.allclose(together, one, atol=1e-4)
    assert np.allclose(together, score(strangeness, there, told(there)), atol=1e-4)


def test_of_many_training_works_some_give_the_scale_and_all_are_kept(
    strangeness: Strangeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openset, "MOST", 50)
    monkeypatch.setattr(openset, "_CHUNK", 200)
    val, known, strange = works(VAL, 1), works(np.full(50, 3), 2), works(np.full(50, CLASSES), 3)
    fitted = fit_strangeness(works(TRAIN, 0), TRAIN, val, told(val))

    assert len(fitted.works) == len(TRAIN)
    assert not np.allclose(fitted.scale, strangeness.scale)
    assert auroc(*(score(fitted, each, told(each)) for each in (known, strange))) > 0.95


def test_features_that_are_constant_or_nought_still_have_a_score() -> None:
    def flat(features: Array) -> Array:
        return np.where(np.arange(D) < 3, np.float32(2), features)

    val, nothing = flat(works(VAL, 1)), np.zeros((2, D), np.float32)
    fitted = fit_strangeness(flat(works(TRAIN, 0)), TRAIN, val, told(val))
    certain = np.array([[0, -np.inf, -np.inf, -np.inf]] * 2, np.float32)

    assert np.isfinite(score(fitted, nothing, certain)).all()


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
    said = found.as_dict()
    assert json.loads(json.dumps(said)) == said
