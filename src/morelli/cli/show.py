"""What a person sees while the library works: bars on a terminal, lines elsewhere."""

import functools
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, ParamSpec

import typer

from morelli.errors import UserError

if TYPE_CHECKING:
    from rich.progress import TaskID
    from rich.table import Table

EXIT_USER = 2
EXIT_INTERRUPTED = 130

RESUMES = "what was finished is kept, and the same command goes on from there"
"""How to go on after a command that does only what is missing."""

STARTS_ANEW = "run the same command again"
"""How to go on after a command that leaves nothing behind."""

Options = ParamSpec("Options")


def answering(
    go_on: str,
) -> Callable[[Callable[Options, int | None]], Callable[Options, None]]:
    """Answer what the user can put right in one line, and an interruption with how to go on.

    Args:
        go_on: What to do after an interruption.
    """

    def wrapped(command: Callable[Options, int | None]) -> Callable[Options, None]:
        @functools.wraps(command)
        def answered(*args: Options.args, **kwargs: Options.kwargs) -> None:
            try:
                with warnings.catch_warnings():
                    warnings.showwarning = _show_warning
                    code = command(*args, **kwargs)
            except UserError as error:
                typer.echo(f"morelli: {error}", err=True)
                raise typer.Exit(EXIT_USER) from None
            except KeyboardInterrupt:
                typer.echo(f"morelli: stopped; {go_on}", err=True)
                raise typer.Exit(EXIT_INTERRUPTED) from None
            if code:
                raise typer.Exit(code)

        return answered

    return wrapped


def _show_warning(
    message: Warning | str, category: type[Warning], *_: object, **__: object
) -> None:
    if category is UserWarning:
        typer.echo(f"note: {message}", err=True)


class Lines:
    """Says a line when a step is finished; for logs and pipes."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def note(self, text: str) -> None:
        """Say a sentence."""
        typer.echo(text, err=True)

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Say that a step is finished, and how long it took."""
        if done == total:
            now = time.perf_counter()
            typer.echo(f"{name}: {done:,} {unit} in {now - self._started:.1f} s", err=True)
            self._started = now


class Bars:
    """Shows a bar for each step, with its rate and the time that remains."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, tuple[TaskID, int, float]] = {}

    def note(self, text: str) -> None:
        """Say a sentence above the bars."""
        self._bars.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Move the bar of a step."""
        now = time.perf_counter()
        if name not in self._tasks:
            self._bars.start()  # not before there is a step, so that a refusal stays one line
            task = self._bars.add_task(name, total=total, unit=unit, rate="")
            self._tasks[name] = task, done, now
        task, first, started = self._tasks[name]  # what was done before is of unknown speed
        rate = f", {(done - first) / (now - started):,.0f}/s" if done > first else ""
        self._bars.update(task, completed=done, rate=rate)

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()


@contextmanager
def showing() -> Iterator[Lines | Bars]:
    """Give what shows progress: bars if the error stream is a terminal, else lines."""
    if sys.stderr.isatty():
        with Bars() as bars:
            yield bars
    else:
        yield Lines()


def table(*columns: str, title: str | None = None, right: tuple[int, ...] = ()) -> "Table":
    """Return an empty table for `print_table`; the columns numbered in `right` hold numbers.

    Nothing in it is cut off: where a terminal is too narrow, cells take several lines.
    """
    from rich.box import SIMPLE
    from rich.table import Table

    rows = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    for number, name in enumerate(columns):
        justify: Literal["left", "right"] = "right" if number in right else "left"
        rows.add_column(name, justify=justify, overflow="fold")
    return rows


_WIDEST = 10_000


def print_table(rows: "Table") -> None:
    """Print a table, as wide as it needs to be where there is no terminal."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() else _WIDEST
    Console(width=wide, highlight=False, markup=False).print(rows)
