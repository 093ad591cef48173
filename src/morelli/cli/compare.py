"""`morelli compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.options import OPEN
from morelli.cli.report import show_report
from morelli.cli.show import STARTS_ANEW, answering, print_table, table
from morelli.errors import UserError
from morelli.markup import share_of

if TYPE_CHECKING:
    from morelli.comparisons.comparison import Comparison

RUNS = Annotated[
    list[Path],
    typer.Argument(
        help="Folders of two finished runs or more.", show_default=False, metavar="RUN..."
    ),
]
OUT = Annotated[
    Path | None,
    typer.Option(help="Folder for the figures and a report.", metavar="FOLDER"),
]
SEED = Annotated[
    int, typer.Option(help="Draws the resamples behind the intervals.", min=0, metavar="N")
]


@answering(STARTS_ANEW)
def compare(
    runs: RUNS,
    out: OUT = None,
    seed: SEED = 0,
    open_: OPEN = False,
) -> None:
    """Compare runs on the same test works: which is better, if any, and beyond chance?"""
    from morelli.comparisons.compare import compare as compared
    from morelli.comparisons.conclusion import conclusion
    from morelli.comparisons.folder import REPORT

    if open_ and out is None:
        raise UserError("--open shows the report; name a folder for it with --out FOLDER")
    comparison = compared(runs, out, seed=seed)
    _print_pairs(comparison)
    typer.echo(conclusion(comparison))
    if out is not None:
        show_report(out / REPORT, open_)


def _print_pairs(comparison: "Comparison") -> None:
    from morelli.comparisons.text import difference, probability

    pairs = table(
        "first",
        "accuracy",
        "second",
        "accuracy",
        "first minus second (95 % interval)",
        "in macro-F1 (95 % interval)",
        "p",
        "p after Holm",
        right=(1, 3, 4, 5, 6, 7),
    )
    for pair in comparison.pairs:
        first, second = comparison.of(pair)
        pairs.add_row(
            first.name,
            share_of(first.metrics.accuracy, comparison.works),
            second.name,
            share_of(second.metrics.accuracy, comparison.works),
            difference(pair.accuracy),
            difference(pair.macro_f1),
            probability(pair.p),
            probability(pair.p_holm),
        )
    print_table(pairs)
