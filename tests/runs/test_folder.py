"""A run's folder is whole, or says what is wrong with it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from morelli.errors import BadFolder
from morelli.runs.folder import Run, load, open_run

VOUCHED = (
    "recipe.toml",
    "epochs.jsonl",
    "predictions.parquet",
    "results.json",
    "results.csv",
    "confusion.svg",
    "classifier/classifier.json",
    "classifier/head.safetensors",
    "classifier/backbone-squeezenet1_1.safetensors",
    "classifier/known.json",
    "classifier/known.safetensors",
    "classifier/parts.json",
    "classifier/strangeness.safetensors",
)


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Path:
    """A copy of the run, to be spoilt."""
    return shutil.copytree(run.folder, tmp_path / "copy")


def test_a_run_opens_anywhere(run: Run, copy: Path) -> None:
    found = open_run(copy)

    assert (found.recipe, found.metrics, found.about) == (run.recipe, run.metrics, run.about)
    assert found.epochs() == run.epochs()
    assert found.folder == copy


@pytest.mark.parametrize("opened", [open_run, load])
@pytest.mark.parametrize("name", VOUCHED)
def test_an_altered_file_is_named(copy: Path, name: str, opened: Callable[[Path], object]) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)

    with pytest.raises(BadFolder, match=f"not as it was saved: {name} was altered$"):
        opened(copy)


@pytest.mark.parametrize("opened", [open_run, load])
@pytest.mark.parametrize("name", VOUCHED)
def test_a_missing_file_is_named(copy: Path, name: str, opened: Callable[[Path], object]) -> None:
    (copy / name).unlink()

    with pytest.raises(BadFolder, match=f"not as it was saved: {name} is missing$"):
        opened(copy)


def test_all_that_is_wrong_is_named_missing_files_first(copy: Path) -> None:
    (copy / "results.json").write_text("{}")
    (copy / "epochs.jsonl").unlink()

    with pytest.raises(BadFolder, match=r"epochs.jsonl is missing; results.json was altered$"):
        open_run(copy)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said | {"best_epochs": [99]},
        lambda said: said | {"files": {}},
        lambda said: {"format": 2},
        lambda said: [said],
    ],
)
@pytest.mark.parametrize("opened", [open_run, load])
def test_an_altered_run_json_is_named(
    copy: Path,
    spoil: Callable[[dict[str, object]], object],
    opened: Callable[[Path], object],
) -> None:
    path = copy / "run.json"
    path.write_text(json.dumps(spoil(json.loads(path.read_text(encoding="utf-8")))))

    with pytest.raises(BadFolder, match=r"run\.json was altered or is damaged"):
        opened(copy)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe"])
def test_a_run_json_that_is_no_json_is_named(copy: Path, data: bytes) -> None:
    (copy / "run.json").write_bytes(data)

    with pytest.raises(BadFolder, match=r"run\.json was altered or is damaged"):
        open_run(copy)


@pytest.mark.parametrize("opened", [open_run, load])
def test_a_run_of_a_newer_or_an_older_morelli_is_refused(
    copy: Path, opened: Callable[[Path], object]
) -> None:
    path = copy / "run.json"
    said = json.loads(path.read_text(encoding="utf-8"))

    path.write_text(json.dumps(said | {"format": 4}))
    with pytest.raises(BadFolder, match="written by a newer Morelli; upgrade"):
        opened(copy)
    path.write_text(json.dumps(said | {"format": 2}))
    with pytest.raises(BadFolder, match="written by an older Morelli; make it anew"):
        opened(copy)


@pytest.mark.parametrize("opened", [open_run, load])
def test_a_run_that_was_not_finished_is_refused(
    copy: Path, opened: Callable[[Path], object]
) -> None:
    (copy / "run.json").unlink()

    with pytest.raises(BadFolder, match=r"no finished run \(it has no run\.json\).*morelli train"):
        opened(copy)


def test_a_folder_with_nothing_of_the_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="holds no finished run"):
        open_run(tmp_path)
    with pytest.raises(BadFolder, match="holds no classifier"):
        load(tmp_path)
    with pytest.raises(BadFolder, match="there is no folder"):
        load(tmp_path / "nowhere")


def test_a_run_shows_its_figures_in_a_notebook(run: Run) -> None:
    shown = run._repr_html_()

    assert str(run.folder) in shown
    for name in ("train", "val", "test"):
        assert f"<td>{name}</td>" in shown
        assert f"<td>{run.metrics[name].accuracy:.3f}</td>" in shown
