"""A study's folder: what it holds, that it is the same study, and what is read back of it."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morelli.data.aside import write_text
from morelli.data.collection import Collection
from morelli.data.folders import ResultFolder
from morelli.data.records import from_json, read_json, write_record
from morelli.errors import BadFolder, writing
from morelli.markup import html_table
from morelli.reporting.table import as_csv
from morelli.runs.about import LearnedFrom
from morelli.runs.folder import Run, open_run
from morelli.runs.prepare import works_digest, works_of
from morelli.studies.figures import Cell, StudyResults, flat, results_as_json, results_from_json
from morelli.studies.named_studies import study_from
from morelli.studies.recipe import StudyRecipe
from morelli.studies.trials import CLAIMS, TRIALS, Trial, alone, open_folders, read_trials

MANIFEST = "study.json"
BEGUN = "begun.json"
RECIPE = "study.toml"
RESULTS = "results.json"
TABLE = "results.csv"
REPORT = "report.html"
CHOSEN = "chosen"

KEPT = (RECIPE, BEGUN, RESULTS, TABLE)
"""The files that the manifest vouches for."""

STUDY_FOLDER = ResultFolder(
    kind="finished study",
    manifest=MANIFEST,
    format=2,
    oldest=2,
    command="morelli study COLLECTION --out {folder}",
    begun=BEGUN,
    before=frozenset({RECIPE, TRIALS, CLAIMS}),
)
"""A study's folder: what shows it, and when it is finished."""


@dataclass(frozen=True)
class Begun:
    """What `begun.json` holds.

    Attributes:
        format: Of the folder.
        collection: What is studied.
    """

    format: int
    collection: LearnedFrom


@dataclass(frozen=True)
class Study:
    """Networks and settings compared on one collection, in their folder.

    Attributes:
        folder: Where it is.
        recipe: What was compared.
        collection: On which works.
        results: The figures.
    """

    folder: Path
    recipe: StudyRecipe
    collection: LearnedFrom
    results: StudyResults

    @property
    def chosen(self) -> Run:
        """The run of the setting that is best on val."""
        return open_run(self.folder / CHOSEN)

    @property
    def conclusion(self) -> str:
        """What the figures say, in a paragraph."""
        return self.results.conclusion

    @property
    def failed(self) -> int:
        """Number of trials that failed."""
        return len(self.results.failed)

    def trials(self) -> list[Trial]:
        """Return what each trial came to, by number."""
        return read_trials(self.folder)

    def _repr_html_(self) -> str:
        columns = ("backbone", "dropout", "lr", "val_accuracy", "val_macro_f1", "test_accuracy")
        cells = map(flat, self.results.settings)
        rows = [[_text(row.get(column)) for column in columns] for row in cells]
        return html_table(str(self.folder), columns, rows)


def _text(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def begin(folder: Path, collection: Collection, recipe: StudyRecipe) -> None:
    """Make a study's folder, or take one in which the same study was begun.

    Raises:
        BadFolder: If it holds another study or something else, or cannot be written.
    """
    digest = works_digest(works_of(collection, recipe.base))
    studied = LearnedFrom(str(collection.folder.resolve()), dict(collection.source), digest)
    STUDY_FOLDER.claim(folder)
    open_folders(folder)
    with alone(folder):  # others may begin it at the same moment
        if (folder / BEGUN).is_file():
            _check_same(folder, studied, recipe)
            return
        import tomli_w

        write_text(folder / RECIPE, tomli_w.dumps(recipe.as_dict()))
        write_record(folder / BEGUN, Begun(STUDY_FOLDER.format, studied))


def _check_same(folder: Path, studied: LearnedFrom, recipe: StudyRecipe) -> None:
    begun, settings = _read(folder)
    if begun.collection.works != studied.works:
        raise BadFolder(
            f"{folder} holds a study of another collection ({begun.collection.folder}); "
            "choose a new folder"
        )
    own = recipe.as_dict()
    differing = _differing(own, settings)
    if "recipe" in differing:
        differing.remove("recipe")
        differing += _differing(own["recipe"], settings.get("recipe", {}))
    if differing:
        raise BadFolder(
            f"{folder} holds a study by another recipe (its {', '.join(differing)} differ); "
            "choose a new folder"
        )


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def _read(folder: Path) -> tuple[Begun, dict[str, Any]]:
    """Return what a folder holds of its beginning, and its recipe."""
    try:
        begun = json.loads((folder / BEGUN).read_text(encoding="utf-8"))
        newer, older = (
            begun["format"] > STUDY_FOLDER.format,
            begun["format"] < STUDY_FOLDER.oldest,
        )
        settings = tomllib.loads((folder / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadFolder(f"{folder} is damaged ({error!r}); choose a new folder") from None
    if newer:
        raise BadFolder(f"{folder} was written by a newer Morelli; upgrade to read it")
    if older:
        raise BadFolder(f"{folder} was written by an older Morelli; choose a new folder")
    try:
        return from_json(begun, Begun, folder / BEGUN), settings
    except BadFolder as error:
        raise BadFolder(f"{folder} is damaged ({error}); choose a new folder") from None


def write_results(folder: Path, results: StudyResults) -> None:
    """Write the figures, as JSON and as a table.

    Raises:
        BadFolder: If they cannot be written.
    """
    text = json.dumps(results_as_json(results), indent=2, ensure_ascii=False)
    with writing(folder):
        write_text(folder / RESULTS, text + "\n")
        write_text(folder / TABLE, as_csv([flat(row) for row in results.settings]))


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
    begun, settings = _read(folder)
    path = folder / RESULTS
    results = results_from_json(read_json(path), path)
    return Study(folder, study_from(settings), begun.collection, results)
