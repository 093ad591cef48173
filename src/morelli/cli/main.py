"""The command line: parse, one library call, print."""

import inspect
import os
import re
from collections.abc import Callable
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


def _paragraphs(command: Callable[..., None]) -> str:
    """Return a command's docstring, its paragraphs without line ends, as the help wraps them."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(command) or "")


app = typer.Typer(
    name="morelli",
    help=(
        "Tell who painted a picture: learn artist, genre or style from a collection of artworks, "
        "then attribute new images."
    ),
    epilog="Start with: morelli demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo.demo,
    describe.describe,
    ingest.ingest,
    audit.audit,
    train.train,
    study.study,
    compare.compare,
    report.report,
    reproduce.reproduce,
    attribute.attribute,
    summary.summary,
):
    app.command(help=_paragraphs(command))(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"morelli {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version.", metavar=""
        ),
    ] = False,
) -> None:
    """Tell who painted a picture."""


def main() -> None:
    """Run the command line."""
    # Threads of a head in training wait for each other many times a step. Asleep they leave their
    # core to whoever else works there; spinning, they take far longer on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    app()
