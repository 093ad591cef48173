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
    from morelli.audit.folder import Audit

EXIT_FOUND = 1

OUT = Annotated[
    Path | None,
    typer.Option(
        help="Folder for the findings and a report; not needed with --apply.", metavar="DIR"
    ),
]
TASK = Annotated[str | None, option(Recipe, "task")]
WEIGHTS = Annotated[str, option(Recipe, "weights")]
NUMBER_FORMAT = Annotated[str, option(Recipe, "number_format")]
FIX = Annotated[
    Path | None,
    typer.Option(
        help="Write a cleaned collection: the best copy of each work, conflicts set aside, and "
        "a log of decisions.",
        metavar="OUT",
        rich_help_panel="Cleaning",
    ),
]
APPLY = Annotated[
    Path | None,
    typer.Option(
        help="A decisions.csv that was edited, to be applied instead of the rule.",
        metavar="FILE",
        rich_help_panel="Cleaning",
    ),
]
STRICT = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Exit with 1 if equal copies, copies with conflicting labels or a shortcut are found.",
        metavar="",
    ),
]


@answering(RESUMES)
def audit(
    collection: COLLECTION,
    out: OUT = None,
    task: TASK = None,
    weights: WEIGHTS = "",
    number_format: NUMBER_FORMAT = "auto",
    fix: FIX = None,
    apply: APPLY = None,
    strict: STRICT = False,
    cache: CACHE = None,
    workers: WORKERS = None,
    open_: OPEN = False,
) -> int:
    """Look for copies, series, doubtful labels and shortcuts before learning from a collection."""
    _check(out, fix, apply, needs_audit=strict or open_)
    from morelli.audit.audit import audit as examine
    from morelli.audit.cleaning import check_empty

    if fix is not None:
        check_empty(fix)
    if fix is not None and apply is not None:
        _fix(collection, fix, apply)
    if out is None:
        return 0
    with showing() as progress:
        finished = examine(
            collection,
            out,
            task,
            weights=weights,
            number_format=number_format,
            cache=cache,
            workers=workers,
            progress=progress,
        )
    _print_findings(finished)
    if fix is not None and apply is None:
        _fix(collection, fix, finished)
    show_report(finished.folder / "report.html", open_)
    return _print_grave(finished) if strict else 0


def _check(out: Path | None, fix: Path | None, apply: Path | None, *, needs_audit: bool) -> None:
    """Refuse options that do not go together."""
    if apply is not None and fix is None:
        raise UserError("--apply makes a cleaned collection; say where with --fix OUT")
    if out is None and (apply is None or needs_audit):
        raise UserError("name a folder for the findings with --out DIR")


def _fix(collection: Path, out: Path, by: "Audit | Path") -> None:
    """Write a cleaned collection, by an audit or by edited decisions."""
    from morelli.audit.cleaning import LOG, clean

    with showing() as progress:
        cleaned = clean(collection, out, by, progress=progress)
    folder, counts = cleaned.collection.folder, cleaned.counts
    typer.echo(
        f"{counted(cleaned.collection.works, 'work')} in {folder}: "
        f"{counts.get('drop', 0):,} dropped, {counts.get('aside', 0):,} set aside"
    )
    typer.echo(f"Next: morelli train {quote(str(folder))} --out RUN")
    typer.echo(f"Decisions: {folder / LOG}")


def _print_findings(audit: "Audit") -> None:
    from morelli.audit.page import findings_of

    findings = table("looked for", "found", "what to do")
    for row in findings_of(audit.results):
        findings.add_row(*row)
    print_table(findings)


def _print_grave(audit: "Audit") -> int:
    """Print what is grave, and return the exit code."""
    from morelli.audit.folder import grave

    findings = grave(audit)
    for finding in findings:
        typer.echo(f"strict: {finding}", err=True)
    return EXIT_FOUND if findings else 0
