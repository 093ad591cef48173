"""The folder of a reproduced study: its slides, its grid, its subset, and their figures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morelli.data.aside import write_text
from morelli.data.folders import ResultFolder
from morelli.errors import writing
from morelli.reporting.table import as_csv
from morelli.runs.folder import Run, open_run
from morelli.studies.folder import Study, open_study

SUBSET_ACCURACY = 0.5111
"""Test accuracy of the subset that the slides print."""

MANIFEST = "reproduction.json"
BEGUN = "begun.json"
RESULTS = "results.json"
TABLE = "results.csv"
REPORT = "report.html"

SUBSETS = {"subset": False, "subset-with-unknown": True}
"""The runs on the subset, and whether works without a known artist are a class of it."""

REPRODUCTION_FOLDER = ResultFolder(
    kind="finished reproduction",
    manifest=MANIFEST,
    format=1,
    command="morelli reproduce {folder}",
    begun=BEGUN,
)
"""A reproduction's folder: what shows it, and when it is finished."""


@dataclass(frozen=True)
class Reproduction:
    """The study, reproduced, in its folder.

    Attributes:
        folder: Where it is.
        about: What it was made from and how.
        slides: The study of the rows that the slides print.
        grid: The study of all their networks, dropouts and learning rates.
        subsets: The runs on the sampled subset, by their folders' names.
    """

    folder: Path
    about: dict[str, Any]
    slides: Study
    grid: Study
    subsets: dict[str, Run]


def finish_reproduction(out: Path, about: dict[str, Any]) -> None:
    """Write the figures, and the file that makes the folder a reproduction."""
    rows = figure_rows(open_study(out / "slides"), {n: open_run(out / n) for n in SUBSETS})
    with writing(out):
        write_text(out / RESULTS, json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        write_text(out / TABLE, as_csv(rows))
    REPRODUCTION_FOLDER.finish(out, (RESULTS, TABLE), about)


def figure_rows(slides: Study, subsets: Mapping[str, Run]) -> list[dict[str, Any]]:
    """Return a row for each figure that the slides print, ours beside it."""
    rows = []
    for row, each in zip(slides.recipe.rows, slides.results["settings"], strict=True):
        names = ("test_accuracy", "test_low", "test_high", "test_macro_f1")
        ours = {name: each.get(name) for name in names}
        settings = {"backbone": row.backbone, "dropout": row.dropout, "lr": row.lr}
        said = {"collection": "four", **settings, "epochs": row.epochs, "slides": row.published}
        rows.append(said | ours | {"majority": slides.results["majority"]["test"]})
    for name, run in subsets.items():
        test, recipe = run.metrics["test"], run.recipe
        low, high = test["accuracy_interval"]
        settings = {"backbone": recipe.backbone, "dropout": recipe.dropout, "lr": recipe.lr}
        ours = {"test_accuracy": test["accuracy"], "test_low": low, "test_high": high}
        said = {"collection": name, **settings, "epochs": recipe.epochs, "slides": SUBSET_ACCURACY}
        said |= ours | {"test_macro_f1": test["macro_f1"], "majority": test["majority"]}
        rows.append(said)
    return rows


def open_reproduction(folder: str | Path) -> Reproduction:
    """Open a finished reproduction.

    Raises:
        BadFolder: If it is not finished, or was altered.
    """
    folder = Path(folder)
    return Reproduction(
        folder,
        REPRODUCTION_FOLDER.read(folder),
        open_study(folder / "slides"),
        open_study(folder / "grid"),
        {name: open_run(folder / name) for name in SUBSETS},
    )
