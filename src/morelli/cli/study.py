"""`morelli study`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.complete import completing
from morelli.cli.options import CACHE, COLLECTION, OPEN, TRACK, WORKERS
from morelli.cli.report import show_report, tracked, trackers
from morelli.cli.settings import Settings, settings_from
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.studies.recipe import STUDIES, read_study_recipe, study_from

if TYPE_CHECKING:
    from morelli.studies.folder import Study

EXIT_FAILED = 1

GRID = STUDIES["default"]
VARIED = ("backbone", "dropout", "lr", "heads")
"""Settings of a recipe that a study varies."""


@answering(RESUMES)
@settings_from(GRID, "grid")
@settings_from(GRID.base, "fixed", without=VARIED)
def study(
    collection: COLLECTION,
    out: Annotated[
        Path, typer.Option(help="Folder of the study.", show_default=False, metavar="STUDY")
    ],
    grid: Settings,
    fixed: Settings,
    recipe: Annotated[
        str,
        typer.Option(
            help=f"{', '.join(STUDIES)}, or a study.toml; other options change it.",
            metavar="NAME",
            autocompletion=completing(STUDIES),
        ),
    ] = "default",
    cache: CACHE = None,
    workers: WORKERS = None,
    track: TRACK = "",
    open_: OPEN = False,
) -> int:
    """Compare networks and settings: choose on val, test what was chosen, and report.

    Started twice at a time on one STUDY, two processes share the work. Exits with 1 if a trial
    failed; the same command tries those of a grid again.
    """
    from morelli.studies.study import study as compared

    compared_recipe = study_from({**grid, "recipe": fixed}, read_study_recipe(recipe))
    names = trackers(track)
    with showing() as progress:
        told = compared(
            collection, out, compared_recipe, cache=cache, workers=workers, progress=progress
        )
    _print_study(told)
    tracked(told, names)
    show_report(told.folder / "report.html", open_)
    return tell_failures(told)


def tell_failures(told: "Study") -> int:
    """Say why trials failed, and return the exit code."""
    for each in told.results["settings"]:
        if each["state"] == "failed":
            typer.echo(f"Trial {each['number']} failed: {each['error']}", err=True)
    return EXIT_FAILED if told.failed else 0


def _print_study(told: "Study") -> None:
    settings = told.results["settings"]
    published = any(each.get("published") for each in settings)
    tested = any("test_accuracy" in each for each in settings)
    names = ["", "network", "dropout", "lr", "best epoch", "val", "95 % interval", "macro-F1", "p"]
    names += ["test"] if tested else []
    names += ["published"] if published else []
    shown = table(*names, right=tuple(range(2, len(names))))
    for each in settings:
        row = ["*" if each["number"] == told.results["chosen"] else ""]
        row += [each["backbone"], f"{each['dropout']:.3g}", f"{each['lr']:.2e}"]
        if each["state"] == "failed":
            shown.add_row(*row, "failed")
            continue
        row += [str(each["best_epoch"]), f"{each['val_accuracy']:.4f}"]
        row += [f"{each['val_low']:.3f} to {each['val_high']:.3f}", f"{each['val_macro_f1']:.4f}"]
        row += ["given up" if each["state"] == "pruned" else _number(each["p_holm"], "{:.2g}")]
        row += [_number(each.get("test_accuracy"))] if tested else []
        row += [_number(each.get("published"))] if published else []
        shown.add_row(*row)
    print_table(shown)
    typer.echo(told.conclusion)


def _number(value: float | None, form: str = "{:.4f}") -> str:
    return "" if value is None else form.format(value)
