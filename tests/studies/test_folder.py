"""A study's folder: what it is refused for, and trials that fail in it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from studies.small_studies import Heard, one_thread, small, trials_of, write_weights

from morelli.data.collection import Collection
from morelli.errors import BadFolder, UserError
from morelli.studies.folder import MANIFEST, Study, open_study
from morelli.studies.recipe import StudyRecipe
from morelli.studies.study import study
from morelli.studies.trials import DONE, FAILED, trial_path

ONE = small(dropout=(0.5,), lr=(1e-3, 1e-2), epochs=2)
WILD = small(dropout=(0.5,), lr=(1e-3, 9.0), weight_decay=400.0, epochs=6)
"""At the higher rate weights grow by a factor of 3,600 a step; at the lower one they shrink."""


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def finished(
    collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """A study of two settings; tests that alter it work on a copy."""
    return study(collection, tmp_path_factory.mktemp("one") / "study", ONE, cache=cache)


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


def test_a_study_that_lacks_its_end_is_taken_up_where_it_was(
    finished: Study, collection: Collection, cache: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(finished.folder, tmp_path / "study")
    for name in (MANIFEST, "results.json", "results.csv", "report.html"):
        (out / name).unlink()
    trial_path(out, 1).unlink()
    kept = trial_path(out, 0).stat().st_mtime_ns
    heard = Heard()

    again = study(collection, out, ONE, cache=cache, progress=heard)

    assert trials_of(heard.notes) == [1]
    assert trial_path(out, 0).stat().st_mtime_ns == kept
    assert (out / "results.csv").read_bytes() == (finished.folder / "results.csv").read_bytes()
    assert (out / "report.html").is_file()
    assert again.conclusion == finished.conclusion


def test_a_head_that_diverges_is_recorded_and_the_others_go_on(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    wild = study(collection, tmp_path / "study", WILD, cache=cache)

    fine, gone = wild.trials()
    assert (fine.state, fine.error) == (DONE, "")
    assert (gone.state, gone.heads) == (FAILED, ())
    assert gone.error.startswith("the loss was NaN or infinite after epoch ")
    assert wild.failed == 1
    row = wild.results.settings[1]
    assert (row.state, row.error, row.p, row.val) == (FAILED, gone.error, None, None)
    assert wild.results.chosen == 0
    assert "1 trial failed." in wild.conclusion


def test_trials_that_failed_are_tried_again_once_the_cause_is_gone(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    weights, out = tmp_path / "weights", tmp_path / "study"
    write_weights(weights, "squeezenet1_1")
    networks = ("mobilenet_v2", "squeezenet1_1")
    recipe = small(backbones=networks, dropout=(0.5,), weights=str(weights), epochs=1)

    first = study(collection, out, recipe, cache=cache)

    assert first.failed == 2
    for trial in first.trials()[:2]:
        assert (trial.state, trial.heads) == (FAILED, ())
        assert trial.error.startswith(f"{weights} has no mobilenet_v2.safetensors; its weights are")
    assert first.results.chosen in (2, 3)
    assert "2 trials failed." in first.conclusion
    kept = {number: trial_path(out, number).stat().st_mtime_ns for number in (2, 3)}
    write_weights(weights, "mobilenet_v2")
    heard = Heard()

    again = study(collection, out, recipe, cache=cache, progress=heard)

    assert trials_of(heard.notes) == [0, 1]
    assert again.failed == 0
    assert {trial.state for trial in again.trials()} == {DONE}
    assert {n: trial_path(out, n).stat().st_mtime_ns for n in kept} == kept
    whole = study(collection, tmp_path / "whole", recipe, cache=cache)
    assert (out / "results.csv").read_bytes() == (whole.folder / "results.csv").read_bytes()


def test_if_all_trials_fail_it_is_an_error_that_says_why_and_can_be_tried_again(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "squeezenet1_1.safetensors"
    recipe = replace(ONE, base=replace(ONE.base, weights=str(weights)))

    with pytest.raises(UserError, match=r"no trial was trained to its end: there is no weights "):
        study(collection, tmp_path / "study", recipe, cache=cache)

    assert not (tmp_path / "study" / MANIFEST).exists()
    write_weights(tmp_path, "squeezenet1_1")
    assert study(collection, tmp_path / "study", recipe, cache=cache).failed == 0


def test_a_damaged_trial_is_named(finished: Study, collection: Collection, tmp_path: Path) -> None:
    out = shutil.copytree(finished.folder, tmp_path / "study")
    (out / MANIFEST).unlink()
    trial_path(out, 1).write_text("{")

    with pytest.raises(BadFolder, match=r"00001\.json is damaged; remove it, and run the same"):
        study(collection, out, ONE)
