"""`morelli ingest`."""

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.options import SOURCE, WORKERS
from morelli.cli.settings import Settings, settings_from
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.data.selection import Selection, read_selections
from morelli.errors import UserError
from morelli.markup import counted

if TYPE_CHECKING:
    from morelli.data.collection import Collection

OUT = Annotated[
    Path, typer.Argument(help="Folder of the collection.", metavar="OUT", show_default=False)
]
SIZE = Annotated[
    str,
    typer.Option(
        help="Short side kept, in pixels, never enlarged; 'full' keeps the original pixels.",
        metavar="PIXELS",
    ),
]
MAX_BAD = Annotated[
    float, typer.Option(help="Largest share of works that may be unusable.", metavar="SHARE")
]
SELECTIONS = Annotated[
    Path | None,
    typer.Option(
        help="Make several collections in one pass, in folders of OUT: a TOML file with a "
        r"table for each, such as \[four] with top = 4. Replaces the options that choose.",
        rich_help_panel="Collection",
        metavar="FILE",
    ),
]


@answering(RESUMES)
@settings_from(Selection())
def ingest(
    source: SOURCE,
    out: OUT,
    settings: Settings,
    size: SIZE = "288",
    workers: WORKERS = None,
    max_bad: MAX_BAD = 0.05,
    selections: SELECTIONS = None,
) -> None:
    """Make a collection of chosen works. Stopped and started again, it does what is missing.

    The task is stored with it, as the default of train.
    """
    from morelli.data.ingest import ingest_many

    wanted = _wanted(out, settings, selections)
    with showing() as progress:
        collections = ingest_many(
            source,
            wanted,
            size=_size(size),
            workers=workers,
            max_bad=max_bad,
            progress=progress,
        )
    for collection in collections:
        _print_collection(collection)


def _wanted(out: Path, settings: Settings, selections: Path | None) -> dict[Path, Selection]:
    """Return what to choose for each folder."""
    if selections is None:
        return {out: replace(Selection(), **settings)}
    if settings:
        raise UserError("--selections says what to choose; leave out the other such options")
    return {out / name: selection for name, selection in read_selections(selections).items()}


def _print_collection(collection: "Collection") -> None:
    counts = table(collection.task, "works", right=(1,))
    for name, count in collection.counts.items():
        counts.add_row(name, f"{count:,}")
    print_table(counts)
    quarantine = collection.folder / "quarantine.csv"
    bad = (
        f", {collection.quarantined:,} quarantined (see {quarantine})"
        if collection.quarantined
        else ""
    )
    classes = counted(len(collection.counts), "class", "classes")
    typer.echo(f"{counted(collection.works, 'work')} of {classes} in {collection.folder}{bad}")
    typer.echo(f"Next: morelli train {quote(str(collection.folder))} --out RUN")


def _size(size: str) -> int | None:
    if size == "full":
        return None
    if not size.isdecimal():
        raise UserError(f"--size is {size!r}; it must be a number of pixels, or full")
    return int(size)
