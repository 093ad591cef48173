"""Pictures for a report are the stored ones, of the works asked for, or it is said why not."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.errors import BadFolder
from morelli.features.extract import shard_works


@pytest.fixture
def copy(collection: Collection, tmp_path: Path) -> Path:
    """A copy of the collection, to be spoilt."""
    return shutil.copytree(collection.folder, tmp_path / "copy")


def test_pictures_are_the_stored_ones_wherever_row_groups_begin(
    collection: Collection, copy: Path
) -> None:
    path = copy / "data" / collection.shards[0]
    table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=7)
    stored = dict(enumerate(shard_works(collection, 0)))
    rows = np.random.default_rng(0).permutation(len(stored))[:20].tolist()
    places = [(0, row) for row in rows]
    ids = [stored[row][0] for row in rows]

    assert pictures_of(copy, places, ids) == {(0, row): stored[row][1] for row in rows}
    assert pictures_of(str(copy), [*places, places[0]]) == pictures_of(copy, places)


def test_no_works_need_no_collection(tmp_path: Path) -> None:
    assert pictures_of(tmp_path / "nowhere", []) == {}


def test_a_collection_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="nowhere is no finished collection"):
        pictures_of(tmp_path / "nowhere", [(0, 0)])


@pytest.mark.parametrize("place", [(0, 10_000), (7, 0), (-1, 0), (0, -1)])
def test_works_that_are_not_there_mean_that_the_collection_has_changed(
    collection: Collection, place: tuple[int, int]
) -> None:
    with pytest.raises(BadFolder, match="no longer the collection that the run learned from"):
        pictures_of(collection.folder, [(0, 0), place])


def test_another_work_in_the_same_place_means_that_the_collection_has_changed(
    collection: Collection,
) -> None:
    with pytest.raises(BadFolder, match="no longer the collection that the run learned from"):
        pictures_of(collection.folder, [(0, 0)], ["another"])


def test_a_damaged_shard_is_named(collection: Collection, copy: Path) -> None:
    path = copy / "data" / collection.shards[0]
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(BadFolder, match=f"{path.name} is damaged"):
        pictures_of(copy, [(0, 0)])


def test_a_shard_without_images_is_damaged(collection: Collection, copy: Path) -> None:
    path = copy / "data" / collection.shards[0]
    pq.write_table(pq.read_table(path, columns=["work_id"]), path)

    with pytest.raises(BadFolder, match=f"{path.name} is damaged"):
        pictures_of(copy, [(0, 0)])


def test_a_damaged_collection_is_named(copy: Path) -> None:
    (copy / "collection.json").write_text(json.dumps({"format": 1}))

    with pytest.raises(BadFolder, match=r"collection\.json is damaged"):
        pictures_of(copy, [(0, 0)])
