"""Whatever the user names is opened as what it is, or refused with what is needed."""

from pathlib import Path

import pytest
from data.small import encoded, picture, write_shards

from morelli.data.sources.open import open_source
from morelli.errors import BadSource, UnknownName


def test_a_folder_of_parquet_shards_is_known_by_them(tmp_path: Path) -> None:
    source = open_source(write_shards(tmp_path / "works/data"))
    assert source.about == {"kind": "parquet", "place": str(tmp_path / "works/data")}
    assert open_source(tmp_path / "works").shards == source.shards


def test_shards_in_several_folders_keep_their_folders_names(tmp_path: Path) -> None:
    write_shards(tmp_path / "works/new", 1)
    write_shards(tmp_path / "works/old", 1)
    shards = open_source(tmp_path / "works").shards
    assert shards == ("new/train-0.parquet", "old/train-0.parquet")


def test_hidden_shards_are_not_read(tmp_path: Path) -> None:
    write_shards(tmp_path / "works", 2)
    write_shards(tmp_path / "works/.cache", 1)
    (tmp_path / "works/train-1.parquet").rename(tmp_path / "works/.train-1.parquet")
    assert open_source(tmp_path / "works").shards == ("train-0.parquet",)


def test_a_folder_with_parquet_in_its_name_is_still_a_folder(tmp_path: Path) -> None:
    write_shards(tmp_path / "works/all.parquet", 2)
    assert open_source(tmp_path / "works").shards == ("train-0.parquet", "train-1.parquet")
    assert len(open_source(tmp_path / "works/all.parquet").labels()) == 20


def test_one_shard_alone_is_a_source(tmp_path: Path) -> None:
    folder = write_shards(tmp_path / "works")
    assert open_source(str(folder / "train-1.parquet")).shards == ("train-1.parquet",)


def test_a_folder_of_images_takes_its_class_names_for_the_task(tmp_path: Path) -> None:
    (tmp_path / "works/portrait").mkdir(parents=True)
    (tmp_path / "works/portrait/a.png").write_bytes(encoded(picture(), "PNG"))
    source = open_source(tmp_path / "works", "genre")
    assert source.about["kind"] == "folder"
    assert source.labels().class_names == {"genre": ("portrait",)}


def test_a_csv_file_is_opened_whatever_its_ending(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(picture(), "PNG"))
    (tmp_path / "list.txt").write_text("image,artist\na.png,Monet\n")
    assert open_source(tmp_path / "list.txt").about["kind"] == "csv"


def test_a_place_that_does_not_exist_says_what_can_be_given(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="nowhere is neither a folder nor a file; give a folder of"):
        open_source(tmp_path / "nowhere")


def test_a_picture_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(picture()))
    with pytest.raises(BadSource, match=r"a\.jpg is no CSV file"):
        open_source(tmp_path / "a.jpg")


def test_an_empty_folder_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="holds no works; it has nothing"):
        open_source(tmp_path)


def test_an_unknown_task_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown task 'autor'"):
        open_source(tmp_path / "nowhere", "autor")
