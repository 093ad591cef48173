"""`morelli describe` and `morelli ingest`."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.options import WORKERS
from morelli.cli.show import (
    RESUMES,
    STARTS_ANEW,
    answering,
    print_table,
    showing,
    table,
)
from morelli.errors import UserError
from morelli.markup import counted

if TYPE_CHECKING:
    from morelli.data.collection import Collection
    from morelli.data.describe import Description
    from morelli.data.selection import Selection

SOURCE = Annotated[
    str,
    typer.Argument(
        help="hub:OWNER/NAME or hub:OWNER/NAME@REVISION, a folder of Parquet shards, a folder of "
        "images with a folder for each class, or a CSV file with an image column and label "
        "columns.",
        metavar="SOURCE",
        show_default=False,
    ),
]
TASK = Annotated[
    str,
    typer.Option(
        help="The label column: artist, genre or style; what a folder's folders stand for.",
        metavar="TASK",
    ),
]
TOP = Annotated[int | None, typer.Option(help="Keep the N classes with most works.", metavar="N")]
CLASS = Annotated[
    list[str] | None,
    typer.Option("--class", help="Keep this class; may be given several times.", metavar="NAME"),
]
MIN_WORKS = Annotated[int, typer.Option(help="Keep classes with at least N works.", metavar="N")]
SAMPLE = Annotated[int | None, typer.Option(help="Keep N works, drawn by --seed.", metavar="N")]
UNKNOWN = Annotated[
    bool,
    typer.Option("--include-unknown", help="Take Unknown Artist and Unknown Genre for classes."),
]
SEED = Annotated[int, typer.Option(help="Draws the sample.", metavar="N")]


@answering(STARTS_ANEW)
def describe(
    source: SOURCE,
    task: TASK = "artist",
    top: TOP = None,
    class_: CLASS = None,
    min_works: MIN_WORKS = 1,
    sample: SAMPLE = None,
    include_unknown: UNKNOWN = False,
    seed: SEED = 0,
) -> None:
    """Show what a source holds and what a selection would read, from its labels alone."""
    from morelli.data.describe import describe as described

    selection = _selection(task, top, class_, min_works, sample, include_unknown, seed)
    with showing() as progress:
        told = described(source, selection, progress=progress)
    about = ", ".join(f"{key} {value}" for key, value in told.about.items())
    typer.echo(f"{counted(told.works, 'work')} in {counted(told.shards, 'shard')} ({about})")
    _print_columns(told)
    _print_classes(told, task)
    reading = told.reading
    typer.echo(
        f"The selection reads {counted(reading.works, 'work')}: {reading.bytes / 1e6:,.1f} MB in "
        f"{counted(reading.groups, 'row group')} of {counted(reading.shards, 'shard')}."
    )


def _print_columns(told: "Description") -> None:
    columns = table("column", "type", "first work")
    for name, kind in told.columns.items():
        columns.add_row(name, kind, told.example.get(name, ""))
    print_table(columns)


def _print_classes(told: "Description", task: str) -> None:
    counts = told.counts[task]
    classes = table(task, "works", "share", right=(1, 2))
    for name, count in counts.items():
        classes.add_row(name, f"{count:,}", f"{count / told.works:.1%}")
    if told.unlabelled[task]:
        count = told.unlabelled[task]
        classes.add_row("(no label)", f"{count:,}", f"{count / told.works:.1%}")
    print_table(classes)


@answering(RESUMES)
def ingest(
    source: SOURCE,
    out: Annotated[
        Path, typer.Argument(help="Folder of the collection.", metavar="OUT", show_default=False)
    ],
    task: TASK = "artist",
    top: TOP = None,
    class_: CLASS = None,
    min_works: MIN_WORKS = 1,
    sample: SAMPLE = None,
    include_unknown: UNKNOWN = False,
    seed: SEED = 0,
    size: Annotated[
        str,
        typer.Option(
            help="Short side kept, in pixels, never enlarged; 'full' keeps the original pixels.",
            metavar="PIXELS",
        ),
    ] = "288",
    workers: WORKERS = None,
    max_bad: Annotated[
        float, typer.Option(help="Largest share of works that may be unusable.", metavar="SHARE")
    ] = 0.05,
    selections: Annotated[
        Path | None,
        typer.Option(
            help="Make several collections in one pass, in folders of OUT: a TOML file with a "
            "table for each, such as [four] with top = 4. Replaces the options above that choose.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Make a collection of chosen works. Stopped and started again, it does what is missing.

    The task is stored with it, as the default of train.
    """
    from morelli.data.ingest import ingest_many
    from morelli.data.selection import read_selections

    chosen = _selection(task, top, class_, min_works, sample, include_unknown, seed)
    wanted = {out: chosen}
    if selections is not None:
        if chosen != _selection("artist", None, None, 1, None, include_unknown=False, seed=0):
            raise UserError("--selections says what to choose; leave out the other such options")
        wanted = {out / name: each for name, each in read_selections(selections).items()}
    with showing() as progress:
        made = ingest_many(
            source,
            wanted,
            size=_size(size),
            workers=workers,
            max_bad=max_bad,
            progress=progress,
        )
    for collection in made:
        _print_collection(collection)


def _print_collection(made: "Collection") -> None:
    counts = table(made.task, "works", right=(1,))
    for name, count in made.counts.items():
        counts.add_row(name, f"{count:,}")
    print_table(counts)
    quarantine = made.folder / "quarantine.csv"
    bad = f", {made.quarantined:,} quarantined (see {quarantine})" if made.quarantined else ""
    classes = counted(len(made.counts), "class", "classes")
    typer.echo(f"{counted(made.works, 'work')} of {classes} in {made.folder}{bad}")
    typer.echo(f"Next: morelli train {quote(str(made.folder))} --out RUN")


def _size(size: str) -> int | None:
    if size == "full":
        return None
    if not size.isdecimal():
        raise UserError(f"--size is {size!r}; it must be a number of pixels, or full")
    return int(size)


def _selection(
    task: str,
    top: int | None,
    classes: list[str] | None,
    min_works: int,
    sample: int | None,
    include_unknown: bool,
    seed: int,
) -> "Selection":
    from morelli.data.selection import Selection

    return Selection(
        task=task,
        top=top,
        classes=tuple(classes or ()),
        min_works=min_works,
        sample=sample,
        include_unknown=include_unknown,
        seed=seed,
    )
