"""Figures against known values and examples made by hand."""

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.data.records import as_json, from_json
from morelli.evaluation.metrics import (
    SCORES,
    ClassMetrics,
    Metrics,
    commonest,
    measure,
    wilson_interval,
)

NAMES = ("a", "b", "c")


def _told(answers: list[int], classes: int) -> npt.NDArray[np.float32]:
    """Log-probabilities of which the largest is the answer."""
    likely = np.full((len(answers), classes), 0.1, np.float32)
    likely[np.arange(len(answers)), answers] = 1.0
    told: npt.NDArray[np.float32] = np.log(likely / likely.sum(axis=1, keepdims=True))
    return told


def test_wilsons_interval_has_its_known_values() -> None:
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
    for right, works, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        assert wilson_interval(right, works) == pytest.approx((low, high), abs=5e-5)


@given(works=st.integers(1, 10_000), share=st.floats(0, 1))
def test_wilsons_interval_follows_its_formula_and_holds_the_share(works: int, share: float) -> None:
    right, z = round(share * works), 1.959963984540054
    p, n = right / works, works
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)

    low, high = wilson_interval(right, works)

    assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-9)
    assert 0 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1


def test_precision_recall_and_macro_f1_are_those_counted_by_hand() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    told = _told([0, 0, 0, 1, 1, 0, 1, 2], 3)

    found = measure(labels, told, NAMES, majority=0)

    assert found.accuracy == 5 / 8
    assert found.accuracy_interval == wilson_interval(5, 8)
    assert found.works == 8
    assert found.classes == {
        "a": ClassMetrics(precision=3 / 4, recall=3 / 4, works=4),
        "b": ClassMetrics(precision=1 / 3, recall=1 / 2, works=2),
        "c": ClassMetrics(precision=1.0, recall=1 / 2, works=2),
    }
    assert found.macro_f1 == pytest.approx((3 / 4 + 2 / 5 + 2 / 3) / 3)


def test_a_class_that_is_not_there_or_never_told_counts_as_nought() -> None:
    found = measure(np.array([0, 0, 1]), _told([0, 0, 0], 3), NAMES, majority=0)

    assert found.classes["b"] == ClassMetrics(precision=0.0, recall=0.0, works=1)
    assert found.classes["c"] == ClassMetrics(precision=0.0, recall=0.0, works=0)
    assert found.macro_f1 == pytest.approx(0.8 / 3)


def test_the_majority_is_the_commonest_training_class_even_where_it_is_rare() -> None:
    labels = np.array([0, 1, 1, 1])

    assert measure(labels, _told([1, 1, 1, 1], 3), NAMES, majority=0).majority == 0.25
    assert measure(labels, _told([1, 1, 1, 1], 3), NAMES, majority=2).majority == 0.0


@pytest.mark.parametrize("classes", [2, 5])
def test_top_5_accuracy_means_nothing_for_five_classes_or_fewer(classes: int) -> None:
    names = tuple(map(str, range(classes)))

    found = measure(np.array([0, 1]), _told([0, 1], classes), names, majority=0)

    assert found.top5_accuracy is None
    assert found.score("top5_accuracy") is None


def test_top_5_accuracy_counts_works_whose_class_is_among_the_five_likeliest() -> None:
    falling = np.log(np.array([[0.3, 0.2, 0.15, 0.14, 0.12, 0.05, 0.04]], np.float32))
    told = np.repeat(falling, 4, axis=0)

    found = measure(np.array([0, 4, 5, 6]), told, tuple("abcdefg"), majority=0)

    assert found.top5_accuracy == 0.5
    assert found.accuracy == 0.25


def test_the_figures_go_to_json_and_back() -> None:
    found = measure(np.array([0, 1]), _told([0, 0], 3), NAMES, majority=0)

    assert from_json(json.loads(json.dumps(as_json(found))), Metrics, Path("file")) == found
    assert list(as_json(found)) == [
        "accuracy",
        "accuracy_interval",
        "macro_f1",
        "top5_accuracy",
        "majority",
        "works",
        "classes",
    ]


def test_scores_are_the_figures_with_a_label_in_the_order_of_tables() -> None:
    found = measure(np.array([0, 1]), _told([0, 0], 3), NAMES, majority=0)

    assert [score.label for score in SCORES] == ["accuracy", "macro-F1", "top-5", "majority"]
    assert [found.score(score.name) for score in SCORES] == [
        found.accuracy,
        found.macro_f1,
        None,
        found.majority,
    ]


def test_the_commonest_label_is_the_first_of_equally_common_ones() -> None:
    assert commonest(np.array([2, 1, 1, 2, 0])) == 1
