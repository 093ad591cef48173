"""Strangers score higher than known works, and the score is what its docstring says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file, save_file

from morelli.evaluation import strangeness as room
from morelli.evaluation.openset import auroc
from morelli.evaluation.strangeness import Strangeness, fit_strangeness, restored, score

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

D, H, CLASSES = 24, 10, 4
MIDDLES = np.random.default_rng(7).gamma(1, 1, (CLASSES + 1, D))
"""Of the known classes and, last, of strangers."""

LAYER = np.random.default_rng(8).normal(0, 1, (D, H))
TRAIN = np.repeat(np.arange(CLASSES), [1, 2, 30, 60])
VAL = np.repeat(np.arange(CLASSES), 15)


def works(labels: Labels, seed: int) -> Array:
    """Return features like a network's: not below 0, around the middle of each class."""
    around = np.random.default_rng(seed).normal(0, 0.3, (len(labels), D))
    return np.maximum(MIDDLES[labels] + around, 0).astype(np.float32)


def hidden(features: Array) -> Array:
    """Return values of a hidden layer."""
    return np.maximum(features @ LAYER, 0).astype(np.float32)


def fit(features: Array, labels: Labels = TRAIN) -> Strangeness:
    val = works(VAL, 1)
    return fit_strangeness(features, hidden(features), labels, val, hidden(val))


def scored(strangeness: Strangeness, features: Array) -> Floats:
    return score(strangeness, features, hidden(features))


def alone(strangeness: Strangeness, part: int) -> Strangeness:
    """Leave one part of three."""
    kept = np.where(np.arange(3) == part, strangeness.spread, np.inf)
    return replace(strangeness, spread=kept)


def by_hand(strangeness: Strangeness, there: Array, part: int) -> Floats:
    """Return a part before it is standardised, by the definitions and without shortcuts."""
    seen = works(TRAIN, 0)
    a, b = (x / seen.std(axis=0) for x in (there.astype(np.float64), seen.astype(np.float64)))
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    distances, own = (np.linalg.norm(x[:, None] - b, axis=2) for x in (a, b))
    if part == 0:
        classes = np.split(distances, np.cumsum(np.bincount(TRAIN))[:-1], axis=1)
        first, second = np.sort([np.sort(each)[:, :3].mean(axis=1) for each in classes], axis=0)[:2]
        return np.asarray(first - 0.5 * second, np.float64)
    if part == 1:
        width = np.median(own**2) / 3
        kernel = np.exp(-(own**2) / width) + 0.1 * np.eye(len(own))
        answers = np.exp(-(distances**2) / width) @ np.linalg.inv(kernel) @ np.eye(CLASSES)[TRAIN]
        return np.asarray(-answers.max(axis=1), np.float64)
    a, b = (hidden(x).astype(np.float64) for x in (there, seen))
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    means = np.stack([b[each == TRAIN].mean(axis=0) for each in range(CLASSES)])
    near, over = (
        np.linalg.inv(0.9 * rest.T @ rest / len(rest) + 0.1 * np.eye(H) * (rest**2).mean())
        for rest in (b - means[TRAIN], b - b.mean(axis=0))
    )
    off, all_off = a[:, None] - means, a - b.mean(axis=0)
    nearest = np.einsum("nci,ij,ncj->nc", off, near, off).min(axis=1)
    return np.asarray(nearest - np.einsum("ni,ij,nj->n", all_off, over, all_off), np.float64)


@pytest.fixture(scope="module")
def strangeness() -> Strangeness:
    return fit(works(TRAIN, 0))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_strangers_score_higher_than_unseen_works_of_known_classes_by_each_part(
    strangeness: Strangeness, part: int
) -> None:
    # Classes of one and two works cannot be known well, so the large ones are asked for here.
    known, strange = works(np.repeat([2, 3], 50), 2), works(np.full(100, CLASSES), 3)
    by_part = [scored(alone(strangeness, part), each) for each in (known, strange)]
    together = [scored(strangeness, each) for each in (known, strange)]

    assert auroc(*by_part) > 0.9
    assert auroc(*together) > 0.95


@pytest.mark.parametrize("part", [0, 1, 2])
def test_each_part_is_as_its_definition_has_it(strangeness: Strangeness, part: int) -> None:
    there = np.concatenate([works(VAL, 4), works(np.full(20, CLASSES), 5)])
    wanted = by_hand(strangeness, there, part)
    found = scored(alone(strangeness, part), there)
    wanted = (wanted - strangeness.middle[part]) / strangeness.spread[part]

    assert found.dtype == np.float64
    assert np.abs(found - wanted).max() < 0.03 * wanted.std()


@pytest.mark.parametrize("part", [0, 1, 2])
def test_over_val_each_part_has_median_0_and_interquartile_range_1(
    strangeness: Strangeness, part: int
) -> None:
    scores = scored(alone(strangeness, part), works(VAL, 1))
    low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75])

    assert middle == pytest.approx(0, abs=1e-6)
    assert high - low == pytest.approx(1)


def test_the_unit_of_a_feature_does_not_matter(strangeness: Strangeness) -> None:
    unit = np.random.default_rng(0).uniform(0.1, 100, D).astype(np.float32)
    seen, val, there = works(TRAIN, 0), works(VAL, 1), works(VAL, 4)
    again = fit_strangeness(seen * unit, hidden(seen), TRAIN, val * unit, hidden(val))
    first, second = scored(strangeness, there), score(again, there * unit, hidden(there))

    assert np.abs(first - second).max() < 0.03 * first.std()


def test_the_order_of_training_works_does_not_matter(strangeness: Strangeness) -> None:
    order, there = np.random.default_rng(0).permutation(len(TRAIN)), works(VAL, 4)
    first = scored(strangeness, there)
    second = scored(fit(works(TRAIN, 0)[order], TRAIN[order]), there)

    assert np.abs(first - second).max() < 0.03 * first.std()


def test_the_same_seed_gives_the_same_arrays(strangeness: Strangeness) -> None:
    again = fit(works(TRAIN, 0)).arrays()

    for name, array in strangeness.arrays().items():
        assert np.array_equal(array, again[name])


def test_saved_and_loaded_it_gives_the_same_scores_to_the_bit(
    strangeness: Strangeness, tmp_path: Path
) -> None:
    save_file(strangeness.arrays(), tmp_path / "strangeness.safetensors")
    again = restored(load_file(tmp_path / "strangeness.safetensors"))
    there = works(VAL, 4)

    assert strangeness.arrays()["works"].dtype == np.float16
    assert np.array_equal(scored(strangeness, there), scored(again, there))


def test_arrays_that_are_missing_or_do_not_fit_are_refused(strangeness: Strangeness) -> None:
    whole = strangeness.arrays()
    for name in whole:
        without = {key: array for key, array in whole.items() if key != name}
        with pytest.raises(ValueError, match="are not"):
            restored(without)
        with pytest.raises(ValueError, match="do not fit"):
            restored(whole | {name: whole[name][:-1]})
    for wrong in (whole["drawn"][::-1], whole["drawn"] + 1, whole["drawn"] - 1):
        with pytest.raises(ValueError, match="do not fit"):
            restored(whole | {"drawn": wrong})


def test_a_class_without_works_one_class_alone_and_no_val_are_refused() -> None:
    seen, val = works(TRAIN, 0), works(VAL, 1)
    for labels in (np.where(TRAIN == 1, 2, TRAIN), np.zeros_like(TRAIN)):
        with pytest.raises(ValueError, match="two classes"):
            fit_strangeness(seen, hidden(seen), labels, val, hidden(val))
    with pytest.raises(ValueError, match="works of val"):
        fit_strangeness(seen, hidden(seen), TRAIN, val[:0], hidden(val[:0]))


def test_works_are_scored_one_by_one_as_together(
    strangeness: Strangeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = works(VAL, 4)
    together = scored(strangeness, there)
    one = [scored(strangeness, each[None])[0] for each in there]
    monkeypatch.setattr(room, "_CHUNK", 200)

    assert np.allclose(together, one, atol=1e-3)
    assert np.allclose(together, scored(strangeness, there), atol=1e-3)


def test_of_many_works_as_many_of_each_class_as_can_be_stand_behind_the_ridge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST", 43)
    fitted = fit(works(TRAIN, 0))
    known, strange = works(np.full(50, 3), 2), works(np.full(50, CLASSES), 3)

    # All of the classes of 1 and 2 works, and of the others 20 each.
    assert np.bincount(TRAIN[fitted.drawn]).tolist() == [1, 2, 20, 20]
    assert len(fitted.works) == len(TRAIN)
    assert auroc(scored(fitted, known), scored(fitted, strange)) > 0.95


def test_features_that_are_constant_or_nought_still_have_a_score() -> None:
    def flat(features: Array) -> Array:
        return np.where(np.arange(D) < 3, np.float32(2), features)

    seen, val, nothing = flat(works(TRAIN, 0)), flat(works(VAL, 1)), np.zeros((2, D), np.float32)
    fitted = fit_strangeness(seen, hidden(seen), TRAIN, val, hidden(val))

    assert np.isfinite(score(fitted, nothing, hidden(nothing))).all()
    assert np.isfinite(fit(np.ones((len(TRAIN), D), np.float32)).spread).all()
