"""Loose image files: a folder for each class, or a CSV over them."""

from pathlib import Path

import numpy as np
import pytest
from data.small import encoded, picture

from morelli.data.ingest import ingest
from morelli.data.sources.files import (
    GROUP_WORKS,
    SHARD_WORKS,
    FilesSource,
    csv_source,
    folder_source,
)
from morelli.errors import BadSource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images of two artists, and what is none."""
    for path in ("monet/a.JPG", "monet/late/b.png", "degas/c.jpg"):
        file = tmp_path / "works" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(picture(len(path))))
    (tmp_path / "works/monet/notes.txt").write_text("Giverny")
    (tmp_path / "works/top.jpg").write_bytes(encoded(picture()))
    return tmp_path / "works"


def csv_of(folder: Path, text: str) -> FilesSource:
    file = folder / "list.csv"
    file.write_text(text, encoding="utf-8")
    return csv_source(file, str(file))


def test_images_in_no_class_folder_are_left_out_with_a_warning(folder: Path) -> None:
    with pytest.warns(UserWarning, match=r"1 image of .* in no class folder, left out: top.jpg"):
        folder_source(folder, "works", "style")


def test_hidden_folders_are_no_classes(folder: Path) -> None:
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "a.jpg").write_bytes(b"small")
    (folder / "top.jpg").unlink()
    assert "monet" in folder_source(folder, "works", "artist").tasks["artist"]
    assert ".thumbnails" not in folder_source(folder, "works", "artist").tasks["artist"]


@pytest.mark.filterwarnings("ignore:.*no class folder")
def test_each_folder_is_a_class_of_the_task(folder: Path) -> None:
    source = folder_source(folder, "works", "style")
    labels = source.labels()
    assert source.paths == ("degas/c.jpg", "monet/a.JPG", "monet/late/b.png")
    assert labels.class_names == {"style": ("degas", "monet")}
    assert labels.tasks["style"].tolist() == [0, 1, 1]
    assert labels.extra.num_columns == 0
    assert source.about == {"kind": "folder", "place": "works"}
    assert source.columns == {"image": "path", "style": "class name"}


@pytest.mark.filterwarnings("ignore:.*no class folder")
def test_images_are_read_as_they_are(folder: Path) -> None:
    source = folder_source(folder, "works", "artist")
    raws = source.images(0, 0, [2, 0])
    assert [raw.path for raw in raws] == ["monet/late/b.png", "degas/c.jpg"]
    assert raws[1].data == (folder / "degas/c.jpg").read_bytes()
    assert source.cost(0, 0, [0, 2]) == sum(len(raw.data or b"") for raw in raws)


@pytest.mark.filterwarnings("ignore:.*no class folder")
def test_a_file_that_has_gone_is_left_to_the_quarantine(folder: Path) -> None:
    source = folder_source(folder, "works", "artist")
    (folder / "degas/c.jpg").unlink()
    assert source.images(0, 0, [0])[0].data is None
    assert source.cost(0, 0, [0]) == 0


def test_a_folder_without_works_says_what_it_has_and_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"holds no works; it has nothing. Needed: Parquet shards"):
        folder_source(tmp_path, "works", "artist")
    (tmp_path / "loose.jpg").write_bytes(encoded(picture()))
    with pytest.raises(
        BadSource, match=r"it has loose\.jpg. Needed: .* a folder of images for each"
    ):
        folder_source(tmp_path, "works", "artist")


def test_many_files_are_dealt_to_shards_and_groups_in_order() -> None:
    count = 2 * SHARD_WORKS + 3
    source = csv_source_of_nothing(count)
    labels = source.labels()
    assert len(source.shards) == 3
    assert np.bincount(labels.shards).tolist() == [SHARD_WORKS, SHARD_WORKS, 3]
    assert labels.rows[[0, SHARD_WORKS - 1, SHARD_WORKS]].tolist() == [0, SHARD_WORKS - 1, 0]
    assert labels.groups.max() == SHARD_WORKS // GROUP_WORKS - 1


def csv_source_of_nothing(count: int) -> FilesSource:
    import pyarrow as pa

    paths = tuple(f"{number}.jpg" for number in range(count))
    return FilesSource("csv", Path(), "list.csv", paths, {"artist": ("a",) * count}, pa.table({}))


def test_a_csv_gives_paths_labels_and_further_columns(folder: Path) -> None:
    source = csv_of(
        folder,
        "title,image,artist,genre,width\n"
        'Lilies,monet/a.JPG,Monet,,7\n"Dancers, blue",degas\\c.jpg,Degas,ballet,8\n',
    )
    labels = source.labels()
    assert source.paths == ("monet/a.JPG", "degas/c.jpg")
    assert labels.class_names == {"artist": ("Degas", "Monet"), "genre": ("ballet",)}
    assert labels.tasks["artist"].tolist() == [1, 0]
    assert labels.tasks["genre"].tolist() == [-1, 0]
    assert labels.extra.to_pydict() == {"title": ["Lilies", "Dancers, blue"]}
    assert source.about["kind"] == "csv"
    assert source.columns["title"] == "string"


def test_a_csv_may_start_with_a_byte_order_mark_and_call_its_images_file_name(
    folder: Path,
) -> None:
    source = csv_of(folder, "\ufefffile_name,artist\nmonet/a.JPG,Monet\n")
    assert source.paths == ("monet/a.JPG",)


def test_an_unnamed_index_column_is_carried_along(folder: Path, tmp_path: Path) -> None:
    source = csv_of(folder, ",image,artist\n0,monet/a.JPG,Monet\n1,degas/c.jpg,Degas\n")
    assert ingest(source, tmp_path / "out", size=16).table([""]).to_pydict() == {"": ["0", "1"]}


OUTSIDE = "/etc/passwd"

WRONG = {
    "no image column": ("path,artist\na,b\n", "has the columns path, artist; needed: an image col"),
    "no label column": ("image,painter\na,b\n", "columns image, painter; needed: one of artist, g"),
    "nothing": ("", "has the columns none; needed: an image column"),
    "no rows": ("image,artist\n", "lists no works"),
    "too few values": ("image,artist\nmonet/a.JPG,x\nmonet/a.JPG\n", "line 3: not as many values"),
    "too many values": ("image,artist\nmonet/a.JPG,x,y\n", "line 2: not as many values"),
    "open quote": ('image,artist\n"monet/a.JPG,x\n', "is no CSV file in UTF-8"),
    "missing files": (
        "image,artist\nmonet/a.JPG,x\nmonet/z.jpg,x\nno.jpg,y\n",
        "names 2 of 3 files that are not there: monet/z.jpg, no.jpg; paths are relative to the CSV",
    ),
    "no path": ("image,artist\n,x\n", "names 1 of 1 files that are not there"),
    "a folder": ("image,artist\nmonet,x\n", "names 1 of 1 files that are not there: monet"),
    "outside": ("image,artist\n../outside.jpg,x\n", r"outside its folder: \.\./outside\.jpg"),
    "absolute": (f"image,artist\n{OUTSIDE},x\n", f"outside its folder: {OUTSIDE}"),
    "a link that leads outside": ("image,artist\nlink.jpg,x\n", "outside its folder: link.jpg"),
    "an image in text": (
        f"image,artist\n{'iVBORw0K' * 99},x\n",
        "files that are not there: iVBORw0K",
    ),
    "a null byte": ("image,artist\na\0.jpg,x\n", "names 1 of 1 files that are not there"),
}


@pytest.mark.parametrize(("text", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_csv_says_what_it_has_and_what_is_needed(
    folder: Path, text: str, reason: str
) -> None:
    (folder.parent / "outside.jpg").write_bytes(encoded(picture()))
    (folder / "link.jpg").symlink_to(folder.parent / "outside.jpg")
    with pytest.raises(BadSource, match=reason) as caught:
        csv_of(folder, text)
    assert "list.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_csv_that_is_not_utf_8_is_refused(folder: Path) -> None:
    (folder / "list.csv").write_bytes("image,artist\nmonet/a.JPG,Dürer\n".encode("latin-1"))
    with pytest.raises(BadSource, match=r"list\.csv is no CSV file in UTF-8"):
        csv_source(folder / "list.csv", "list.csv")
