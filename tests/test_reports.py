"""The report of whatever a folder holds is made anew, the same bytes; what was altered is not."""

import json
import shutil
from pathlib import Path

import pytest
from comparisons.compared_runs import trained
from data.small import files_of
from reported import one_thread
from studies.reproduced import Reproduced

from morelli.comparisons.compare import compare
from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.reports import write_report_of
from morelli.studies.recipe import StudyRecipe
from morelli.studies.study import study
from morelli.training.recipe import Recipe

GRID = StudyRecipe(backbones=("squeezenet1_1",), dropout=(0.1, 0.5), lr=(1e-3,))


@pytest.fixture(scope="module")
def runs(
    listed: Collection,
    quick: Recipe,
    cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A folder with a run, a study, and a comparison of two runs."""
    folder = tmp_path_factory.mktemp("reports")
    with one_thread():
        study(listed, folder / "study", StudyRecipe(**vars(GRID) | {"base": quick}), cache=cache)
        one = trained(listed, folder / "run", cache)
        other = trained(listed, folder / "other", cache, seed=2)
    compare([one, other], folder / "comparison")
    return folder


@pytest.fixture
def folder(runs: Path, tmp_path: Path, kind: str) -> Path:
    """A copy of one of them, to be altered."""
    return Path(shutil.copytree(runs / kind, tmp_path / kind))


KINDS = pytest.mark.parametrize("kind", ["run", "study", "comparison"])


@KINDS
def test_a_report_that_was_deleted_comes_back_with_the_same_bytes(runs: Path, kind: str) -> None:
    before = files_of(runs / kind)
    (runs / kind / "report.html").unlink()

    assert write_report_of(str(runs / kind)) == runs / kind / "report.html"
    assert files_of(runs / kind) == before


@KINDS
def test_a_report_that_was_altered_is_made_anew(runs: Path, kind: str) -> None:
    before = files_of(runs / kind)
    (runs / kind / "report.html").write_text("altered", encoding="utf-8")

    write_report_of(runs / kind)
    assert files_of(runs / kind) == before


@KINDS
def test_of_a_folder_with_altered_figures_no_report_is_made(folder: Path, kind: str) -> None:
    before = (folder / "report.html").read_bytes()
    path = folder / "results.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.", "0.9", 1), encoding="utf-8")

    with pytest.raises(BadFolder, match=r"is not as it was saved: results\.json was altered"):
        write_report_of(folder)
    assert (folder / "report.html").read_bytes() == before


@KINDS
def test_of_a_folder_whose_manifest_was_altered_no_report_is_made(folder: Path, kind: str) -> None:
    path = folder / f"{kind}.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"note": "mine"}), encoding="utf-8")

    with pytest.raises(BadFolder, match=rf"{kind}\.json was altered or is damaged"):
        write_report_of(folder)


@pytest.mark.parametrize("kind", ["study"])
def test_of_a_study_whose_chosen_run_was_altered_no_report_is_made(folder: Path, kind: str) -> None:
    path = folder / "chosen" / "epochs.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    with pytest.raises(BadFolder, match=rf"{kind}/chosen is not as it was saved"):
        write_report_of(folder)


@pytest.mark.parametrize("content", ["nothing", "empty", "file", "something"])
def test_where_there_is_nothing_to_report_it_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "folder"
    if content == "file":
        path.write_text("a file", encoding="utf-8")
    elif content != "nothing":
        path.mkdir()
    if content == "something":
        (path / "recipe.toml").write_text("", encoding="utf-8")

    with pytest.raises(BadFolder, match=r"folder holds no finished run, study, comparison, reprod"):
        write_report_of(path)


@pytest.mark.real
def test_the_report_of_a_reproduction_comes_back_with_the_same_bytes(
    reproduction: Reproduced,
) -> None:
    folder = reproduction.result.folder
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()

    assert write_report_of(folder) == folder / "report.html"
    assert (folder / "report.html").read_bytes() == before


@pytest.mark.real
@pytest.mark.parametrize("name", ["results.json", "results.csv", "subset/predictions.parquet"])
def test_of_a_reproduction_that_was_altered_no_report_is_made(
    reproduction: Reproduced, name: str
) -> None:
    path = reproduction.result.folder / name
    before = path.read_bytes()
    path.write_bytes(before + b" ")

    with pytest.raises(BadFolder, match=rf"not as it was saved: {path.name} was altered"):
        write_report_of(path.parent if path.parent.name == "reproduction" else path.parent.parent)
    path.write_bytes(before)
