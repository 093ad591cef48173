"""`morelli study`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morelli.cli.options import (
    AUGMENT,
    BATCH,
    CACHE,
    COLLECTION,
    EPOCHS,
    OPEN,
    SPLIT_BY,
    SPLIT_SEED,
    TASK,
    TRACK,
    VIEWS,
    WEIGHTS,
    WORKERS,
)
from morelli.cli.report import show_report, tracked, trackers
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.errors import UserError

if TYPE_CHECKING:
    from morelli.studies.folder import Study

EXIT_FAILED = 1


@answering(RESUMES)
def study(
    collection: COLLECTION,
    out: Annotated[
        Path, typer.Option(help="Folder of the study.", show_default=False, metavar="STUDY")
    ],
    recipe: Annotated[
        str,
        typer.Option(
            help="default, wikiart-four-grid, wikiart-four-slides, or a study.toml; other options "
            "change it.",
            metavar="NAME",
        ),
    ] = "default",
    backbones: Annotated[
        str | None,
        typer.Option(help="Networks, such as resnet18,alexnet.", metavar="NAME,..."),
    ] = None,
    dropout: Annotated[
        str | None,
        typer.Option(help="Shares of hidden values dropped, such as 0.3,0.5.", metavar="SHARE,..."),
    ] = None,
    lr: Annotated[
        str | None, typer.Option(help="Learning rates, such as 1e-4,1e-3.", metavar="RATE,...")
    ] = None,
    epochs: EPOCHS = None,
    augment: AUGMENT = None,
    views: VIEWS = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            help="Heads trained for each setting.",
            show_default="1; 3 for a search",
            metavar="N",
        ),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(
            help="grid tries every combination; tpe searches dropout, learning rate, hidden width, "
            "weight decay and label smoothing.",
            metavar="NAME",
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Settings that a search tries.", metavar="N")
    ] = None,
    task: TASK = None,
    weights: WEIGHTS = None,
    batch: BATCH = None,
    seed: Annotated[
        int | None, typer.Option(help="First seed of each setting.", metavar="N")
    ] = None,
    split_seed: SPLIT_SEED = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="random, or grouped: copies and series stay on one side.", metavar="NAME"
        ),
    ] = None,
    split_by: SPLIT_BY = None,
    cache: CACHE = None,
    workers: WORKERS = None,
    track: TRACK = "",
    open_: OPEN = False,
) -> int:
    """Compare networks and settings: choose on val, test what was chosen, and report.

    Started twice at a time on one STUDY, two processes share the work. Exits with 1 if a trial
    failed; the same command tries those of a grid again.
    """
    given = locals()
    from morelli.studies.recipe import read_study_recipe, study_from
    from morelli.studies.study import study as compared

    changed = {name: given[name] for name in ("seeds", "search", "trials")}
    changed |= {
        "backbones": _list(backbones, str, "--backbones"),
        "dropout": _list(dropout, float, "--dropout"),
        "lr": _list(lr, float, "--lr"),
    }
    wanted = {name: value for name, value in changed.items() if value is not None}
    inner = {name: given[name] for name in _SETTINGS if given[name] is not None}
    made = study_from(wanted | {"recipe": inner}, read_study_recipe(recipe))
    names = trackers(track)
    with showing() as progress:
        told = compared(collection, out, made, cache=cache, workers=workers, progress=progress)
    _print_study(told)
    tracked(told, names)
    show_report(told.folder / "report.html", open_)
    return tell_failures(told)


_SETTINGS = (
    "epochs",
    "augment",
    "views",
    "task",
    "weights",
    "batch",
    "seed",
    "split_seed",
    "split",
    "split_by",
)
"""The options that are settings of every trial's recipe, by the same words."""


def _list(given: str | None, kind: type, option: str) -> list[Any] | None:
    if given is None:
        return None
    try:
        return [kind(part.strip()) for part in given.split(",") if part.strip()]
    except ValueError:
        raise UserError(f"{option} is {given!r}; it must be numbers, such as 0.3,0.5") from None


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
