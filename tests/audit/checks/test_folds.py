"""Works are dealt out to folds, groups whole."""

import numpy as np

from morelli.audit.checks.folds import can_be_dealt, dealt


def test_folds_keep_groups_together_and_hold_every_work_once() -> None:
    labels = np.repeat([0, 1], 30)
    groups = np.arange(60) // 3
    tested = np.concatenate([test for _, test in dealt(labels, groups)])
    assert sorted(tested.tolist()) == list(range(60))
    for train, test in dealt(labels, groups):
        assert not set(groups[train]) & set(groups[test])


def test_a_class_whose_works_are_few_groups_cannot_be_dealt() -> None:
    labels = np.array([0] * 10 + [1] * 10 + [-1])
    groups = np.array([*range(10), *([10] * 7), 11, 12, 13, 14])
    assert can_be_dealt(labels, groups).tolist() == [True] * 10 + [False] * 11
