"""`morelli study`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.complete import completing
from morelli.cli.options import CACHE, COLLECTION, OPEN, TRACK, WORKERS
from morelli.cli.report import show_report, tracked, trackers
from morelli.cli.settings import Settings, settings_from
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.studies.named_studies import STUDIES, read_study_recipe, study_from

if TYPE_CHECKING:
    from morelli.studies.figures import SettingFigures, SplitFigures, StudyResults
    from morelli.studies.folder import Study

EXIT_FAILED = 1

GRID = STUDIES["default"]
VARIED = ("backbone", "dropout", "lr", "heads")
"""Settings of a recipe that a study varies."""

OUT = Annotated[
    Path, typer.Option(help="Folder of the study.", show_default=False, metavar="STUDY")
]
RECIPE = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(STUDIES)}, or a study.toml; other options change it.",
        metavar="NAME",
        autocompletion=completing(STUDIES),
    ),
]


@answering(RESUMES)
@settings_from(GRID, "grid")
@settings_from(GRID.base, "fixed", without=VARIED)
def study(
    collection: COLLECTION,
    out: OUT,
    grid: Settings,
    fixed: Settings,
    recipe: RECIPE = "default",
    cache: CACHE = None,
    workers: WORKERS = None,
    track: TRACK = "",
    open_: OPEN = False,
) -> int:
    """Compare networks and settings: choose on val, test what was chosen, and report.

    Started twice at a time on one STUDY, two processes share the work. Exits with 1 if a trial
    failed; the same command tries those of a grid again.
    """
    from morelli.studies.study import study as run_study

    wanted = study_from({**grid, "recipe": fixed}, read_study_recipe(recipe))
    names = trackers(track)
    with showing() as progress:
        finished = run_study(
            collection, out, wanted, cache=cache, workers=workers, progress=progress
        )
    _print_study(finished)
    tracked(finished, names)
    show_report(finished.folder / "report.html", open_)
    return print_failures(finished)


def print_failures(study: "Study") -> int:
    """Print why trials failed, and return the exit code."""
    for row in study.results.failed:
        typer.echo(f"Trial {row.number} failed: {row.error}", err=True)
    return EXIT_FAILED if study.failed else 0


def _print_study(study: "Study") -> None:
    from morelli.studies.tables import other_scores

    results = study.results
    published = any(row.published for row in results.settings)
    tested = any(row.test for row in results.settings)
    names = ["", "network", "dropout", "lr", "best epoch", "val", "95 % interval"]
    names += [*(score.label for score in other_scores(results)), "p"]
    names += ["test"] if tested else []
    names += ["published"] if published else []
    shown = table(*names, right=tuple(range(2, len(names))))
    for row in results.settings:
        mark = "*" if row.number == results.chosen else ""
        cells = _cells(row, results)
        if row.val is not None:
            cells += [_accuracy(row.test, results.works["test"])] if tested else []
            cells += ["" if row.published is None else f"{row.published:.4f}"] if published else []
        shown.add_row(mark, *cells)
    print_table(shown)
    typer.echo(study.conclusion)


def _cells(row: "SettingFigures", results: "StudyResults") -> list[str]:
    from morelli.studies.tables import interval_text, other_scores, score_text

    cells, works = [row.backbone, f"{row.dropout:.3g}", f"{row.lr:.2e}"], results.works["val"]
    if row.val is None:
        return [*cells, "failed"]
    cells += [str(row.best_epoch), _accuracy(row.val, works), interval_text(row.val)]
    cells += [score_text(score, row.val, works) for score in other_scores(results)]
    if row.state == "pruned":
        return [*cells, "given up"]
    return [*cells, "" if row.p_holm is None else f"{row.p_holm:.2g}"]


def _accuracy(figures: "SplitFigures | None", works: int) -> str:
    from morelli.studies.figures import ACCURACY
    from morelli.studies.tables import score_text

    return "" if figures is None else score_text(ACCURACY, figures, works)
