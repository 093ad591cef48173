"""Strangers score higher than known works, and the score is what its docstring says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from threadpoolctl import threadpool_limits

from morelli.evaluation import strangeness as room
from morelli.evaluation.declining import auroc, declined, threshold_keeping
from morelli.evaluation.strangeness import Seen, Strangeness, fit_strangeness, restored, score

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

D, H, CLASSES = 24, 10, 4
MIDDLES = np.random.default_rng(7).gamma(1, 1, (CLASSES + 1, D))
"""Of the known classes and, last, of strangers."""

LAYER = np.random.default_rng(8).normal(0, 1, (D, H))
TRAIN = np.repeat(np.arange(CLASSES), [1, 2, 30, 60])
VAL = np.repeat(np.arange(CLASSES), 15)
PARTS = ("ridge", "hidden", "entropy")


def seen_by_head(features: Array) -> Seen:
    """Return features with values of a hidden layer, and what the nearest middle tells."""
    distances = np.linalg.norm(features[:, None] - MIDDLES[:CLASSES], axis=2)
    told = -distances - np.log(np.exp(-distances).sum(axis=1, keepdims=True))
    hidden = np.maximum(features @ LAYER, 0)
    return Seen(features, hidden.astype(np.float32), told.astype(np.float32))


def works(labels: Labels, seed: int) -> Seen:
    """Return works like a network's: not below 0, around the middle of each class."""
    around = np.random.default_rng(seed).normal(0, 0.3, (len(labels), D))
    return seen_by_head(np.maximum(MIDDLES[labels] + around, 0).astype(np.float32))


def fit(seen: Seen, labels: Labels = TRAIN) -> Strangeness:
    return fit_strangeness(seen, labels, works(VAL, 1))


def alone(strangeness: Strangeness, part: str) -> Strangeness:
    """Leave one part of three."""
    kept = np.where(np.array(PARTS) == part, strangeness.spread, np.inf)
    return replace(strangeness, spread=kept)


def of_length_1(values: Array) -> Floats:
    found = values.astype(np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float64)


def ridge_by_hand(there: Seen, seen: Seen) -> Floats:
    """Answer for each class by the normal equations, and take the largest, negative."""
    a, b = (of_length_1(each.features / seen.features.std(axis=0)) for each in (there, seen))
    squares, own = (((x[:, None] - b) ** 2).sum(axis=2) for x in (a, b))
    width = np.median(own) / 3
    kernel = np.exp(-own / width) + 0.1 * np.eye(len(own))
    answers = np.exp(-squares / width) @ np.linalg.inv(kernel) @ np.eye(CLASSES)[TRAIN]
    return np.asarray(-answers.max(axis=1), np.float64)


def hidden_by_hand(there: Seen, seen: Seen) -> Floats:
    """Return the Mahalanobis distance to the nearest class, less that to all works."""
    a, b = (of_length_1(each.hidden) for each in (there, seen))
    means = np.stack([b[each == TRAIN].mean(axis=0) for each in range(CLASSES)])
    near, over = (
        np.linalg.inv(0.9 * rest.T @ rest / len(rest) + 0.1 * np.eye(H) * (rest**2).mean())
        for rest in (b - means[TRAIN], b - b.mean(axis=0))
    )
    off, all_off = a[:, None] - means, a - b.mean(axis=0)
    nearest = np.einsum("nci,ij,ncj->nc", off, near, off).min(axis=1)
    return np.asarray(nearest - np.einsum("ni,ij,nj->n", all_off, over, all_off), np.float64)


def entropy_by_hand(seen: Seen, _: Seen) -> Floats:
    return np.asarray(
        -(np.exp(seen.log_probabilities) * seen.log_probabilities).sum(axis=1), np.float64
    )


@pytest.fixture(scope="module")
def strangeness() -> Strangeness:
    return fit(works(TRAIN, 0))


@pytest.mark.parametrize("part", PARTS)
def test_strangers_score_higher_than_unseen_works_of_known_classes_by_each_part(
    strangeness: Strangeness, part: str
) -> None:
    # Classes of one and two works cannot be known well, so the large ones are asked for here.
    known, strange = works(np.repeat([2, 3], 50), 2), works(np.full(100, CLASSES), 3)
    by_part = [score(alone(strangeness, part), each) for each in (known, strange)]
    together = [score(strangeness, each) for each in (known, strange)]

    assert auroc(*by_part) > 0.9
    assert auroc(*together) > 0.95


@pytest.mark.parametrize(
    ("part", "by_hand", "off"),
    [
        ("ridge", ridge_by_hand, 0.03),
        ("hidden", hidden_by_hand, 0.03),
        ("entropy", entropy_by_hand, 1e-5),
    ],
)
def test_each_part_is_as_its_definition_has_it(
    strangeness: Strangeness, part: str, by_hand: object, off: float
) -> None:
    assert callable(by_hand)
    strange = works(np.full(20, CLASSES), 5)
    for there in (works(VAL, 4), strange):
        wanted = by_hand(there, works(TRAIN, 0))
        at = PARTS.index(part)
        wanted = (wanted - strangeness.middle[at]) / strangeness.spread[at]
        found = score(alone(strangeness, part), there)

        assert found.dtype == np.float64
        assert np.abs(found - wanted).max() < off * max(wanted.std(), 1)


@pytest.mark.parametrize("part", PARTS)
def test_over_val_each_part_has_median_0_and_interquartile_range_1(
    strangeness: Strangeness, part: str
) -> None:
    scores = score(alone(strangeness, part), works(VAL, 1))
    low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75])

    assert middle == pytest.approx(0, abs=1e-6)
    assert high - low == pytest.approx(1)


def test_the_score_is_the_sum_of_its_parts(strangeness: Strangeness) -> None:
    there = works(VAL, 4)
    parts = [score(alone(strangeness, part), there) for part in PARTS]

    assert np.allclose(score(strangeness, there), np.sum(parts, axis=0))


def test_the_limit_keeps_95_of_100_works_of_val(strangeness: Strangeness) -> None:
    scores = score(strangeness, works(VAL, 1))

    assert strangeness.limit.tolist() == [threshold_keeping(scores)]
    assert declined(scores, strangeness.limit[0]).sum() == len(VAL) // 20


@given(lower=st.floats(-20, 20), more=st.floats(0, 10))
def test_a_higher_limit_never_declines_a_work_that_a_lower_one_kept(
    strangeness: Strangeness, lower: float, more: float
) -> None:
    scores = score(strangeness, works(np.arange(CLASSES + 1).repeat(4), 6))
    one, other = (replace(strangeness, limit=np.array([each])) for each in (lower, lower + more))

    assert not (declined(scores, other.limit[0]) & ~declined(scores, one.limit[0])).any()


def test_a_work_far_from_all_others_is_answered_by_no_class_of_the_ridge(
    strangeness: Strangeness,
) -> None:
    far = seen_by_head(-works(VAL, 1).features)
    scores = score(alone(strangeness, "ridge"), far)
    nothing = -strangeness.middle[0] / strangeness.spread[0]

    assert np.allclose(scores, nothing, atol=0.01)


def test_the_number_of_threads_does_not_matter() -> None:
    random, labels = np.random.default_rng(0), np.repeat(np.arange(CLASSES), 150)

    def drawn(count: int) -> Seen:
        values = (random.gamma(1, 1, (count, wide)) for wide in (400, 700, CLASSES))
        return Seen(*(each.astype(np.float32) for each in values))

    train, val = drawn(len(labels)), drawn(60)
    fitted = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            fitted.append(fit_strangeness(train, labels, val).arrays())

    for name, array in fitted[0].items():
        np.testing.assert_array_equal(array, fitted[1][name], err_msg=name)


def test_the_unit_of_a_feature_does_not_matter(strangeness: Strangeness) -> None:
    unit = np.random.default_rng(0).uniform(0.1, 100, D).astype(np.float32)

    def other(seen: Seen) -> Seen:
        return replace(seen, features=seen.features * unit)

    again = fit_strangeness(other(works(TRAIN, 0)), TRAIN, other(works(VAL, 1)))
    there = works(VAL, 4)
    first, second = score(strangeness, there), score(again, other(there))

    assert np.abs(first - second).max() < 0.03 * first.std()


def test_the_length_of_hidden_values_does_not_matter(strangeness: Strangeness) -> None:
    there = works(VAL, 4)
    longer = replace(there, hidden=there.hidden * np.float32(7))

    assert np.allclose(score(strangeness, there), score(strangeness, longer), atol=1e-3)


def test_the_order_of_training_works_does_not_matter(strangeness: Strangeness) -> None:
    order, there = np.random.default_rng(0).permutation(len(TRAIN)), works(VAL, 4)
    first = score(strangeness, there)
    second = score(fit(works(TRAIN, 0).take(order), TRAIN[order]), there)

    assert np.abs(first - second).max() < 0.03 * first.std()


def test_the_same_seed_gives_the_same_arrays(strangeness: Strangeness) -> None:
    again = fit(works(TRAIN, 0)).arrays()

    for name, array in strangeness.arrays().items():
        assert np.array_equal(array, again[name])


def test_saved_and_loaded_it_gives_the_same_scores_to_the_bit(
    strangeness: Strangeness, tmp_path: Path
) -> None:
    save_file(
        {name: np.ascontiguousarray(each) for name, each in strangeness.arrays().items()},
        tmp_path / "strangeness.safetensors",
    )
    again = restored(load_file(tmp_path / "strangeness.safetensors"))
    there = works(VAL, 4)

    for name in ("basis", "works", "axes"):
        assert strangeness.arrays()[name].dtype == np.float16
    assert np.array_equal(score(strangeness, there), score(again, there))
    assert again.limit == strangeness.limit


def test_arrays_that_are_missing_or_too_many_are_refused(strangeness: Strangeness) -> None:
    whole = strangeness.arrays()
    for name in whole:
        without = {key: array for key, array in whole.items() if key != name}
        with pytest.raises(ValueError, match="are not"):
            restored(without)
    with pytest.raises(ValueError, match="are not"):
        restored(whole | {"more": np.zeros(1)})


@pytest.mark.parametrize("name", sorted(vars(fit(works(TRAIN, 0)))))
def test_arrays_that_do_not_fit_together_are_refused(strangeness: Strangeness, name: str) -> None:
    whole = strangeness.arrays()
    array = whole[name]
    # How many hidden values a head has, only the head can say: of the axes others are cut off.
    fewer = (array[:, :-1], array[:, :0]) if name == "axes" else (array[:-1], array[:0])
    for other in (*fewer, array[None], array.ravel()[0]):
        with pytest.raises(ValueError, match="do not fit"):
            restored(whole | {name: np.asarray(other)})


def test_arrays_for_one_class_alone_are_refused(strangeness: Strangeness) -> None:
    whole = strangeness.arrays()
    one = {"ridge": whole["ridge"][:, :1], "means": whole["means"][:1]}

    with pytest.raises(ValueError, match="do not fit"):
        restored(whole | one)


def test_a_class_without_works_one_class_alone_and_no_val_are_refused() -> None:
    seen, val = works(TRAIN, 0), works(VAL, 1)
    for labels in (np.where(TRAIN == 1, 2, TRAIN), np.zeros_like(TRAIN)):
        with pytest.raises(ValueError, match="two classes"):
            fit_strangeness(seen, labels, val)
    with pytest.raises(ValueError, match="works of val"):
        fit_strangeness(seen, TRAIN, val.take(slice(0)))


def test_works_are_scored_one_by_one_as_together(
    strangeness: Strangeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = works(VAL, 4)
    together = score(strangeness, there)
    one = [score(strangeness, there.take([at]))[0] for at in range(len(VAL))]
    monkeypatch.setattr(room, "_CHUNK", 200)

    assert np.allclose(together, one, atol=1e-3)
    assert np.allclose(together, score(strangeness, there), atol=1e-3)
    assert score(strangeness, there.take(slice(0))).shape == (0,)


def test_of_many_works_as_many_of_each_class_as_can_be_stand_behind_the_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST", 43)
    fitted = fit(works(TRAIN, 0))
    known, strange = works(np.full(50, 3), 2), works(np.full(50, CLASSES), 3)

    # All of the classes of 1 and 2 works, and of the others 20 each: those alone, by themselves.
    chosen = room.drawn(TRAIN, 0)
    assert np.bincount(TRAIN[chosen]).tolist() == [1, 2, 20, 20]
    assert (np.diff(chosen) > 0).all()
    assert len(fitted.works) == len(fitted.ridge) == 43
    few = fit(works(TRAIN, 0).take(chosen), TRAIN[chosen])
    assert all(np.array_equal(each, few.arrays()[name]) for name, each in fitted.arrays().items())
    assert auroc(score(fitted, known), score(fitted, strange)) > 0.95


@given(counts=st.lists(st.integers(1, 30), min_size=1, max_size=6), seed=st.integers(0, 9))
def test_of_no_class_are_two_works_more_drawn_than_of_one_that_has_works_left(
    counts: list[int], seed: int
) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "MOST", 25)
        chosen = room.drawn(labels, seed)

    taken = np.bincount(labels[chosen], minlength=len(counts))
    left = taken < counts
    assert len(set(chosen.tolist())) == len(chosen) == min(25, len(labels))
    assert not left.any() or taken[left].min() >= taken.max() - 1


def test_features_that_are_constant_or_nought_still_have_a_score() -> None:
    def flat(seen: Seen) -> Seen:
        return seen_by_head(np.where(np.arange(D) < 3, np.float32(2), seen.features))

    fitted = fit_strangeness(flat(works(TRAIN, 0)), TRAIN, flat(works(VAL, 1)))
    nothing = seen_by_head(np.zeros((2, D), np.float32))
    equal = fit(seen_by_head(np.ones((len(TRAIN), D), np.float32)))

    assert np.isfinite(score(fitted, nothing)).all()
    assert np.isfinite(score(equal, works(VAL, 4))).all()


def test_of_one_work_of_val_the_score_is_still_a_number() -> None:
    fitted = fit_strangeness(works(TRAIN, 0), TRAIN, works(VAL[:1], 1))

    assert fitted.limit == pytest.approx(0, abs=1e-6)
    assert np.isfinite(score(fitted, works(VAL, 4))).all()
