"""A study's folder: begun once, the same study or refused, and checked when it is opened."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from processes import process
from studies.small_studies import (
    BEGINNINGS,
    ONE,
    SHARED,
    begun,
)

from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.studies.folder import Study, open_study
from morelli.studies.recipe import StudyRecipe
from morelli.studies.study import study


@pytest.mark.parametrize(
    ("changed", "differ"),
    [
        (replace(ONE, dropout=(0.3,)), "its dropout differ"),
        (replace(ONE, seeds=2), "its seeds differ"),
        (replace(ONE, base=replace(ONE.base, hidden=8, seed=3)), "its hidden, seed differ"),
        (replace(ONE, search="tpe"), "its .*search.* differ"),
    ],
)
def test_a_study_by_another_recipe_is_refused_and_what_differs_is_named(
    finished: Study, collection: Collection, changed: StudyRecipe, differ: str
) -> None:
    before = sorted(finished.folder.rglob("*"))

    with pytest.raises(
        BadFolder, match=f"a study by another recipe .{differ}.; choose a new folder"
    ):
        study(collection, finished.folder, changed)

    assert sorted(finished.folder.rglob("*")) == before


def test_a_study_of_another_collection_is_refused_and_the_first_is_named(
    finished: Study, collection: Collection, listed: Collection
) -> None:
    with pytest.raises(
        BadFolder, match=rf"a study of another collection \({collection.folder}\); choose a new"
    ):
        study(listed, finished.folder, ONE)


def test_the_same_collection_elsewhere_is_the_same(
    finished: Study, collection: Collection, tmp_path: Path
) -> None:
    shutil.copytree(collection.folder, tmp_path / "moved")

    assert study(tmp_path / "moved", finished.folder, ONE) == finished


@pytest.mark.parametrize("names", [["notes.txt"], ["study.toml", "run.json"], ["results.csv"]])
def test_a_folder_that_holds_something_else_is_left_alone(
    collection: Collection, tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).write_text("mine")

    with pytest.raises(BadFolder, match=rf"holds something else \({names[-1]}\); choose an empty"):
        study(collection, tmp_path, ONE)

    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}


def test_a_study_below_a_file_is_refused(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(BadFolder, match="a part of the path is a file"):
        study(collection, tmp_path / "file" / "study", ONE)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": 2, "collection": {}}'])
def test_a_damaged_beginning_is_refused(
    finished: Study, collection: Collection, tmp_path: Path, text: str
) -> None:
    out = shutil.copytree(finished.folder, tmp_path / "study")
    (out / "begun.json").write_text(text)

    with pytest.raises(BadFolder, match=r"study is damaged .*; choose a new folder"):
        study(collection, out, ONE)


@pytest.mark.parametrize(("format_", "age"), [(99, "a newer"), (1, "an older")])
def test_a_study_of_another_format_is_refused_as_such_and_not_as_damaged(
    finished: Study, collection: Collection, tmp_path: Path, format_: int, age: str
) -> None:
    out = shutil.copytree(finished.folder, tmp_path / "study")
    (out / "begun.json").write_text(f'{{"format": {format_}}}')

    with pytest.raises(BadFolder, match=f"written by {age} Morelli"):
        study(collection, out, ONE)


def test_a_folder_without_a_finished_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=r"no finished study .*morelli study COLLECTION --out "):
        open_study(tmp_path)


def test_processes_may_begin_one_study_at_the_same_moment(
    collection: Collection, tmp_path: Path
) -> None:
    logs = [tmp_path / f"log {number}" for number in range(3)]
    started = [
        process(begun, tmp_path / "studies", collection.folder, SHARED, log, tmp_path / "start")
        for log in logs
    ]
    while not all(log.exists() for log in logs):
        assert all(one.is_alive() for one in started)
    (tmp_path / "start").touch()
    for one in started:
        one.join(30)
        assert one.exitcode == 0

    assert [log.read_text() for log in logs] == [""] * 3
    for number in range(BEGINNINGS):
        names = {path.name for path in (tmp_path / "studies" / str(number)).iterdir()}
        assert names == {"begun.json", "study.toml", "trials", "claims"}


@pytest.mark.parametrize("name", ["results.json", "results.csv", "study.toml", "begun.json"])
def test_altered_figures_are_noticed(listed_rows: Study, name: str) -> None:
    path = listed_rows.folder / name
    before = path.read_bytes()
    path.write_bytes(before + b" ")
    try:
        with pytest.raises(BadFolder, match=rf"not as it was saved: {name} was altered"):
            open_study(listed_rows.folder)
    finally:
        path.write_bytes(before)
