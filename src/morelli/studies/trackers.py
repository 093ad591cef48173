"""Trackers: the figures of runs and studies, written to MLflow or TensorBoard as well.

A run's folder is enough by itself; what is written here is a copy of it. Both libraries enter by
this door alone.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from types import ModuleType
from typing import TYPE_CHECKING

from morelli.errors import UserError, unknown_name, writing
from morelli.runs.folder import REPORT, TENSORBOARD, Run
from morelli.runs.heads import epochs_of, mean_epoch
from morelli.studies.figures import SettingFigures, flat
from morelli.studies.folder import Study
from morelli.studies.trials import Trial
from morelli.training.loop import Epoch

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

EXPERIMENT = "morelli"
"""Name of MLflow's experiment, unless MLFLOW_EXPERIMENT_NAME says another."""


@dataclass(frozen=True)
class Tracked:
    """What a tracker is given of one training.

    Attributes:
        name: Its name.
        settings: Its recipe.
        epochs: For each epoch, its figures by name.
        figures: Its final figures by name.
        report: Its report; None for a single trial of a study.
    """

    name: str
    settings: Mapping[str, object]
    epochs: Sequence[Mapping[str, float]]
    figures: Mapping[str, float]
    report: Path | None = None


def of_run(run: Run) -> Tracked:
    """Return what is tracked of a run."""
    figures = {
        f"{split}_{name}": value
        for split, metrics in run.metrics.items()
        for name, value in metrics.scores.items()
    }
    epochs = [_values(mean_epoch(epochs)) for epochs in epochs_of(run.epochs())]
    report = run.folder / REPORT
    return Tracked(run.folder.name, run.recipe.as_dict(), epochs, figures, report)


def _values(epoch: Epoch) -> dict[str, float]:
    """Return the figures of an epoch by name."""
    return {name: value for name, value in vars(epoch).items() if name != "number"}


def of_study(study: Study) -> tuple[Tracked, list[Tracked]]:
    """Return what is tracked of a study, and of each of its trials."""
    results = study.results
    rows = {row.number: row for row in results.settings}
    whole = Tracked(
        study.folder.name,
        {"chosen": results.chosen} | study.chosen.recipe.as_dict(),
        [],
        {f"test_{name}": mean for name, mean in results.test.means.items()},
        study.folder / REPORT,
    )
    return whole, [_of_trial(trial, rows[trial.number]) for trial in study.trials()]


def _of_trial(trial: Trial, row: SettingFigures) -> Tracked:
    epochs = [_values(epoch) for epoch in (trial.heads[0].epochs if trial.heads else ())]
    figures = {
        name: value
        for name, value in flat(row).items()
        if name.startswith(("val_", "test_")) and isinstance(value, float)
    }
    settings = trial.recipe.as_dict() | {"state": trial.state}
    return Tracked(f"trial-{trial.number}", settings, epochs, figures)


def track(tracked: Run | Study, trackers: Sequence[str]) -> list[str]:
    """Write the figures of a run or study to trackers.

    Args:
        tracked: The run or study.
        trackers: Names among `TRACKERS`.

    Returns:
        For each, a line that says where they are.

    Raises:
        UserError: If a tracker is unknown, not installed or refuses.
    """
    check_trackers(trackers)
    whole, parts = (of_run(tracked), []) if isinstance(tracked, Run) else of_study(tracked)
    return [TRACKERS[name](tracked.folder, whole, parts) for name in trackers]


def check_trackers(trackers: Sequence[str]) -> None:
    """Refuse trackers that do not exist or are not installed, before any work is done.

    Raises:
        UserError: It says what to type.
    """
    for name in trackers:
        if name not in TRACKERS:
            raise unknown_name("tracker", name, TRACKERS)
        _doors[name]()


def _mlflow() -> ModuleType:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it sends usage figures else
    try:
        import mlflow
    except ImportError:
        raise UserError("MLflow is not installed; type: pip install 'morelli[mlflow]'") from None
    return mlflow


def _tensorboard() -> "type[SummaryWriter]":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UserError(
            "TensorBoard is not installed; type: pip install 'morelli[tensorboard]'"
        ) from None
    return SummaryWriter


def _to_mlflow(folder: Path, whole: Tracked, parts: Sequence[Tracked]) -> str:
    mlflow = _mlflow()
    try:
        mlflow.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT))
        with mlflow.start_run(run_name=whole.name) as run:
            _log_to_mlflow(mlflow, whole)
            for part in parts:
                with mlflow.start_run(run_name=part.name, nested=True):
                    _log_to_mlflow(mlflow, part)
        return f"MLflow: run {run.info.run_id} in {mlflow.get_tracking_uri()}"
    except mlflow.exceptions.MlflowException as error:
        raise UserError(f"MLflow refuses: {str(error).splitlines()[0]}") from None


def _log_to_mlflow(mlflow: ModuleType, tracked: Tracked) -> None:
    mlflow.log_params({name: str(value) for name, value in tracked.settings.items()})
    for number, epoch in enumerate(tracked.epochs, start=1):
        mlflow.log_metrics(dict(epoch), step=number)
    mlflow.log_metrics({f"final_{name}": value for name, value in tracked.figures.items()})
    if tracked.report is not None:
        mlflow.log_artifact(str(tracked.report))


def _to_tensorboard(folder: Path, whole: Tracked, parts: Sequence[Tracked]) -> str:
    writer_of = _tensorboard()
    logs = folder / TENSORBOARD
    if logs.is_dir():  # what an earlier call wrote is replaced, not added to
        with writing(folder):
            shutil.rmtree(logs)
    for name, tracked in _named(whole, parts):
        with writer_of(str(logs / name)) as writer:
            settings = "\n".join(f"- {key}: {value}" for key, value in tracked.settings.items())
            writer.add_text("recipe", settings)
            for number, epoch in enumerate(tracked.epochs, start=1):
                for key, value in epoch.items():
                    writer.add_scalar(key, value, number)
            for key, value in tracked.figures.items():
                writer.add_scalar(f"final/{key}", value, 0)
    return f"TensorBoard: tensorboard --logdir {quote(str(logs))}"


def _named(whole: Tracked, parts: Sequence[Tracked]) -> Iterator[tuple[str, Tracked]]:
    yield "whole" if parts else ".", whole
    yield from ((part.name, part) for part in parts)


TRACKERS: dict[str, Callable[[Path, Tracked, Sequence[Tracked]], str]] = {
    "mlflow": _to_mlflow,
    "tensorboard": _to_tensorboard,
}
"""What figures can be written to."""

_doors: dict[str, Callable[[], object]] = {"mlflow": _mlflow, "tensorboard": _tensorboard}
