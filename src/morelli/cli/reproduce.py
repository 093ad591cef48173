"""`morelli reproduce`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.options import CACHE, OPEN, WORKERS
from morelli.cli.report import show_report
from morelli.cli.settings import option
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.cli.study import print_failures
from morelli.training.recipe import Recipe

if TYPE_CHECKING:
    from morelli.studies.reproduction import Reproduction

OUT = Annotated[
    Path, typer.Argument(help="Folder for all that is made.", metavar="OUT", show_default=False)
]
SOURCE = Annotated[
    str, typer.Option(help="WikiArt on the Hub, or a source of its form.", metavar="SOURCE")
]
WEIGHTS = Annotated[str, option(Recipe, "weights")]
VIEWS = Annotated[
    int,
    typer.Option(
        help="Random views of each training work.",
        min=1,
        metavar="N",
        rich_help_panel="Views",
    ),
]
SAMPLE = Annotated[int, typer.Option(help="Works of the sampled subset.", min=10, metavar="N")]


@answering(RESUMES)
def reproduce(
    out: OUT,
    source: SOURCE = "hub:huggan/wikiart",
    weights: WEIGHTS = "",
    views: VIEWS = 7,
    sample: SAMPLE = 8334,
    cache: CACHE = None,
    workers: WORKERS = None,
    open_: OPEN = False,
) -> int:
    """Reproduce the study that Morelli grew from: its rows, its grid and its subset, in one report.

    On WikiArt some tens of gigabytes travel, once; several hours on a laptop.
    """
    from morelli.studies.reproduce import reproduce as reproduced

    with showing() as progress:
        reproduction = reproduced(
            out,
            source,
            weights=weights,
            views=views,
            sample=sample,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    _print_figures(reproduction)
    typer.echo(reproduction.grid.conclusion)
    show_report(reproduction.folder / "report.html", open_)
    return max(print_failures(reproduction.slides), print_failures(reproduction.grid))


def _print_figures(reproduction: "Reproduction") -> None:
    shown = table(
        "works", "network", "dropout", "lr", "slides", "ours", "95 % interval", right=(2, 3, 4, 5)
    )
    for row in reproduction.figures:
        ours = row.test_accuracy
        shown.add_row(
            row.collection,
            row.backbone,
            f"{row.dropout:g}",
            f"{row.lr:g}",
            "" if row.slides is None else f"{row.slides:.4f}",
            "failed" if ours is None else f"{ours:.4f}",
            "" if ours is None else f"{row.test_low:.3f} to {row.test_high:.3f}",
        )
    print_table(shown)
