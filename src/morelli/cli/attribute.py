"""`morelli attribute`."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morelli.cli.options import WORKERS
from morelli.cli.show import STARTS_ANEW, answering, print_table, showing, table
from morelli.errors import UserError, writing
from morelli.markup import counted

if TYPE_CHECKING:
    from morelli.classifier import Attribution, Classifier, Unreadable
    from morelli.evidence.files import Explained

    Answer = Attribution | Unreadable | Explained


@answering(STARTS_ANEW)
def attribute(
    run: Annotated[
        Path,
        typer.Argument(
            help="A run's folder, or its classifier.", metavar="RUN", show_default=False
        ),
    ],
    images: Annotated[
        list[Path],
        typer.Argument(
            help="Images, or folders of images.", metavar="IMAGE_OR_FOLDER...", show_default=False
        ),
    ],
    top: Annotated[
        int, typer.Option(help="Classes to show for each image.", min=1, metavar="N")
    ] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.", metavar="")] = False,
    to_csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write all probabilities to a CSV file.", metavar="FILE"),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            help="Write a page of evidence and its pictures for each image.",
            metavar="FOLDER",
            rich_help_panel="Evidence",
        ),
    ] = None,
    audit: Annotated[
        Path | None,
        typer.Option(
            help="An audit of what the run learned from: the evidence then says what files give "
            "away.",
            metavar="FOLDER",
            rich_help_panel="Evidence",
        ),
    ] = None,
    neighbours: Annotated[
        int,
        typer.Option(
            help="Closest known works in the evidence.",
            min=1,
            metavar="N",
            rich_help_panel="Evidence",
        ),
    ] = 5,
    workers: WORKERS = None,
) -> int:
    """Tell who most likely made each image. Exit code 1 if some images could not be read."""
    if audit is not None and evidence is None:
        raise UserError("--audit adds to the evidence; say where that goes with --evidence FOLDER")
    paths = _files(images)
    classifier, told = _telling(run, paths, evidence, audit, neighbours, workers)
    names = classifier.class_names
    answers: list[Answer] = []
    with _csv_rows(to_csv, names, evidence is not None) as add, showing() as progress:
        progress.step("attribute", 0, len(paths), "images")
        for done, answer in enumerate(told, 1):
            answers.append(answer)
            add(answer)
            progress.step("attribute", done, len(paths), "images")
    if as_json:
        typer.echo(json.dumps([_as_json(each, top) for each in answers], ensure_ascii=False))
    else:
        _print(answers, classifier.task, min(top, len(names)))
        _print_evidence(answers)
    return int(any(_reason(each) is not None for each in answers))


def _telling(
    run: Path,
    paths: list[Path],
    evidence: Path | None,
    audit: Path | None,
    neighbours: int,
    workers: int | None,
) -> tuple["Classifier", "Iterable[Answer]"]:
    """Return the classifier, and its answers as they come, with evidence if a folder is given."""
    if evidence is None:
        from morelli.runs.folder import load

        classifier = load(run, workers=workers)
        return classifier, classifier.attribute_files(paths)
    from morelli.evidence.files import explained_files
    from morelli.runs.explain import grounds_of

    grounds = grounds_of(run, audit=audit, workers=workers)
    return grounds.classifier, explained_files(grounds, paths, evidence, neighbours=neighbours)


def _files(given: list[Path]) -> list[Path]:
    from morelli.data.images import SUFFIXES

    files: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = (each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES)
            found = sorted(each for each in inside if each.is_file())
            if not found:
                raise UserError(f"{path} holds no images ({', '.join(sorted(SUFFIXES))})")
            files += found
        else:
            files.append(path)
    return files


def _reason(answer: "Answer") -> str | None:
    return getattr(answer, "reason", None)


def _attribution(answer: Any) -> Any:
    """Return the attribution of an answer that may have evidence."""
    return answer.evidence.attribution if hasattr(answer, "evidence") else answer


def _as_json(given: Any, top: int) -> dict[str, Any]:
    answer = _attribution(given)
    if (reason := _reason(answer)) is not None:
        return {"image": answer.image, "error": reason}
    evidence = {}
    if answer is not given:
        evidence = {"sentence": given.evidence.sentence, "evidence": str(given.page)}
    return {
        "image": answer.image,
        "task": answer.task,
        "none_of_these": answer.declined,
        "classes": [
            {"name": name, "probability": probability} for name, probability in answer.top(top)
        ],
    } | evidence


@contextmanager
def _csv_rows(
    path: Path | None, class_names: Sequence[str], with_evidence: bool
) -> Iterator[Callable[["Answer"], None]]:
    """Open the CSV file, before anything is attributed, and give what adds an answer to it."""
    if path is None:
        yield lambda _: None
        return
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            more = ("sentence", "evidence") if with_evidence else ()
            writer.writerow(["image", "error", "best", "none_of_these", *class_names, *more])

            def add(answer: Any) -> None:
                writer.writerow(_csv_row(answer, class_names, len(more)))

            yield add


def _csv_row(given: Any, class_names: Sequence[str], more: int) -> list[str]:
    answer = _attribution(given)
    if (reason := _reason(answer)) is not None:
        return [answer.image, reason, "", "", *[""] * (len(class_names) + more)]
    values = [f"{answer.probabilities[name]:.6f}" for name in class_names]
    evidence = [] if answer is given else [given.evidence.sentence, str(given.page)]
    declined = "yes" if answer.declined else "no"
    return [answer.image, "", answer.best, declined, *values, *evidence]


def _print(answers: list[Any], task: str, top: int) -> None:
    """Print a table; a folder that all images are in is said once, above it."""
    told = [_attribution(answer) for answer in answers if _reason(answer) is None]
    for answer in answers:
        if (reason := _reason(answer)) is not None:
            typer.echo(f"morelli: {answer.image}: {reason}", err=True)
    if not told:
        return
    folder = _shared_folder([answer.image for answer in told])
    from morelli.classifier import NONE_OF_THESE

    columns = [f"{task} {number}" for number in range(1, top + 1)]
    gone = sum(answer.declined for answer in told)
    if gone:
        columns.insert(0, "answer")
    made = table("image", *columns, title=folder or None)
    for answer in told:
        classes = [f"{name} {probability:.1%}" for name, probability in answer.top(top)]
        if gone:
            classes.insert(0, NONE_OF_THESE if answer.declined else answer.best)
        made.add_row(os.path.relpath(answer.image, folder) if folder else answer.image, *classes)
    print_table(made)
    if gone:
        typer.echo(
            f"None of these, {gone:,} of {counted(len(told), 'image')}: unlike all works that were "
            "learned from; the names beside it are but the nearest guesses."
        )


def _print_evidence(answers: list[Any]) -> None:
    """Print for each image with evidence the sentence that it comes to, and where its page is."""
    for answer in (each for each in answers if hasattr(each, "evidence")):
        typer.echo(f"{answer.evidence.attribution.image}: {answer.evidence.sentence}")
        typer.echo(f"  Evidence: {answer.page}")


def _shared_folder(images: Sequence[str]) -> str:
    """Return the folder that several images are in, or nothing."""
    folders = {Path(image).parent for image in images}
    if len(images) < 2 or len({folder.is_absolute() for folder in folders}) > 1:
        return ""
    shared = os.path.commonpath(folders)
    return "" if shared == os.curdir else shared
