"""What MLflow and TensorBoard are given is what the folder of a run or study holds."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from data.small import files_of
from mlflow import MlflowClient
from mlflow.entities import Run as Logged
from reported import one_thread
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from morelli.data.collection import Collection
from morelli.errors import UnknownName, UserError
from morelli.runs.folder import Run, open_run
from morelli.studies.figures import flat
from morelli.studies.folder import Study, open_study
from morelli.studies.recipe import StudyRecipe
from morelli.studies.study import study
from morelli.studies.trackers import EXPERIMENT, TRACKERS, check_trackers, track
from morelli.training.recipe import Recipe

EPOCH = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds")
GRID = StudyRecipe(backbones=("squeezenet1_1",), dropout=(0.1, 0.5), lr=(1e-3,), seeds=2)
FIGURES = ("accuracy", "macro_f1", "top5_accuracy", "majority")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder to work in, and beside it MLflow's own database."""
    folder = tmp_path_factory.mktemp("tracked")
    (folder / "desk").mkdir()
    with pytest.MonkeyPatch.context() as patch, one_thread():
        patch.chdir(folder / "desk")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
        yield folder / "desk"


@pytest.fixture(scope="module")
def copy(run: Run, desk: Path) -> Run:
    """A copy of the run, tracked by both."""
    copied = open_run(shutil.copytree(run.folder, desk.parent / "a run"))
    track(copied, ["mlflow", "tensorboard"])
    return copied


@pytest.fixture(scope="module")
def small(listed: Collection, quick: Recipe, cache: Path, desk: Path) -> Study:
    """A study of two settings, tracked by both."""
    finished = study(listed, desk.parent / "a study", replace(GRID, base=quick), cache=cache)
    track(finished, ["mlflow", "tensorboard"])
    return finished


def logged(name: str) -> list[Logged]:
    """MLflow's runs of that name, the newest first."""
    client = MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], f"attributes.run_name = '{name}'"))


def history(run: Logged, name: str) -> list[tuple[int, float]]:
    """Steps and values of a figure in MLflow."""
    return [
        (point.step, point.value)
        for point in MlflowClient().get_metric_history(run.info.run_id, name)
    ]


def finals(figures: dict[str, float]) -> dict[str, float]:
    """MLflow's final figures, by their own names."""
    start = "final_"
    return {name[len(start) :]: x for name, x in figures.items() if name.startswith(start)}


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values of all that TensorBoard finds in a folder."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        name: [(point.step, point.value) for point in events.Scalars(name)]
        for name in events.Tags()["scalars"]
    }


def figures_of(run: Run) -> dict[str, float]:
    """The final figures of a run's folder."""
    return {
        f"{split}_{name}": value
        for split, metrics in run.metrics.items()
        for name in FIGURES
        if (value := metrics.score(name)) is not None
    }


def curves_of(epochs: list[Any]) -> dict[str, list[tuple[int, float]]]:
    """Steps and values of each figure of some epochs."""
    return {
        name: [(number, epoch[name]) for number, epoch in enumerate(epochs, 1)] for name in EPOCH
    }


def trial_epochs(study: Study, number: int) -> list[dict[str, float]]:
    """What the epochs of a trial's first head came to."""
    return [vars(epoch) for epoch in study.trials()[number].heads[0].epochs]


def close(curves: Mapping[str, Sequence[tuple[int, Any]]]) -> Any:
    """The same figures, as float32 can hold them."""
    return {
        name: [(step, pytest.approx(value, rel=1e-6)) for step, value in curve]
        for name, curve in curves.items()
    }


def test_mlflow_has_every_epoch_and_the_final_figures_of_a_run(copy: Run) -> None:
    [run] = logged("a run")

    assert run.info.status == "FINISHED"
    for name, expected in curves_of(list(map(vars, copy.epochs()[0]))).items():
        assert history(run, name) == expected
    assert finals(run.data.metrics) == figures_of(copy)
    recipe = copy.recipe.as_dict()
    assert run.data.params == {name: str(value) for name, value in recipe.items()}


def test_mlflow_has_the_report_as_an_artifact(copy: Run, small: Study, tmp_path: Path) -> None:
    for name, folder in (("a run", copy.folder), ("a study", small.folder)):
        [run, *_] = logged(name)
        path = MlflowClient().download_artifacts(run.info.run_id, "report.html", str(tmp_path))

        assert Path(path).read_bytes() == (folder / "report.html").read_bytes()


def test_mlflow_has_the_trials_of_a_study_as_nested_runs(small: Study) -> None:
    [whole] = logged("a study")
    rows, test = small.results.settings, small.results.test

    assert whole.data.params["chosen"] == str(small.results.chosen)
    assert finals(whole.data.metrics) == {
        f"test_{name}": test.means[name] for name in ("accuracy", "macro_f1")
    }
    for number, row in enumerate(rows):
        [trial] = logged(f"trial-{number}")
        assert trial.data.tags["mlflow.parentRunId"] == whole.info.run_id
        assert trial.data.params["dropout"] == str(GRID.dropout[number])
        assert trial.data.params["state"] == "done"
        for name, expected in curves_of(trial_epochs(small, number)).items():
            assert history(trial, name) == expected
        assert finals(trial.data.metrics) == {
            name: value for name, value in flat(row).items() if name.startswith("val_")
        }


def test_tensorboard_has_every_epoch_and_the_final_figures_of_a_run(copy: Run) -> None:
    logged_scalars = scalars(copy.folder / "tensorboard")
    final = {f"final/{name}": [(0, value)] for name, value in figures_of(copy).items()}

    assert logged_scalars == close(curves_of(list(map(vars, copy.epochs()[0]))) | final)


def test_tensorboard_has_a_study_and_each_of_its_trials(small: Study) -> None:
    logs = small.folder / "tensorboard"

    assert sorted(path.name for path in logs.iterdir()) == ["trial-0", "trial-1", "whole"]
    assert set(scalars(logs / "whole")) == {"final/test_accuracy", "final/test_macro_f1"}
    for number, row in enumerate(small.results.settings):
        logged_scalars = scalars(logs / f"trial-{number}")
        figures = {key: value for key, value in flat(row).items() if key.startswith("val_")}
        final = {f"final/{key}": [(0, value)] for key, value in figures.items()}
        assert logged_scalars == close({**curves_of(trial_epochs(small, number)), **final})


def test_a_tracked_folder_is_as_it_was_and_opens(run: Run, copy: Run, small: Study) -> None:
    before, after = files_of(run.folder), files_of(copy.folder)

    assert {
        name: data for name, data in after.items() if not name.startswith("tensorboard/")
    } == before
    assert open_run(copy.folder).metrics == run.metrics
    assert open_study(small.folder).results == small.results


def test_nothing_is_written_elsewhere(copy: Run, small: Study, desk: Path) -> None:
    assert {path.name for path in desk.iterdir()} <= {"mlruns"}
    assert {path.name for path in desk.parent.iterdir()} == {
        copy.folder.name,
        small.folder.name,
        desk.name,
        "mlflow.db",
    }


def test_tracked_twice_tensorboard_has_it_once_and_mlflow_twice(copy: Run, desk: Path) -> None:
    again = open_run(shutil.copytree(copy.folder, desk.parent / "it's again" / "twice"))
    before = scalars(again.folder / "tensorboard")
    lines = [track(again, ["tensorboard", "mlflow"]) for _ in range(2)]

    assert scalars(again.folder / "tensorboard") == before
    one, other = logged("twice")
    assert one.data.metrics == other.data.metrics
    words = shlex.split(lines[0][0])
    assert words == ["TensorBoard:", "tensorboard", "--logdir", str(again.folder / "tensorboard")]
    assert lines[1][1].startswith(f"MLflow: run {one.info.run_id} in sqlite:///")
    shutil.rmtree(desk.parent / "it's again")


def test_the_experiment_may_be_named(
    copy: Run, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    track(copy, ["mlflow"])

    assert MlflowClient().get_experiment_by_name("mine") is not None


def test_an_unknown_tracker_is_answered_with_the_nearest(copy: Run) -> None:
    before = files_of(copy.folder)

    with pytest.raises(
        UnknownName, match=r"unknown tracker 'tensorbord'; did you mean tensorboard"
    ):
        track(copy, ["mlflow", "tensorbord"])
    with pytest.raises(UnknownName, match=r"unknown tracker 'wandb'; known: mlflow, tensorboard"):
        check_trackers(["wandb"])
    assert files_of(copy.folder) == before


@pytest.mark.parametrize(
    ("tracker", "module", "name"),
    [
        ("mlflow", "mlflow", "MLflow"),
        ("tensorboard", "torch.utils.tensorboard", "TensorBoard"),
    ],
)
def test_a_library_that_is_not_installed_is_answered_with_the_install_line(
    copy: Run, monkeypatch: pytest.MonkeyPatch, tracker: str, module: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(UserError) as refused:
        track(copy, [tracker])
    assert str(refused.value) == f"{name} is not installed; type: pip install 'morelli[{tracker}]'"


def test_no_tracker_needs_no_library(copy: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("mlflow", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, module, None)

    assert track(copy, []) == []
    assert sorted(TRACKERS) == ["mlflow", "tensorboard"]


def test_what_mlflow_refuses_is_said_in_one_line(
    copy: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    with pytest.raises(UserError, match=r"^MLflow refuses: .*127\.0\.0\.1") as refused:
        track(copy, ["mlflow"])
    assert "\n" not in str(refused.value)
