"""Labels that the data speak against, and copies under two class names."""

from pathlib import Path

import numpy as np
import pytest
from data.small import write_shards

from morelli.audit.checks.folds import FOLDS
from morelli.audit.checks.labels import Conflict, conflicts, known_labels, label_issues
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.selection import Selection
from morelli.errors import UserError

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]


def drawn(works: int = 60, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, Ints]:
    """Features of works that gather round their class, and their labels."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), works)
    centres = random.normal(0, 1, (classes, 16))
    return (centres[labels] + random.normal(0, 0.4, (len(labels), 16))).astype(np.float32), labels


def test_planted_wrong_labels_come_first_with_the_right_label_suggested() -> None:
    features, labels = drawn()
    wrong = np.array([3, 9, 12, 20, 33, 41])
    altered = labels.copy()
    altered[wrong] = (labels[wrong] + 1) % 3
    doubtful = label_issues(features, altered)
    first = doubtful.issues[: len(wrong)]
    assert {issue.work for issue in first} == set(wrong.tolist())
    for issue in first:
        assert issue.suggested == labels[issue.work]
        assert issue.label == altered[issue.work]
        assert issue.given_probability < issue.suggested_probability <= 1
    assert doubtful.accuracy > 0.9


def test_right_labels_raise_hardly_a_doubt() -> None:
    features, labels = drawn()
    assert len(label_issues(features, labels).issues) <= 3


def test_a_copy_does_not_vouch_for_its_copys_wrong_label() -> None:
    """Forty copies with one wrong label hide it from folds that part them."""
    features, labels = drawn(seed=3)
    copies = np.repeat(features[:1], 40, axis=0)
    joined = np.concatenate([features, copies])
    altered = np.concatenate([labels, np.full(40, 2)])
    groups = np.concatenate([np.arange(len(labels)), np.full(40, len(labels))])
    planted = slice(len(labels), None)
    alone = label_issues(joined, altered).probabilities[planted, 2]
    together = label_issues(joined, altered, groups).probabilities[planted, 2]
    assert together.max() < 0.5 < alone.min()


def test_works_without_a_label_or_of_a_tiny_class_are_not_judged() -> None:
    features, labels = drawn(works=20)
    altered = labels.copy()
    altered[:3] = -1
    altered[3 : 3 + FOLDS - 1] = 7
    doubtful = label_issues(features, altered)
    assert doubtful.probabilities.shape == (60, 8)
    assert doubtful.judged.tolist() == [False] * (3 + FOLDS - 1) + [True] * (60 - 2 - FOLDS)
    assert not doubtful.probabilities[: 2 + FOLDS].any()
    assert doubtful.probabilities[~doubtful.judged].sum() == 0
    assert doubtful.probabilities[doubtful.judged].sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("labels", [[0] * 12, [-1] * 12, [0, 1, 2, 3] * 3])
def test_where_classes_are_too_small_nothing_is_judged(labels: list[int]) -> None:
    doubtful = label_issues(np.random.default_rng(0).random((12, 4), np.float32), np.array(labels))
    assert doubtful.issues == ()
    assert not doubtful.judged.any()


def test_features_that_are_no_numbers_are_refused() -> None:
    features, labels = drawn(works=10)
    features[3, 2] = np.nan
    with pytest.raises(UserError, match="not finite"):
        label_issues(features, labels)


def test_features_that_never_vary_do_no_harm() -> None:
    features, labels = drawn(works=20)
    padded = np.concatenate([features, np.ones((60, 3), np.float32)], axis=1)
    assert label_issues(padded, labels).accuracy > 0.9


def test_the_same_seed_gives_the_same_issues() -> None:
    features, labels = drawn(works=40, seed=5)
    assert (
        label_issues(features, labels, seed=1).issues
        == label_issues(features, labels, seed=1).issues
    )


def test_copies_under_two_names_are_a_conflict_in_each_task_that_differs() -> None:
    labels = {"artist": np.array([0, 0, 1, 1, -1]), "style": np.array([2, 3, 3, 3, 3])}
    clusters = [[0, 1], [2, 3], [1, 2, 4], [3, 4]]
    assert conflicts(clusters, labels) == (
        Conflict(0, "style", (0, 1), (2, 3)),
        Conflict(2, "artist", (1, 2), (0, 1)),
    )


def test_no_clusters_have_no_conflicts() -> None:
    assert conflicts([], {"artist": np.array([0, 1])}) == ()


def test_known_labels_are_those_of_the_table_without_unknown_ones(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "shards")
    works = ingest(source, tmp_path / "made", Selection(include_unknown=True), size=16)
    labels = known_labels(works)["artist"]
    names = works.class_names["artist"]
    stored = works.table(["artist"])["artist"].to_pylist()
    assert -1 in labels
    for label, artist in zip(labels, stored, strict=True):
        known = artist is not None and names[artist] != "Unknown Artist"
        assert label == (artist if known else -1)


def test_known_labels_have_only_tasks_that_the_collection_has(collection: Collection) -> None:
    assert set(known_labels(collection)) == set(collection.class_names)
    assert len(known_labels(collection)["artist"]) == collection.works
