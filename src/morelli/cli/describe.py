"""`morelli describe`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from morelli.cli.options import SOURCE
from morelli.cli.settings import Settings, settings_from
from morelli.cli.show import STARTS_ANEW, answering, print_table, showing, table
from morelli.data.selection import Selection
from morelli.markup import counted

if TYPE_CHECKING:
    from morelli.data.sources.describe import Description


@answering(STARTS_ANEW)
@settings_from(Selection())
def describe(
    source: SOURCE,
    settings: Settings,
) -> None:
    """Show what a source holds and what a selection would read, from its labels alone."""
    from morelli.data.sources.describe import describe as described

    selection = replace(Selection(), **settings)
    with showing() as progress:
        description = described(source, selection, progress=progress)
    about = ", ".join(f"{key} {value}" for key, value in description.about.items())
    typer.echo(
        f"{counted(description.works, 'work')} in {counted(description.shards, 'shard')} ({about})"
    )
    _print_columns(description)
    _print_classes(description, selection.task)
    reading = description.reading
    typer.echo(
        f"The selection reads {counted(reading.works, 'work')}: {reading.bytes / 1e6:,.1f} MB in "
        f"{counted(reading.groups, 'row group')} of {counted(reading.shards, 'shard')}."
    )


def _print_columns(description: "Description") -> None:
    columns = table("column", "type", "first work")
    for name, kind in description.columns.items():
        columns.add_row(name, kind, description.example.get(name, ""))
    print_table(columns)


def _print_classes(description: "Description", task: str) -> None:
    counts = description.counts[task]
    classes = table(task, "works", "share", right=(1, 2))
    for name, count in counts.items():
        classes.add_row(name, f"{count:,}", f"{count / description.works:.1%}")
    if description.unlabelled[task]:
        count = description.unlabelled[task]
        classes.add_row("(no label)", f"{count:,}", f"{count / description.works:.1%}")
    print_table(classes)
