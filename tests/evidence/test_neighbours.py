"""Neighbours are the closest known works by standardised features, and are kept without pickle."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.errors import BadFolder
from morelli.evidence.known import SETTINGS, TABLE, Known, load_known, save_known
from morelli.evidence.neighbours import neighbours_of, same_label


def known_works(works: int, seed: int = 0, width: int = 6, classes: int = 3) -> Known:
    """Works with drawn features, labelled in turn."""
    random = np.random.default_rng(seed)
    return Known(
        random.normal(size=(works, width)).astype(np.float32),
        np.arange(works) % classes,
        tuple(f"painter {each}" for each in range(classes)),
        np.array([f"{each:064x}" for each in range(works)], np.str_),
        np.arange(works) // 4,
        np.arange(works) % 4,
    )


def test_the_work_itself_is_closest_with_its_place_and_label() -> None:
    known = known_works(12)

    first = neighbours_of(known, known.features[7], 3)[0]

    assert (first.id, first.place, first.label) == (f"{7:064x}", (1, 3), 1)
    assert first.distance == pytest.approx(0, abs=1e-6)


def test_distances_are_those_of_standardised_features() -> None:
    known = known_works(12)
    asked = np.ones(6, np.float32)

    found = neighbours_of(known, asked, 12)

    standard = (known.features - known.features.mean(0)) / known.features.std(0)
    mine = (asked - known.features.mean(0)) / known.features.std(0)
    cosine = standard @ mine / np.linalg.norm(standard, axis=1) / np.linalg.norm(mine)
    assert [each.distance for each in found] == pytest.approx(sorted(1 - cosine), abs=1e-5)


def test_a_large_feature_that_never_changes_says_nothing() -> None:
    known = known_works(12)
    wide = np.concatenate([known.features, np.full((12, 1), 500, np.float32)], axis=1)
    steady = Known(wide, *(getattr(known, name) for name in list(vars(known))[1:6]))

    found = neighbours_of(steady, wide[3], 12)

    assert [each.id for each in found] == [
        each.id for each in neighbours_of(known, known.features[3], 12)
    ]


def test_the_work_itself_and_its_copies_are_left_out_when_asked() -> None:
    known = known_works(12)
    known.features[9] = known.features[2]
    asked = known.features[2]

    without = neighbours_of(known, asked, 12, without=(f"{2:064x}",))
    no_copies = neighbours_of(known, asked, 12, copies=False)

    assert f"{2:064x}" not in {each.id for each in without}
    assert f"{9:064x}" in {each.id for each in without}
    assert {f"{2:064x}", f"{9:064x}"}.isdisjoint(each.id for each in no_copies)
    assert len(no_copies) == 10


@given(works=st.integers(0, 20), count=st.integers(-1, 30), seed=st.integers(0, 5))
def test_there_are_never_more_neighbours_than_works_and_they_come_in_order(
    works: int, count: int, seed: int
) -> None:
    known = known_works(works, seed)

    found = neighbours_of(known, np.zeros(6, np.float32), count)

    assert len(found) == max(0, min(works, count))
    assert [each.distance for each in found] == sorted(each.distance for each in found)
    assert len({each.id for each in found}) == len(found)


def test_a_class_with_fewer_works_than_asked_for_gives_all_it_has() -> None:
    known = known_works(10, classes=5)

    found = neighbours_of(known, known.features[0], 10)

    assert same_label(found, 0) == 2


def test_features_of_another_network_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(4,\)"):
        neighbours_of(known_works(5), np.zeros(4, np.float32))


@pytest.mark.parametrize("works", [0, 1, 9])
def test_known_works_are_read_as_they_were_written(tmp_path: Path, works: int) -> None:
    known = known_works(works)

    save_known(tmp_path / "known", known)
    read = load_known(tmp_path / "known")

    assert read.class_names == known.class_names
    assert read.features.dtype == known.features.dtype
    for name in ("features", "labels", "ids", "shards", "rows"):
        np.testing.assert_array_equal(getattr(read, name), getattr(known, name))


def test_altered_known_works_are_refused(tmp_path: Path) -> None:
    save_known(tmp_path, known_works(9))
    data = bytearray((tmp_path / TABLE).read_bytes())
    data[-1] ^= 1
    (tmp_path / TABLE).write_bytes(data)

    with pytest.raises(BadFolder, match=f"{TABLE} was altered"):
        load_known(tmp_path)


def test_known_works_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    known = known_works(9)
    known.labels[4] = 7
    save_known(tmp_path, known)

    with pytest.raises(BadFolder, match="a label has no class name"):
        load_known(tmp_path)


def test_a_folder_without_known_works_says_so(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps({}))

    with pytest.raises(BadFolder, match=SETTINGS):
        load_known(tmp_path)
