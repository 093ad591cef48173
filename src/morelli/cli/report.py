"""`morelli report`, and how other commands show and track what they made."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.options import OPEN
from morelli.cli.show import STARTS_ANEW, answering

if TYPE_CHECKING:
    from morelli.runs.folder import Run
    from morelli.studies.folder import Study


@answering(STARTS_ANEW)
def report(
    path: Annotated[
        Path,
        typer.Argument(
            help="Folder of a run, study, comparison, reproduction or audit.",
            metavar="PATH",
            show_default=False,
        ),
    ],
    open_: OPEN = False,
) -> None:
    """Make the report of a finished run, study, comparison, reproduction or audit anew."""
    from morelli.reports import write_report_of

    show_report(write_report_of(path), open_)


def show_report(path: Path, opened: bool) -> None:
    """Say where a report is, and open it if asked to."""
    typer.echo(f"Report: {path}")
    if opened:
        import webbrowser

        if not webbrowser.open(path.resolve().as_uri()):
            typer.echo("no browser could be opened; open the report yourself", err=True)


def trackers(text: str) -> list[str]:
    """Return the trackers that a text names, after a look whether they can be had."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names:
        from morelli.studies.trackers import check_trackers

        check_trackers(names)
    return names


def tracked(result: "Run | Study", names: list[str]) -> None:
    """Write the figures of a run or study to trackers and say where they are."""
    if names:
        from morelli.studies.trackers import track

        for line in track(result, names):
            typer.echo(line)
