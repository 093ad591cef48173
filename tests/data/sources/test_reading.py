"""What a selection would read is known from the labels alone."""

from pathlib import Path

import numpy as np
from data.small import Counting, write_shards

from morelli.data.selection import Selection
from morelli.data.sources.open import open_source
from morelli.data.sources.reading import (
    Reading,
    by_group,
    chosen_works,
    reading_of,
    reading_of_works,
)


def test_a_selection_reads_the_row_groups_that_hold_its_works_and_no_image_yet(
    tmp_path: Path,
) -> None:
    source = Counting(open_source(write_shards(tmp_path / "in")))
    labels = source.labels()
    unknown = Selection(classes=("Unknown Artist",), include_unknown=True)

    reading = reading_of(source, labels, unknown)

    assert reading == Reading(2, 2, 2, source.cost(0, 1, [4]) + source.cost(1, 1, [4]))
    assert np.flatnonzero(chosen_works(labels, unknown)).tolist() == [4, 14]
    assert source.read == []


def test_works_are_dealt_to_the_row_groups_that_hold_them_in_order(tmp_path: Path) -> None:
    labels = open_source(write_shards(tmp_path / "in")).labels()

    groups = by_group(labels, np.array([1, 3, 5, 12, 19]))

    assert {key: works.tolist() for key, works in groups.items()} == {
        (0, 0): [1, 3],
        (0, 1): [5],
        (1, 0): [12],
        (1, 2): [19],
    }
    assert list(groups) == sorted(groups)


def test_nothing_is_read_for_no_works(tmp_path: Path) -> None:
    source = open_source(write_shards(tmp_path / "in"))

    assert reading_of_works(source, source.labels(), np.zeros(20, bool)) == Reading(0, 0, 0, 0)
