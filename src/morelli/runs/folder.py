"""A run's folder: what it holds, that it is whole, and what is read back from it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from morelli.classifier import Classifier
from morelli.data.aside import sweep
from morelli.data.folders import ResultFolder
from morelli.data.splits import SPLITS
from morelli.errors import BadFolder, writing
from morelli.markup import html_table
from morelli.saved import load_classifier
from morelli.training.recipe import Recipe
from morelli.training.recipes import read_recipe

MANIFEST = "run.json"
RECIPE = "recipe.toml"
EPOCHS = "epochs.jsonl"
PREDICTIONS = "predictions.parquet"
STRANGERS = "strangers.parquet"
METRICS = "results.json"
CONFUSION = "confusion.svg"
REPORT = "report.html"
TABLE = "results.csv"
CLASSIFIER = "classifier"
TENSORBOARD = "tensorboard"

RUN_FOLDER = ResultFolder(
    kind="finished run",
    manifest=MANIFEST,
    format=2,
    oldest=2,
    command="morelli train COLLECTION --out {folder}",
    begun=RECIPE,
    contents=frozenset(
        {
            MANIFEST,
            RECIPE,
            EPOCHS,
            PREDICTIONS,
            STRANGERS,
            METRICS,
            TABLE,
            CONFUSION,
            CLASSIFIER,
            REPORT,
            TENSORBOARD,
        }
    ),
)
"""A run's folder: what it holds, and when it is finished."""


@dataclass(frozen=True)
class Run:
    """One execution of a recipe, in its folder.

    Attributes:
        folder: Where it is.
        recipe: How it was made.
        metrics: For train, val and test, the figures of `results.json`.
        about: What `run.json` says: versions, hashes, counts and times of what went in.
    """

    folder: Path
    recipe: Recipe
    metrics: dict[str, Any]
    about: dict[str, Any]

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier that the run made."""
        return load_classifier(self.folder / CLASSIFIER)

    def epochs(self) -> list[dict[str, Any]]:
        """Return the figures of all epochs."""
        lines = (self.folder / EPOCHS).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def _repr_html_(self) -> str:
        shown = ("accuracy", "macro_f1", "majority")
        rows = [
            (name, f"{self.metrics[name]['works']:,}")
            + tuple(f"{self.metrics[name][key]:.3f}" for key in shown)
            for name in SPLITS
        ]
        columns = ("", "works", "accuracy", "macro-F1", "majority")
        return html_table(str(self.folder), columns, rows)


def open_for_writing(folder: Path) -> None:
    """Make a run's folder, or take one in which a run was not finished.

    Raises:
        BadFolder: If it holds a finished run or something else, or cannot be written.
    """
    with writing(folder):
        if RUN_FOLDER.is_finished(folder):
            raise BadFolder(
                f"{folder} holds a finished run; choose another folder, or remove it first"
            )
    RUN_FOLDER.claim(folder)
    with writing(folder):
        sweep(folder / CLASSIFIER)
        for name in (EPOCHS, STRANGERS):
            (folder / name).unlink(missing_ok=True)


def finish(folder: Path, about: dict[str, Any]) -> None:
    """Write the file that makes the folder a run: what went in, and the hash of every file.

    The report is not among them: it can be made anew.
    """
    files = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    RUN_FOLDER.finish(folder, [name for name in files if name not in (MANIFEST, REPORT)], about)


def open_run(folder: str | Path) -> Run:
    """Open a finished run and check that no file is missing or was altered.

    Raises:
        BadFolder: It says which.
    """
    folder = Path(folder)
    about = RUN_FOLDER.read(folder)
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    return Run(folder, read_recipe(folder / RECIPE), metrics, about)


def load(path: str | Path, *, workers: int | None = None) -> Classifier:
    """Load the classifier of a run's folder, or of a folder that holds just a classifier.

    Args:
        path: The folder.
        workers: Threads; by default one a core.

    Raises:
        BadFolder: If a file is missing or was altered; it says which.
    """
    run = run_in(path)
    return load_classifier(Path(path) if run is None else run.folder / CLASSIFIER, workers=workers)


def run_in(path: str | Path) -> Run | None:
    """Return the run of a folder; None of a folder that can hold just a classifier.

    Raises:
        BadFolder: If there is no such folder, or its run is not whole.
    """
    path = Path(path)
    if RUN_FOLDER.is_finished(path) or (path / RECIPE).is_file():
        return open_run(path)
    if not path.is_dir():
        raise BadFolder(f"there is no folder {path}")
    return None
