"""The command line: parse, one library call, print."""

import os
from typing import Annotated

import typer

from morelli import __version__
from morelli.cli import (
    attribute,
    audit,
    compare,
    demo,
    describe,
    ingest,
    report,
    reproduce,
    study,
    summary,
    train,
)

app = typer.Typer(
    name="morelli",
    help=(
        "Tell who painted a picture: learn artist, genre or style from a collection of artworks, "
        "then attribute new images."
    ),
    epilog="Start with: morelli demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("describe")(describe.describe)
app.command("ingest")(ingest.ingest)
app.command("audit")(audit.audit)
app.command("train")(train.train)
app.command("study")(study.study)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("reproduce")(reproduce.reproduce)
app.command("attribute")(attribute.attribute)
app.command("summary")(summary.summary)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"morelli {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Tell who painted a picture."""


def main() -> None:
    """Run the command line."""
    # Threads of a head in training wait for each other many times a step. Asleep they leave their
    # core to whoever else works there; spinning, they take far longer on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    app()
