"""`morelli audit`."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.options import CACHE, COLLECTION, OPEN, WORKERS
from morelli.cli.report import show_report
from morelli.cli.settings import option
from morelli.cli.show import RESUMES, answering, print_table, showing, table
from morelli.errors import UserError
from morelli.markup import counted
from morelli.training.recipe import Recipe

if TYPE_CHECKING:
    from morelli.audit.cleaning import Cleaned
    from morelli.audit.folder import Audit

EXIT_FOUND = 1


@answering(RESUMES)
def audit(
    collection: COLLECTION,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the findings and a report; not needed with --apply.", metavar="DIR"
        ),
    ] = None,
    task: Annotated[str | None, option(Recipe, "task")] = None,
    weights: Annotated[str, option(Recipe, "weights")] = "",
    number_format: Annotated[str, option(Recipe, "number_format")] = "auto",
    fix: Annotated[
        Path | None,
        typer.Option(
            help="Write a cleaned collection: the best copy of each work, conflicts set aside, and "
            "a log of decisions.",
            metavar="OUT",
            rich_help_panel="Cleaning",
        ),
    ] = None,
    apply: Annotated[
        Path | None,
        typer.Option(
            help="A decisions.csv that was edited, to be applied instead of the rule.",
            metavar="FILE",
            rich_help_panel="Cleaning",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit with 1 if equal copies, copies with conflicting labels or a shortcut are "
            "found.",
            metavar="",
        ),
    ] = False,
    cache: CACHE = None,
    workers: WORKERS = None,
    open_: OPEN = False,
) -> int:
    """Look for copies, series, doubtful labels and shortcuts before learning from a collection."""
    _check(out, fix, apply, needs_audit=strict or open_)
    from morelli.audit.audit import audit as audited
    from morelli.audit.cleaning import check_empty

    if fix is not None:
        check_empty(fix)
    if fix is not None and apply is not None:
        _fix(collection, fix, apply)
    if out is None:
        return 0
    with showing() as progress:
        made = audited(
            collection,
            out,
            task,
            weights=weights,
            number_format=number_format,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    _print_findings(made)
    if fix is not None and apply is None:
        _fix(collection, fix, made)
    show_report(made.folder / "report.html", open_)
    return _tell_grave(made) if strict else 0


def _check(out: Path | None, fix: Path | None, apply: Path | None, *, needs_audit: bool) -> None:
    if apply is not None and fix is None:
        raise UserError("--apply makes a cleaned collection; say where with --fix OUT")
    if out is None and (apply is None or needs_audit):
        raise UserError("name a folder for the findings with --out DIR")


def _fix(collection: Path, out: Path, by: "Audit | Path") -> None:
    from morelli.audit.cleaning import LOG, clean

    with showing() as progress:
        told = clean(collection, out, by, progress=progress)
    _print_cleaned(told)
    typer.echo(f"Decisions: {told.collection.folder / LOG}")


def _print_findings(made: "Audit") -> None:
    from morelli.audit.page import findings_of

    shown = table("looked for", "found", "what to do")
    for row in findings_of(made.results):
        shown.add_row(*row)
    print_table(shown)


def _print_cleaned(told: "Cleaned") -> None:
    counts = told.counts
    typer.echo(
        f"{counted(told.collection.works, 'work')} in {told.collection.folder}: "
        f"{counts.get('drop', 0):,} dropped, {counts.get('aside', 0):,} set aside"
    )
    typer.echo(f"Next: morelli train {quote(str(told.collection.folder))} --out RUN")


def _tell_grave(made: "Audit") -> int:
    from morelli.audit.folder import grave

    found = grave(made)
    for each in found:
        typer.echo(f"strict: {each}", err=True)
    return EXIT_FOUND if found else 0
