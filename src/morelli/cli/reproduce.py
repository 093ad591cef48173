"""`morelli reproduce`."""

from pathlib import Path
from typing import Annotated

import typer

from morelli.cli.options import CACHE, OPEN, WORKERS
from morelli.cli.report import show_report
from morelli.cli.settings import option
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.cli.study import tell_failures
from morelli.training.recipe import Recipe


@answering(RESUMES)
def reproduce(
    out: Annotated[
        Path, typer.Argument(help="Folder for all that is made.", metavar="OUT", show_default=False)
    ],
    source: Annotated[
        str, typer.Option(help="WikiArt on the Hub, or a source of its form.", metavar="SOURCE")
    ] = "hub:huggan/wikiart",
    weights: Annotated[str, option(Recipe, "weights")] = "",
    views: Annotated[
        int,
        typer.Option(
            help="Random views of each training work.",
            min=1,
            metavar="N",
            rich_help_panel="Views",
        ),
    ] = 7,
    sample: Annotated[
        int, typer.Option(help="Works of the sampled subset.", min=10, metavar="N")
    ] = 8334,
    cache: CACHE = None,
    workers: WORKERS = None,
    open_: OPEN = False,
) -> int:
    """Reproduce the study that Morelli grew from: its rows, its grid and its subset, in one report.

    On WikiArt some tens of gigabytes travel, once; several hours on a laptop.
    """
    from morelli.studies.reproduce import reproduce as reproduced
    from morelli.studies.reproduction import figure_rows

    with showing() as progress:
        made = reproduced(
            out,
            source,
            weights=weights,
            views=views,
            sample=sample,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    shown = table(
        "works", "network", "dropout", "lr", "slides", "ours", "95 % interval", right=(2, 3, 4, 5)
    )
    for row in figure_rows(made.slides, made.subsets):
        told = row["test_accuracy"]
        shown.add_row(
            row["collection"],
            row["backbone"],
            f"{row['dropout']:g}",
            f"{row['lr']:g}",
            "" if row["slides"] is None else f"{row['slides']:.4f}",
            "failed" if told is None else f"{told:.4f}",
            "" if told is None else f"{row['test_low']:.3f} to {row['test_high']:.3f}",
        )
    print_table(shown)
    typer.echo(made.grid.conclusion)
    show_report(made.folder / "report.html", open_)
    return max(tell_failures(made.slides), tell_failures(made.grid))
