"""Neighbours are the closest known works by standardised features, in order."""

import numpy as np
import pytest
from evidence.known_works import known_works
from hypothesis import given
from hypothesis import strategies as st

from morelli.evidence.known import Known
from morelli.evidence.neighbours import neighbours_of, same_label


def test_the_work_itself_is_closest_with_its_place_and_label() -> None:
    known = known_works(12)

    first = neighbours_of(known, known.features[7], 3)[0]

    assert (first.id, first.place, first.label) == (f"{7:064x}", (1, 3), 1)
    assert first.distance == pytest.approx(0, abs=1e-6)


def test_distances_are_those_of_standardised_features() -> None:
    known = known_works(12)
    asked = np.ones(6, np.float32)

    near = neighbours_of(known, asked, 12)

    standard = (known.features - known.features.mean(0)) / known.features.std(0)
    mine = (asked - known.features.mean(0)) / known.features.std(0)
    cosine = standard @ mine / np.linalg.norm(standard, axis=1) / np.linalg.norm(mine)
    assert [neighbour.distance for neighbour in near] == pytest.approx(sorted(1 - cosine), abs=1e-5)


def test_a_large_feature_that_never_changes_says_nothing() -> None:
    known = known_works(12)
    wide = np.concatenate([known.features, np.full((12, 1), 500, np.float32)], axis=1)
    steady = Known(wide, *(getattr(known, name) for name in list(vars(known))[1:6]))

    near = neighbours_of(steady, wide[3], 12)

    plain = neighbours_of(known, known.features[3], 12)
    assert [neighbour.id for neighbour in near] == [neighbour.id for neighbour in plain]


def test_the_work_itself_and_its_copies_are_left_out_when_asked() -> None:
    known = known_works(12)
    known.features[9] = known.features[2]
    asked = known.features[2]

    without = neighbours_of(known, asked, 12, without=(f"{2:064x}",))
    no_copies = neighbours_of(known, asked, 12, copies=False)

    ids = {neighbour.id for neighbour in without}
    assert f"{2:064x}" not in ids
    assert f"{9:064x}" in ids
    assert {f"{2:064x}", f"{9:064x}"}.isdisjoint(neighbour.id for neighbour in no_copies)
    assert len(no_copies) == 10


@given(works=st.integers(0, 20), count=st.integers(-1, 30), seed=st.integers(0, 5))
def test_there_are_never_more_neighbours_than_works_and_they_come_in_order(
    works: int, count: int, seed: int
) -> None:
    known = known_works(works, seed)

    near = neighbours_of(known, np.zeros(6, np.float32), count)

    assert len(near) == max(0, min(works, count))
    assert [neighbour.distance for neighbour in near] == sorted(
        neighbour.distance for neighbour in near
    )
    assert len({neighbour.id for neighbour in near}) == len(near)


def test_a_class_with_fewer_works_than_asked_for_gives_all_it_has() -> None:
    known = known_works(10, classes=5)

    near = neighbours_of(known, known.features[0], 10)

    assert same_label(near, 0) == 2


def test_features_of_another_network_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(4,\)"):
        neighbours_of(known_works(5), np.zeros(4, np.float32))
