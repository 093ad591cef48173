"""A collection opens whole or says what is wrong, and tells the works of each task."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.small import ARTISTS, pictures, write_shard, write_shards

from morelli.data.collection import Collection, open_collection
from morelli.data.ingest import ingest
from morelli.data.plan import SETTINGS
from morelli.data.selection import Selection
from morelli.errors import BadFolder, UnknownName, UserError


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Twenty works of four artists, one of them unknown, with null labels and two genres."""
    folder = tmp_path_factory.mktemp("twenty")
    write_shard(
        folder / "in/a.parquet",
        pictures(8),
        {
            "artist": [3, 0, 0, 1, 2, None, 1, 0],
            "genre": ["portrait", None, "landscape", "portrait", None, "portrait", None, None],
            "series": ["x", None, "x", "y", "", "y", "z", "x"],
            "year": [1870, 1871, None, 1872, 1873, 1874, 1875, 1876],
        },
        {"artist": ARTISTS},
    )
    return ingest(folder / "in", folder / "out", Selection(include_unknown=True), size=16)


def test_a_collection_opens_as_it_was_made(twenty: Collection) -> None:
    assert open_collection(twenty.folder) == twenty
    assert open_collection(str(twenty.folder)) == twenty
    assert twenty.works == 7
    assert twenty.class_names == {"artist": ARTISTS, "genre": ("landscape", "portrait")}


def test_labels_are_renumbered_for_the_sorted_names_that_have_works(twenty: Collection) -> None:
    works = twenty.labelled("genre")
    assert works.class_names == ("landscape", "portrait")
    assert works.labels.tolist() == [1, 0, 1]
    assert works.rows.tolist() == [0, 2, 3]
    assert works.shards.tolist() == [0, 0, 0]
    assert works.groups.tolist() == ["", "", ""]


def test_labels_are_read_without_pandas_even_where_some_are_lacking(twenty: Collection) -> None:
    code = (
        "import sys\nfrom morelli.data.collection import open_collection\n"
        "works = open_collection(sys.argv[1]).labelled('genre')\n"
        "assert len(works) == 3\nassert 'pandas' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(twenty.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_class_names_are_sorted_whatever_their_order_in_the_source(twenty: Collection) -> None:
    works = twenty.labelled()
    assert works.class_names == tuple(sorted(ARTISTS))
    artists = [works.class_names[label] for label in works.labels]
    assert artists == [ARTISTS[number] for number in (3, 0, 0, 1, 2, 1, 0)]


def test_unknown_artists_are_dropped_unless_they_were_asked_for(tmp_path: Path) -> None:
    write_shards(tmp_path / "in", 1)
    everyone = ingest(tmp_path / "in", tmp_path / "all", Selection(include_unknown=True), size=16)
    assert "Unknown Artist" in everyone.labelled().class_names
    known = ingest(tmp_path / "in", tmp_path / "known", size=16)
    assert known.class_names["artist"] == ARTISTS
    assert known.labelled().class_names == ("Alfred Sisley", "Camille Pissarro", "Claude Monet")


def test_counts_are_of_the_default_task_most_first(twenty: Collection) -> None:
    assert list(twenty.counts.items()) == [
        ("Claude Monet", 3),
        ("Camille Pissarro", 2),
        ("Alfred Sisley", 1),
        ("Unknown Artist", 1),
    ]


def test_a_group_column_of_any_type_is_told_as_text(twenty: Collection) -> None:
    assert twenty.labelled(group="series").groups.tolist() == ["x", "", "x", "y", "", "z", "x"]
    assert twenty.labelled(group="year").groups.tolist()[:3] == ["1870", "1871", ""]


def test_an_unknown_group_column_or_task_is_refused(twenty: Collection) -> None:
    with pytest.raises(UnknownName, match="unknown column 'serie'; did you mean series"):
        twenty.labelled(group="serie")
    with pytest.raises(UnknownName, match="unknown task 'genres'"):
        twenty.labelled("genres")
    with pytest.raises(UserError, match="no labels for 'style'; it has artist, genre"):
        twenty.labelled("style")


def test_taking_works_keeps_only_the_classes_that_remain(twenty: Collection) -> None:
    works = twenty.labelled()
    taken = works.take(np.flatnonzero(works.labels != 0)[::-1])
    assert "Alfred Sisley" not in taken.class_names
    assert [taken.class_names[label] for label in taken.labels][-1] == "Claude Monet"
    assert len(taken) == len(works) - 1


def test_a_notebook_shows_the_classes(twenty: Collection) -> None:
    shown = twenty._repr_html_()
    assert "7 works in" in shown
    assert "<td>Claude Monet</td><td>3</td>" in shown


def test_a_folder_without_settings_is_no_collection(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=r"no collection\.json.*morelli ingest SOURCE"):
        open_collection(tmp_path)


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda settings: settings.pop(name)


DAMAGE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no works": (without("works"), "is damaged.*works"),
    "no format": (without("format"), "is damaged"),
    "no task": (lambda said: said.update(selection={}), "is damaged.*'task'"),
    "no names": (lambda said: said.update(class_names=3), "is damaged"),
    "newer": (lambda said: said.update(format=99), "was written by a newer Morelli; upgrade"),
    "lost shard": (lambda said: said["shards"].append("b.parquet"), r"lacks b\.parquet"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGE.values(), ids=DAMAGE.keys())
def test_altered_settings_are_told(
    twenty: Collection, tmp_path: Path, damage: Callable[[dict[str, Any]], object], reason: str
) -> None:
    shutil.copytree(twenty.folder, tmp_path / "copy")
    settings = tmp_path / "copy" / SETTINGS
    content = json.loads(settings.read_text())
    damage(content)
    settings.write_text(json.dumps(content))
    with pytest.raises(BadFolder, match=reason):
        open_collection(tmp_path / "copy")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"'])
def test_settings_that_are_no_settings_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / SETTINGS).write_text(text)
    with pytest.raises(BadFolder, match="is damaged"):
        open_collection(tmp_path)


def test_a_shard_outside_the_folder_is_refused(collection: Collection, tmp_path: Path) -> None:
    content = json.loads((collection.folder / "collection.json").read_text())
    content["shards"] = ["../../elsewhere.parquet"]
    (tmp_path / "collection.json").write_text(json.dumps(content))
    with pytest.raises(BadFolder, match="outside its folder"):
        open_collection(tmp_path)
