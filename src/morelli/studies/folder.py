"""A study's folder: what it holds, that it is the same study, and what is read back from it."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morelli.data.aside import write_text
from morelli.data.collection import Collection
from morelli.data.folders import ResultFolder
from morelli.errors import BadFolder
from morelli.markup import html_table
from morelli.runs.folder import Run, open_run
from morelli.runs.prepare import works_digest, works_of
from morelli.studies.recipe import StudyRecipe, study_from
from morelli.studies.trials import CLAIMS, TRIALS, Trial, alone, open_folders, read_trials

MANIFEST = "study.json"
BEGUN = "begun.json"
RECIPE = "study.toml"
COSTS = "costs.jsonl"
RESULTS = "results.json"
TABLE = "results.csv"
REPORT = "report.html"
CHOSEN = "chosen"

KEPT = (RECIPE, BEGUN, RESULTS, TABLE)
"""The files that the manifest vouches for."""

STUDY_FOLDER = ResultFolder(
    kind="finished study",
    manifest=MANIFEST,
    format=1,
    command="morelli study COLLECTION --out {folder}",
    begun=BEGUN,
    before=frozenset({RECIPE, TRIALS, CLAIMS}),
)
"""A study's folder: what shows it, and when it is finished."""


@dataclass(frozen=True)
class Study:
    """Networks and settings compared on one collection, in their folder.

    Attributes:
        folder: Where it is.
        recipe: What was compared.
        about: What `begun.json` says of the collection.
        results: The figures of `results.json`.
    """

    folder: Path
    recipe: StudyRecipe
    about: dict[str, Any]
    results: dict[str, Any]

    @property
    def chosen(self) -> Run:
        """The run of the setting that is best on val."""
        return open_run(self.folder / CHOSEN)

    @property
    def conclusion(self) -> str:
        """What the figures say, in a paragraph."""
        return str(self.results["conclusion"])

    @property
    def failed(self) -> int:
        """Number of trials that failed."""
        return sum(1 for each in self.results["settings"] if each["state"] == "failed")

    def trials(self) -> list[Trial]:
        """Return what each trial came to, by number."""
        return read_trials(self.folder)

    def _repr_html_(self) -> str:
        shown = ("backbone", "dropout", "lr", "val_accuracy", "val_macro_f1", "test_accuracy")
        rows = [[_shown(each.get(name)) for name in shown] for each in self.results["settings"]]
        return html_table(str(self.folder), shown, rows)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def begin(folder: Path, collection: Collection, recipe: StudyRecipe) -> None:
    """Make a study's folder, or take one in which the same study was begun.

    Raises:
        BadFolder: If it holds another study or something else, or cannot be written.
    """
    works = works_of(collection, recipe.base)
    about = {
        "format": STUDY_FOLDER.format,
        "collection": {
            "folder": str(collection.folder.resolve()),
            "source": collection.source,
            "works": works_digest(works),
        },
    }
    STUDY_FOLDER.claim(folder)
    open_folders(folder)
    with alone(folder):  # others may begin it at the same moment
        if (folder / BEGUN).is_file():
            _check_same(folder, about, recipe)
            return
        import tomli_w

        write_text(folder / RECIPE, tomli_w.dumps(recipe.as_dict()))
        write_text(folder / BEGUN, json.dumps(about, indent=2, ensure_ascii=False) + "\n")


def _check_same(folder: Path, about: dict[str, Any], recipe: StudyRecipe) -> None:
    there, settings = _read(folder)
    if there["collection"]["works"] != about["collection"]["works"]:
        raise BadFolder(
            f"{folder} holds a study of another collection ({there['collection']['folder']}); "
            "choose a new folder"
        )
    ours = recipe.as_dict()
    differing = [key for key in ours | settings if ours.get(key) != settings.get(key)]
    if "recipe" in differing:
        inner, others = settings.get("recipe", {}), ours["recipe"]
        differing.remove("recipe")
        differing += [key for key in others | inner if others.get(key) != inner.get(key)]
    if differing:
        raise BadFolder(
            f"{folder} holds a study by another recipe (its {', '.join(differing)} differ); "
            "choose a new folder"
        )


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a folder says of its collection, and its recipe."""
    try:
        about = json.loads((folder / BEGUN).read_text(encoding="utf-8"))
        if about["format"] > STUDY_FOLDER.format:
            raise BadFolder(f"{folder} was written by a newer Morelli; upgrade to read it")
        _ = about["collection"]["works"], about["collection"]["folder"]
        return about, tomllib.loads((folder / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFolder(f"{folder} is damaged ({error!r}); choose a new folder") from None


def finish(folder: Path) -> None:
    """Write the file that makes the folder a finished study, with the hash of its figures."""
    STUDY_FOLDER.finish(folder, KEPT)


def open_study(folder: str | Path) -> Study:
    """Open a finished study and check that its figures were not altered.

    Raises:
        BadFolder: It says what is wrong.
    """
    folder = Path(folder)
    STUDY_FOLDER.read(folder)
    about, settings = _read(folder)
    results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    return Study(folder, study_from(settings), about, results)
