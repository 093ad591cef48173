"""Parquet shards are read by exact ranges, each once, and say what they lack."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data.small import ARTIST_OF, ARTISTS, encoded, picture, pictures, write_shard, write_shards
from data.sources.shards_read import Ranges, heavy_shards, overlapping, recording, text_shard, wrong

from morelli.data.ingest import ingest
from morelli.data.sources.open import open_source
from morelli.data.sources.parquet import ParquetSource


def test_no_byte_is_read_twice_and_none_outside_what_is_needed(tmp_path: Path) -> None:
    ranges: Ranges = []
    source = recording(heavy_shards(tmp_path / "in", 2), ranges)
    labels = source.labels()
    before = len(ranges)
    raws = [raw for shard in (0, 1) for group in (0, 1, 2) for raw in rows_of(source, shard, group)]
    assert len(raws) == len(labels) == 20
    assert overlapping(ranges) == []
    assert all(start < end for _, start, end in ranges)
    read = sum(end - start for _, start, end in ranges[before:])
    assert read == sum(source.cost(shard, group, []) for shard in (0, 1) for group in (0, 1, 2))


def rows_of(source: ParquetSource, shard: int, group: int) -> list[bytes | None]:
    rows = range(4 * group, min(4 * group + 4, 10))
    return [raw.data for raw in source.images(shard, group, list(rows))]


def test_labels_need_no_byte_of_any_image(tmp_path: Path) -> None:
    ranges: Ranges = []
    source = recording(heavy_shards(tmp_path / "in", 1), ranges)
    source.labels()
    costs = sum(source.cost(0, group, []) for group in range(3))
    size = source.files[0].size
    assert sum(end - start for _, start, end in ranges) <= size - costs


def test_only_the_row_groups_of_chosen_rows_are_read(tmp_path: Path) -> None:
    ranges: Ranges = []
    source = recording(write_shards(tmp_path / "in", 1), ranges)
    source.labels()
    before = len(ranges)
    assert [raw.data for raw in source.images(0, 1, [5, 7])] == [pictures(10)[5], pictures(10)[7]]
    assert sum(end - start for _, start, end in ranges[before:]) == source.cost(0, 1, [5])


def test_labels_rows_groups_and_further_columns_are_as_in_the_shards(tmp_path: Path) -> None:
    source = open_source(write_shards(tmp_path / "in"))
    labels = source.labels()
    assert source.shards == ("train-0.parquet", "train-1.parquet")
    assert labels.class_names == {"artist": ARTISTS}
    assert labels.tasks["artist"].tolist() == [-1 if n is None else n for n in ARTIST_OF] * 2
    assert labels.shards.tolist() == [0] * 10 + [1] * 10
    assert labels.rows.tolist() == [*range(10)] * 2
    assert labels.groups.tolist() == ([0] * 4 + [1] * 4 + [2] * 2) * 2
    assert labels.extra.column_names == ["title", "year"]
    assert labels.extra["title"][13].as_py() == "Untitled 13"
    assert source.columns["artist"] == "class name"
    assert source.columns["year"] == "int32"
    assert source.images(1, 0, [3])[0].path == "3.jpg"


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]
)
def test_labels_may_be_plain_text_of_any_kind(tmp_path: Path, kind: pa.DataType) -> None:
    artists = pa.array(["Monet", None, "Degas", "Monet", ""], pa.string()).cast(kind)
    write_shard(tmp_path / "in/a.parquet", pictures(5), {"artist": artists})
    labels = open_source(tmp_path / "in").labels()
    assert labels.class_names == {"artist": ("Degas", "Monet")}
    assert labels.tasks["artist"].tolist() == [1, -1, 0, 1, -1]


def test_text_labels_of_all_shards_share_one_list_of_names(tmp_path: Path) -> None:
    text_shard(tmp_path / "in/a.parquet", ["Monet", "Sisley"])
    text_shard(tmp_path / "in/b.parquet", ["Degas", "Monet"])
    labels = open_source(tmp_path / "in").labels()
    assert labels.class_names["artist"] == ("Degas", "Monet", "Sisley")
    assert labels.tasks["artist"].tolist() == [1, 2, 0, 1]


def test_images_may_be_plain_bytes(tmp_path: Path) -> None:
    data = pictures(3)
    table = pa.table({"image": pa.array([*data[:2], None]), "artist": ["a", "b", "b"]})
    pq.write_table(table, tmp_path / "a.parquet")
    raws = open_source(tmp_path / "a.parquet").images(0, 0, [0, 2])
    assert [(raw.data, raw.path) for raw in raws] == [(data[0], None), (None, None)]


def test_a_null_image_has_no_bytes(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.parquet", [None, *pictures(1)], {"artist": ["a", "b"]})
    raws = open_source(tmp_path / "a.parquet").images(0, 0, [0, 1])
    assert [raw.data is None for raw in raws] == [True, False]


def test_nested_and_binary_columns_are_left_alone(tmp_path: Path) -> None:
    columns = {"artist": ["a"], "boxes": [[1, 2]], "thumb": [b"x"], "title": ["Lilies"]}
    write_shard(tmp_path / "a.parquet", pictures(1), columns)
    source = open_source(tmp_path / "a.parquet")
    assert source.labels().extra.column_names == ["title"]
    assert source.columns["boxes"].startswith("list")


def test_shards_without_works_are_passed_over(tmp_path: Path) -> None:
    text_shard(tmp_path / "in/a.parquet", ["Monet", "Degas"])
    write_shard(tmp_path / "in/b.parquet", [], {"artist": pa.array([], pa.string())})
    assert len(open_source(tmp_path / "in").labels()) == 2


def test_null_and_not_null_columns_go_together(tmp_path: Path) -> None:
    for name, nullable in (("a", True), ("b", False)):
        path = text_shard(tmp_path / f"in/{name}.parquet", ["Monet", "Degas"])
        table = pq.read_table(path)
        field = table.schema.field("artist").with_nullable(nullable)
        pq.write_table(table.cast(table.schema.set(1, field)), path)
    assert len(open_source(tmp_path / "in").labels()) == 4


def test_a_shard_without_label_columns_is_refused(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.parquet", pictures(1), {"painter": ["Monet"]})
    wrong(
        tmp_path, r"a\.parquet has the columns image, painter; needed: image and one of artist, g"
    )


def test_a_first_shard_without_images_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"artist": ["Monet"]}), tmp_path / "a.parquet")
    wrong(tmp_path, r"a\.parquet has the columns artist; it lacks image")


@pytest.mark.parametrize("lacking", ["image", "artist", "title"])
def test_a_later_shard_that_lacks_a_column_is_refused_by_name(tmp_path: Path, lacking: str) -> None:
    text_shard(tmp_path / "a.parquet", ["Monet"], title=["Lilies"])
    later = text_shard(tmp_path / "b.parquet", ["Monet"], title=["Lilies"])
    pq.write_table(pq.read_table(later).drop_columns([lacking]), later)
    wrong(tmp_path, rf"b\.parquet has the columns .*; it lacks {lacking}$")


def test_images_that_are_no_bytes_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": ["a.jpg"], "artist": ["a"]}), tmp_path / "a.parquet")
    wrong(tmp_path, r"a\.parquet: column 'image' is string, not image bytes")
    pq.write_table(pa.table({"image": [{"url": "x"}], "artist": ["a"]}), tmp_path / "a.parquet")
    wrong(tmp_path, r"a\.parquet: column 'image' is struct.*, not image bytes")


def test_integers_without_names_are_refused(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.parquet", pictures(2), {"artist": [0, 1]})
    wrong(
        tmp_path, r"a\.parquet: column 'artist' is int64 .* do not name its classes; needed: a cl"
    )


def test_numbers_with_a_point_are_no_labels(tmp_path: Path) -> None:
    names = {"artist": ["a", "b"]}
    write_shard(tmp_path / "a.parquet", pictures(2), {"artist": [0.0, 1.0]}, names)
    wrong(tmp_path, r"a\.parquet: column 'artist' is double")


def test_a_label_without_a_name_is_refused(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.parquet", pictures(2), {"artist": [0, 2]}, {"artist": ["a", "b"]})
    wrong(tmp_path, "column 'artist' holds 2, but there are only 2 names")


@pytest.mark.parametrize("column", ["artist", "title"])
def test_shards_of_differing_types_are_refused(tmp_path: Path, column: str) -> None:
    columns = {"artist": ["Monet"], "title": ["Lilies"]}
    write_shard(tmp_path / "a.parquet", pictures(1), columns)
    write_shard(tmp_path / "b.parquet", pictures(1), columns | {column: [7]})
    wrong(tmp_path, rf"b\.parquet: column '{column}' is int64, in the first shard string")


def test_shards_that_name_their_classes_differently_are_refused(tmp_path: Path) -> None:
    for name, names in (("a", ["Monet", "Degas"]), ("b", ["Degas", "Monet"])):
        columns = {"artist": [0, 1]}
        write_shard(tmp_path / f"{name}.parquet", pictures(2), columns, {"artist": names})
    wrong(tmp_path, r"b\.parquet: the class names of 'artist' are not those .* a\.parquet")


def test_only_the_first_shard_needs_to_name_the_classes(tmp_path: Path) -> None:
    columns = {"artist": [0, 1]}
    write_shard(tmp_path / "a.parquet", pictures(2), columns, {"artist": ["Monet", "Degas"]})
    write_shard(tmp_path / "b.parquet", pictures(2), columns)
    assert np.array_equal(open_source(tmp_path).labels().tasks["artist"], [0, 1, 0, 1])


def test_a_picture_of_any_format_may_stand_in_a_shard(tmp_path: Path) -> None:
    kinds = ["PNG", "WEBP", "TIFF", "GIF", "BMP"]
    write_shard(
        tmp_path / "in/a.parquet",
        [
            encoded(picture(n).convert("P" if kind == "GIF" else "RGB"), kind)
            for n, kind in enumerate(kinds)
        ],
        {"artist": ["a", "b", "a", "b", "a"]},
    )
    collection = ingest(tmp_path / "in", tmp_path / "out", size=16)
    assert collection.table(["format"])["format"].to_pylist() == kinds
