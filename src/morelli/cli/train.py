"""`morelli train`."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

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
    from morelli.runs.folder import Run
    from morelli.training.recipe import Recipe


@answering(RESUMES)
def train(
    collection: COLLECTION,
    out: Annotated[
        Path, typer.Option(help="Folder of the run.", show_default=False, metavar="FOLDER")
    ],
    recipe: Annotated[
        str,
        typer.Option(
            help="default, plain, study, or a recipe.toml; other options change it.", metavar="NAME"
        ),
    ] = "default",
    task: TASK = None,
    backbone: Annotated[
        str | None, typer.Option(help="Network whose features are used.", metavar="NAME")
    ] = None,
    weights: WEIGHTS = None,
    augment: AUGMENT = None,
    views: VIEWS = None,
    plain: Annotated[
        float | None,
        typer.Option(help="Share of the works that are plain in each view.", metavar="SHARE"),
    ] = None,
    view_seed: Annotated[int | None, typer.Option(help="Draws the views.", metavar="N")] = None,
    heads: Annotated[
        int | None, typer.Option(help="Heads that answer together, by their mean.", metavar="N")
    ] = None,
    hidden: Annotated[
        int | None, typer.Option(help="Width of the head's hidden layer.", metavar="N")
    ] = None,
    dropout: Annotated[
        float | None, typer.Option(help="Share of hidden values dropped.", metavar="SHARE")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate of Adam.", metavar="RATE")] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="Decoupled weight decay.", metavar="RATE")
    ] = None,
    label_smoothing: Annotated[
        float | None,
        typer.Option(help="Share of the target spread over all classes.", metavar="SHARE"),
    ] = None,
    standardise: Annotated[
        bool | None,
        typer.Option("--standardise/--raw", help="Bring features to mean 0 and deviation 1."),
    ] = None,
    batch: BATCH = None,
    epochs: EPOCHS = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after N epochs without a better one; 0 never.", metavar="N"),
    ] = None,
    calibrate: Annotated[
        bool | None,
        typer.Option(
            "--calibrate/--uncalibrated", help="Fit a temperature on val to the probabilities."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draws weights, dropout and order.", metavar="N")
    ] = None,
    split_seed: SPLIT_SEED = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="random, or grouped: copies and series stay on one side; both makes two runs "
            "and shows the gap.",
            metavar="NAME",
        ),
    ] = None,
    counts: Annotated[
        str | None,
        typer.Option(
            help="Works of each side, such as 5000/1667/1667; else 60/20/20 percent.",
            metavar="TRAIN/VAL/TEST",
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(
            help="How alike works of one series are: strict, middle or loose.", metavar="NAME"
        ),
    ] = None,
    split_by: SPLIT_BY = None,
    unknown_from: Annotated[
        Path | None,
        typer.Option(
            help="A collection with other makers' works, to try on them how often the classifier "
            "says none of these.",
            metavar="COLLECTION",
        ),
    ] = None,
    number_format: Annotated[
        str | None,
        typer.Option(help="auto, float32 or bfloat16, for the backbone.", metavar="NAME"),
    ] = None,
    cache: CACHE = None,
    workers: WORKERS = None,
    track: TRACK = "",
    open_: OPEN = False,
) -> None:
    """Train a classifier on a collection; its figures, predictions and files go to a folder."""
    given = {name: value for name, value in locals().items() if name in _SETTINGS}
    from morelli.runs.train import train_run
    from morelli.training.recipe import read_recipe, recipe_from

    changed = {name: value for name, value in given.items() if value is not None}
    if both := changed.get("split") == BOTH:
        del changed["split"]
    if counts is not None:
        changed["counts"] = _counts(counts)
    made = recipe_from(changed, read_recipe(recipe))
    names = trackers(track)
    if both:
        _train_both(collection, out, made, names, unknown_from, cache, workers, open_=open_)
        return
    with showing() as progress:
        run = train_run(
            collection,
            out,
            made,
            unknown=unknown_from,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    _print_run(run)
    tracked(run, names)
    show_report(run.folder / "report.html", open_)
    typer.echo(f"Next: morelli attribute {quote(str(run.folder))} IMAGE")


BOTH = "both"


def _train_both(
    collection: Path,
    out: Path,
    recipe: "Recipe",
    names: list[str],
    unknown: Path | None,
    cache: Path | None,
    workers: int | None,
    *,
    open_: bool,
) -> None:
    from morelli.runs.both import train_both
    from morelli.runs.both_page import conclusion
    from morelli.runs.strangers_section import strangers_said

    with showing() as progress:
        made = train_both(
            collection,
            out,
            recipe,
            unknown=unknown,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    typer.echo(conclusion(made))
    for way, run in made.runs.items():
        if unknown is not None:
            typer.echo(f"On the {way} split: {strangers_said(run)}")
        tracked(run, names)
    show_report(made.folder / "report.html", open_)


_SETTINGS = frozenset(
    {
        "task",
        "backbone",
        "weights",
        "augment",
        "views",
        "plain",
        "view_seed",
        "heads",
        "hidden",
        "dropout",
        "lr",
        "weight_decay",
        "label_smoothing",
        "standardise",
        "batch",
        "epochs",
        "patience",
        "calibrate",
        "seed",
        "split_seed",
        "split",
        "series",
        "split_by",
        "number_format",
    }
)
"""The options that are settings of a recipe, by the same words."""


def _counts(given: str) -> tuple[int, ...]:
    parts = given.split("/")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise UserError(f"--counts is {given!r}; it must be like 5000/1667/1667")
    return tuple(map(int, parts))


def _print_run(run: "Run") -> None:
    from morelli.runs.strangers_section import strangers_said

    figures = table(
        "",
        "works",
        "accuracy",
        "95 % interval",
        "macro-F1",
        "top-5",
        "majority",
        right=(1, 2, 3, 4, 5, 6),
    )
    for name, each in run.metrics.items():
        low, high = each["accuracy_interval"]
        top5 = each["top5_accuracy"]
        figures.add_row(
            name,
            f"{each['works']:,}",
            f"{each['accuracy']:.4f}",
            f"{low:.3f} to {high:.3f}",
            f"{each['macro_f1']:.4f}",
            "" if top5 is None else f"{top5:.4f}",
            f"{each['majority']:.4f}",
        )
    test = run.metrics["test"]
    other = test["otherwise"]
    low, high = other["accuracy_interval"]
    figures.add_row(
        "photographed otherwise",
        f"{test['works']:,}",
        f"{other['accuracy']:.4f}",
        f"{low:.3f} to {high:.3f}",
        f"{other['macro_f1']:.4f}",
        "",
        f"{test['majority']:.4f}",
    )
    print_table(figures)
    typer.echo(strangers_said(run))
    about = run.about
    if about["backbone"]["origin"] == "random":
        typer.echo(
            "The backbone's weights were random: nothing was learned before this collection."
        )
    typer.echo(
        f"{about['backbone']['name']} in {about['number_format']} on {about['device']}, "
        f"best epoch {about['best_epoch']}, {about['seconds']['all']:.1f} s "
        f"({about['seconds']['features']:.1f} s until the features were there)\n"
        f"Run: {run.folder}"
    )
