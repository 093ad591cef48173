"""A description tells what a source holds and what a selection would read."""

from pathlib import Path

import pytest
from data.small import Counting, pictures, write_shard, write_shards

from morelli.data.selection import Selection
from morelli.data.sources.describe import describe
from morelli.data.sources.open import open_source
from morelli.data.sources.reading import Reading
from morelli.errors import UserError


def test_columns_classes_counts_and_reading_are_told(tmp_path: Path) -> None:
    source = Counting(open_source(write_shards(tmp_path / "in")))
    description = describe(source)
    assert (description.works, description.shards) == (20, 2)
    assert description.about["kind"] == "parquet"
    assert description.columns["title"] == "string"
    assert list(description.counts["artist"].items()) == [
        ("Camille Pissarro", 6),
        ("Claude Monet", 6),
        ("Alfred Sisley", 4),
        ("Unknown Artist", 2),
    ]
    assert description.unlabelled == {"artist": 2}
    assert description.example == {
        "image": "JPEG, RGB, 40 x 30",
        "artist": "0 (Claude Monet)",
        "title": "Untitled 0",
        "year": "1870",
    }
    cost = sum(source.cost(shard, group, []) for shard in (0, 1) for group in (0, 1, 2))
    assert description.reading == Reading(works=16, groups=6, shards=2, bytes=cost)
    assert source.read == [(0, 0)]  # the example's


def test_a_selection_reads_only_the_row_groups_that_hold_its_works(tmp_path: Path) -> None:
    source = open_source(write_shards(tmp_path / "in"))
    description = describe(source, Selection(classes=("Unknown Artist",), include_unknown=True))
    cost = source.cost(0, 1, []) + source.cost(1, 1, [])
    assert description.reading == Reading(works=2, groups=2, shards=2, bytes=cost)


def test_a_place_is_opened_with_the_selection_s_task(paintings: Path) -> None:
    description = describe(paintings, Selection(task="style"))
    assert len(description.counts["style"]) == 6
    assert description.example.keys() == {"image", "style"}


def test_a_first_work_without_a_label_is_an_example_too(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.parquet", pictures(2), {"artist": [None, "Monet"]})
    assert describe(tmp_path).example == {"image": "JPEG, RGB, 40 x 30", "artist": "none"}


@pytest.mark.parametrize(
    ("data", "shown"), [(None, "cannot be read"), (b"no image", "not an image of a known format")]
)
def test_a_first_image_that_is_bad_is_told(tmp_path: Path, data: bytes | None, shown: str) -> None:
    write_shard(tmp_path / "a.parquet", [data, *pictures(1)], {"artist": ["Monet", "Monet"]})
    assert describe(tmp_path).example["image"] == shown


def test_a_source_without_works_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa

    write_shard(tmp_path / "a.parquet", [], {"artist": pa.array([], pa.string())})
    with pytest.raises(UserError, match="no artist is left of 0"):
        describe(tmp_path)


def test_a_notebook_shows_the_classes_with_their_shares(tmp_path: Path) -> None:
    shown = describe(write_shards(tmp_path / "in"))._repr_html_()
    assert "20 works in 2 shards" in shown
    assert "<td>Alfred Sisley</td><td>4</td><td>20.0%</td>" in shown
