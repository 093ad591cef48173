"""Works on which runs differ most: with their pictures, or in a table where there are none."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from morelli.comparisons.comparison import Comparison
from morelli.comparisons.differing_works import thumbnails, works_blocks
from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.reporting.page import Gallery, Table
from morelli.reporting.thumbnails import thumbnail


def away(comparison: Comparison, collection: Path) -> Comparison:
    """The comparison as if its collection were elsewhere."""
    runs = tuple(replace(run, collection=str(collection)) for run in comparison.runs)
    return replace(comparison, runs=runs)


def test_works_stand_with_their_pictures_and_what_each_run_predicted(written: Comparison) -> None:
    pictures, lacking = thumbnails(written)
    ahead, behind = works_blocks(written, pictures)
    assert isinstance(ahead, Gallery)
    assert isinstance(behind, Gallery)

    assert lacking == ""
    assert ahead.title == "run gave the true artist a higher probability than second"
    assert behind.title == "second gave the true artist a higher probability than run"
    for gallery, works in ((ahead, written.first_ahead[0]), (behind, written.second_ahead[0])):
        images = pictures_of(written.runs[0].collection, [(work.shard, work.row) for work in works])
        for picture, work in zip(gallery.pictures, works, strict=True):
            assert picture.source == thumbnail(images[work.shard, work.row])
            assert work.class_name in picture.alt
            true, one, other = picture.caption
            assert true == f"True: {work.class_name}"
            assert one.startswith(f"run: {work.predicted[0]}, {work.confidence[0]:.0%}")
            assert other.startswith(f"second: {work.predicted[1]}, {work.confidence[1]:.0%}")
            wrong = work.predicted[0] != work.class_name
            assert (f" (true one {work.true_probability[0]:.0%})" in one) == wrong


@pytest.mark.parametrize("changed", [False, True])
def test_without_the_collection_works_are_listed_and_it_is_said_why(
    written: Comparison, collection: Collection, tmp_path: Path, changed: bool
) -> None:
    comparison = written
    if changed:
        shutil.copytree(collection.folder, tmp_path / "gone")
        wrong = replace(written.first_ahead[0][0], work_id="another")
        comparison = replace(written, first_ahead=((wrong, *written.first_ahead[0][1:]),))
    pictures, lacking = thumbnails(away(comparison, tmp_path / "gone"))
    why = "no longer the collection" if changed else "no finished collection"

    assert re.search(rf"^Works are shown without pictures: .*gone is {why}", lacking)
    for table, works in zip(
        works_blocks(comparison, pictures),
        (comparison.first_ahead[0], comparison.second_ahead[0]),
        strict=True,
    ):
        assert isinstance(table, Table)
        assert [row[:2] for row in table.rows] == [
            (work.work_id[:12], work.class_name) for work in works
        ]
