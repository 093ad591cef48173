"""The folder of a reproduced study: its slides, its grid, its subset, and their figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from morelli.data.aside import write_text
from morelli.data.folders import ResultFolder
from morelli.data.records import from_json, write_record
from morelli.errors import writing
from morelli.reporting.table import as_csv
from morelli.runs.folder import Run, open_run
from morelli.studies.figures import SettingFigures
from morelli.studies.folder import Study, open_study
from morelli.studies.recipe import Row

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
class ReproductionSettings:
    """What a reproduction is made from and how: what `begun.json` holds.

    Attributes:
        format: Of the folder.
        source: Where the works come from.
        weights: As in a recipe, for all networks.
        views: Random views of each training work.
        sample: Works of the subset.
    """

    format: int
    source: dict[str, str]
    weights: str
    views: int
    sample: int


@dataclass(frozen=True)
class SlideFigures:
    """A figure that the slides print, ours beside it.

    Attributes:
        collection: "four", or the subset's folder.
        backbone: The network.
        dropout: Share of hidden values dropped.
        lr: Learning rate.
        epochs: Most epochs.
        slides: The slides' test accuracy; None where they print none.
        test_accuracy: Ours; None, as the next three, if training failed.
        test_low: Lower end of its 95 % interval (Wilson 1927).
        test_high: Its upper end.
        test_macro_f1: Ours.
        majority: Test accuracy of always answering the commonest training class.
    """

    collection: str
    backbone: str
    dropout: float
    lr: float
    epochs: int
    slides: float | None
    test_accuracy: float | None
    test_low: float | None
    test_high: float | None
    test_macro_f1: float | None
    majority: float


@dataclass(frozen=True)
class Reproduction:
    """The study, reproduced, in its folder.

    Attributes:
        folder: Where it is.
        settings: What it was made from and how.
        slides: The study of the rows that the slides print.
        grid: The study of all their networks, dropouts and learning rates.
        subsets: The runs on the sampled subset, by their folders' names.
    """

    folder: Path
    settings: ReproductionSettings
    slides: Study
    grid: Study
    subsets: dict[str, Run]

    @property
    def figures(self) -> tuple[SlideFigures, ...]:
        """A row for each figure that the slides print, ours beside it."""
        return figure_rows(self.slides, self.subsets)


def finish_reproduction(out: Path, settings: ReproductionSettings) -> None:
    """Write the figures, and the file that makes the folder a reproduction."""
    rows = figure_rows(open_study(out / "slides"), {name: open_run(out / name) for name in SUBSETS})
    with writing(out):
        write_record(out / RESULTS, rows)
        write_text(out / TABLE, as_csv([vars(row) for row in rows]))
    REPRODUCTION_FOLDER.finish(out, (RESULTS, TABLE), vars(settings))


def figure_rows(slides: Study, subsets: Mapping[str, Run]) -> tuple[SlideFigures, ...]:
    """Return a row for each figure that the slides print, ours beside it."""
    listed = zip(slides.recipe.rows, slides.results.settings, strict=True)
    rows = [_slide_row(row, ours, slides.results.majority["test"]) for row, ours in listed]
    return (*rows, *(_subset_row(name, run) for name, run in subsets.items()))


def _slide_row(row: Row, ours: SettingFigures, majority: float) -> SlideFigures:
    test = ours.test
    return SlideFigures(
        collection="four",
        backbone=row.backbone,
        dropout=row.dropout,
        lr=row.lr,
        epochs=row.epochs,
        slides=row.published,
        test_accuracy=None if test is None else test.accuracy,
        test_low=None if test is None else test.low,
        test_high=None if test is None else test.high,
        test_macro_f1=None if test is None else test.scores["macro_f1"],
        majority=majority,
    )


def _subset_row(name: str, run: Run) -> SlideFigures:
    test, recipe = run.metrics["test"], run.recipe
    low, high = test.accuracy_interval
    return SlideFigures(
        collection=name,
        backbone=recipe.backbone,
        dropout=recipe.dropout,
        lr=recipe.lr,
        epochs=recipe.epochs,
        slides=SUBSET_ACCURACY,
        test_accuracy=test.accuracy,
        test_low=low,
        test_high=high,
        test_macro_f1=test.macro_f1,
        majority=test.majority,
    )


def open_reproduction(folder: str | Path) -> Reproduction:
    """Open a finished reproduction.

    Raises:
        BadFolder: If it is not finished, or was altered.
    """
    folder = Path(folder)
    manifest = REPRODUCTION_FOLDER.read(folder)
    return Reproduction(
        folder,
        from_json(manifest, ReproductionSettings, folder / MANIFEST),
        open_study(folder / "slides"),
        open_study(folder / "grid"),
        {name: open_run(folder / name) for name in SUBSETS},
    )
