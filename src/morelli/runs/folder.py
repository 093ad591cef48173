"""A run's folder: what it holds, that it is whole, and what is read back from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from morelli.classifier import Classifier
from morelli.data.aside import sweep
from morelli.data.folders import ResultFolder
from morelli.data.records import as_json, from_json
from morelli.errors import BadFolder, writing
from morelli.evaluation.metrics import SCORES, Metrics
from morelli.markup import html_table
from morelli.runs.about import About
from morelli.runs.heads import read_epochs
from morelli.runs.results import Results, read_results
from morelli.saved import load_classifier
from morelli.training.loop import Epoch
from morelli.training.named_recipes import read_recipe
from morelli.training.recipe import Recipe

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
    format=3,
    oldest=3,
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
        results: The figures of `results.json`.
        about: What went in, as `run.json` says: versions, hashes, counts and times.
    """

    folder: Path
    recipe: Recipe
    results: Results
    about: About

    @property
    def metrics(self) -> Mapping[str, Metrics]:
        """The figures of train, val and test."""
        return self.results.splits

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier that the run made."""
        return load_classifier(self.folder / CLASSIFIER)

    def epochs(self) -> list[list[Epoch]]:
        """Return the epochs of each head."""
        return read_epochs(self.folder / EPOCHS)

    def _repr_html_(self) -> str:
        rows = []
        for split, metrics in self.metrics.items():
            scores = [metrics.score(score.name) for score in SCORES]
            shown = ["" if value is None else f"{value:.3f}" for value in scores]
            rows.append((split, f"{metrics.works:,}", *shown))
        columns = ("", "works", *(score.label for score in SCORES))
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


def finish(folder: Path, about: About) -> None:
    """Write the file that makes the folder a run: what went in, and the hash of every file.

    The report is not among them: it can be made anew.
    """
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = sorted(name for name in names if name not in (MANIFEST, REPORT))
    RUN_FOLDER.finish(folder, files, as_json(replace(about, files={}, digest="")))


def open_run(folder: str | Path) -> Run:
    """Open a finished run and check that no file is missing or was altered.

    Raises:
        BadFolder: It says which.
    """
    folder = Path(folder)
    about = from_json(RUN_FOLDER.read(folder), About, folder / MANIFEST)
    return Run(folder, read_recipe(folder / RECIPE), read_results(folder / METRICS), about)


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
