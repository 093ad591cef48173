"""Where class and source coincide."""

import itertools

import numpy as np
import pytest

from morelli.audit.checks.sources import Source, coincide


def test_a_source_for_each_class_predicts_it_and_is_warned_of() -> None:
    labels = np.repeat([0, 1], 30)
    coincidence = coincide(labels, ["louvre"] * 30 + ["orsay"] * 30, "museum")
    assert coincidence is not None
    assert coincidence.cramers_v == pytest.approx(1)
    assert coincidence.accuracy == 1
    assert coincidence.pure == (Source("louvre", 30, 0, 1.0), Source("orsay", 30, 1, 1.0))
    assert "--split-by museum" in coincidence.warning


def test_sources_dealt_by_chance_are_not_warned_of() -> None:
    random = np.random.default_rng(0)
    sources = [str(number) for number in random.integers(10, size=600)]
    coincidence = coincide(random.integers(4, size=600), sources, "source_shard")
    assert coincidence is not None
    assert coincidence.cramers_v < 0.1
    assert coincidence.warning == ""
    assert coincidence.pure == ()


def test_a_source_of_its_own_for_each_work_predicts_nothing() -> None:
    labels = np.repeat([0, 1, 2], 20)
    coincidence = coincide(labels, [f"file {n}" for n in range(60)], "path")
    assert coincidence is not None
    assert coincidence.accuracy <= 1 / 3
    assert coincidence.cramers_v == 0
    assert coincidence.warning == ""


def test_sources_predict_what_leaving_each_work_out_by_hand_predicts() -> None:
    random = np.random.default_rng(1)
    labels, sources = random.integers(3, size=80), random.integers(6, size=80)
    right = 0
    for work in range(80):
        others = (sources == sources[work]) & (np.arange(80) != work)
        counts = np.bincount(labels[others], minlength=3)
        totals = np.bincount(labels, minlength=3)
        best = max(range(3), key=lambda label: (counts[label], totals[label], label))
        right += best == labels[work]
    coincidence = coincide(labels, [str(number) for number in sources], "museum")
    assert coincidence is not None
    assert coincidence.accuracy == pytest.approx(right / 80)


def test_works_without_source_or_label_are_left_out() -> None:
    labels = np.array([0, 0, 1, 1, -1, 0])
    coincidence = coincide(labels, ["a", "a", "b", "b", "a", None], "museum")
    assert coincidence is not None
    assert coincidence.works == 4


@pytest.mark.parametrize(
    ("labels", "sources"), list(itertools.product([[0, 0], [-1, -1]], [["a", "b"], ["a", "a"]]))
)
def test_one_class_or_one_source_cannot_coincide(labels: list[int], sources: list[str]) -> None:
    assert coincide(np.array(labels), sources, "museum") is None
