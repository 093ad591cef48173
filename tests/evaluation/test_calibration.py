"""Calibration: a temperature makes probabilities mean what they say, and the measures can tell."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import log_softmax

from morelli.data.records import as_json, from_json
from morelli.evaluation.calibration import (
    BINS,
    COLDEST,
    HOTTEST,
    Calibration,
    calibration_of,
    fit_temperature,
    tempered,
)

LOGITS = arrays(
    np.float32,
    st.tuples(st.integers(1, 20), st.integers(2, 7)),
    elements=st.floats(-30, 0, width=32),
)
TEMPERATURE = st.floats(COLDEST, HOTTEST)


def drawn(
    works: int, classes: int, hot: float, seed: int = 0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return labels drawn from known probabilities, and these probabilities made too sure."""
    random = np.random.default_rng(seed)
    true = log_softmax(random.normal(0, 2, (works, classes)), axis=1)
    labels = (np.exp(true).cumsum(axis=1) > random.random((works, 1))).argmax(axis=1)
    return log_softmax(true * hot, axis=1).astype(np.float32), labels


@given(logits=LOGITS, temperature=TEMPERATURE)
def test_a_temperature_never_changes_the_order_of_classes(
    logits: npt.NDArray[np.float32], temperature: float
) -> None:
    told = log_softmax(logits, axis=1)

    found = tempered(told, temperature)

    ranked = np.argsort(-told, axis=1, kind="stable")
    ordered = np.take_along_axis(found, ranked, axis=1)
    assert (np.diff(ordered, axis=1) <= 0).all()
    assert np.allclose(np.exp(found.astype(np.float64)).sum(axis=1), 1, atol=1e-5)


@given(logits=LOGITS, temperature=st.floats(0.5, 2))
def test_the_inverse_temperature_brings_probabilities_back(
    logits: npt.NDArray[np.float32], temperature: float
) -> None:
    told = log_softmax(logits, axis=1)

    again = tempered(tempered(told, temperature), 1 / temperature)

    assert np.allclose(again, told, atol=1e-3)


@pytest.mark.parametrize("hot", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_probabilities_too_sure_is_found(hot: float) -> None:
    told, labels = drawn(20_000, 4, hot)

    assert fit_temperature(told, labels) == pytest.approx(hot, rel=0.05)


def test_without_works_there_is_no_temperature() -> None:
    with pytest.raises(ValueError, match="without works"):
        fit_temperature(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))


def test_on_the_works_that_it_was_fitted_on_the_loss_never_rises() -> None:
    for seed in range(20):
        told, labels = drawn(30, 5, 3.0, seed)
        before = calibration_of(told, labels).nll
        assert (
            calibration_of(tempered(told, fit_temperature(told, labels)), labels).nll
            <= before + 1e-6
        )


def test_the_measures_are_what_their_definitions_give_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.95, 0.05], [0.3, 0.7], [0.55, 0.45]])
    labels = np.array([0, 1, 1, 0])

    found = calibration_of(np.log(probabilities).astype(np.float32), labels)

    # The last of fifteen bins begins at 14/15, between 0.9 and 0.95: each work has its own.
    assert found.ece == pytest.approx((0.1 + 0.95 + 0.3 + 0.45) / 4, abs=1e-6)
    assert found.nll == pytest.approx(-np.log([0.9, 0.05, 0.7, 0.55]).mean(), abs=1e-6)
    assert found.brier == pytest.approx(2 * (0.1**2 + 0.95**2 + 0.3**2 + 0.45**2) / 4, abs=1e-6)
    assert [each.works for each in found.bins] == [0] * 8 + [1, 0, 1, 0, 0, 1, 1]
    assert found.bins[-1].accuracy == 0
    assert found.bins[-1].confidence == pytest.approx(0.95)


def test_a_certain_prediction_falls_into_the_last_bin() -> None:
    found = calibration_of(np.array([[0.0, -np.inf]], np.float32), np.array([0]))

    assert (found.ece, found.bins[BINS - 1].works) == (0, 1)


def test_perfect_probabilities_lie_within_the_band_of_the_perfect_95_times_in_100() -> None:
    within = 0
    for seed in range(40):
        told, labels = drawn(200, 3, 1.0, seed)
        found = calibration_of(told, labels, seed)
        within += found.perfect[0] <= found.ece <= found.perfect[1]
    assert within >= 34


def test_probabilities_that_are_too_sure_lie_outside_it() -> None:
    told, labels = drawn(2000, 3, 2.5)

    found = calibration_of(told, labels)

    assert found.ece > 2 * found.perfect[1]
    assert found.nll_interval[0] < found.nll < found.nll_interval[1]
    assert found.brier_interval[0] < found.brier < found.brier_interval[1]


def test_the_figures_go_into_json_and_are_the_same_by_the_same_seed() -> None:
    told, labels = drawn(50, 3, 1.5)

    found = calibration_of(told, labels, seed=3)

    assert from_json(json.loads(json.dumps(as_json(found))), Calibration, Path("file")) == found
    assert found == calibration_of(told, labels, seed=3)
    assert found.perfect != calibration_of(told, labels, seed=4).perfect
