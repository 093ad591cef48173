"""`morelli attribute`."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from morelli.cli.answers import Answer, answer_of, csv_rows, json_of
from morelli.cli.options import WORKERS
from morelli.cli.show import STARTS_ANEW, answering, print_table, showing, table
from morelli.errors import UserError
from morelli.markup import counted

if TYPE_CHECKING:
    from morelli.classifier import Attribution, Classifier, Unreadable
    from morelli.evidence.files import Explained

RUN = Annotated[
    Path,
    typer.Argument(help="A run's folder, or its classifier.", metavar="RUN", show_default=False),
]
IMAGES = Annotated[
    list[Path],
    typer.Argument(
        help="Images, or folders of images.", metavar="IMAGE_OR_FOLDER...", show_default=False
    ),
]
TOP = Annotated[int, typer.Option(help="Classes to show for each image.", min=1, metavar="N")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.", metavar="")]
TO_CSV = Annotated[
    Path | None,
    typer.Option("--csv", help="Write all probabilities to a CSV file.", metavar="FILE"),
]
EVIDENCE = Annotated[
    Path | None,
    typer.Option(
        help="Write a page of evidence and its pictures for each image.",
        metavar="FOLDER",
        rich_help_panel="Evidence",
    ),
]
AUDIT = Annotated[
    Path | None,
    typer.Option(
        help="An audit of what the run learned from: the evidence then says what files give away.",
        metavar="FOLDER",
        rich_help_panel="Evidence",
    ),
]
NEIGHBOURS = Annotated[
    int,
    typer.Option(
        help="Closest known works in the evidence.",
        min=1,
        metavar="N",
        rich_help_panel="Evidence",
    ),
]


@answering(STARTS_ANEW)
def attribute(
    run: RUN,
    images: IMAGES,
    top: TOP = 3,
    as_json: AS_JSON = False,
    to_csv: TO_CSV = None,
    evidence: EVIDENCE = None,
    audit: AUDIT = None,
    neighbours: NEIGHBOURS = 5,
    workers: WORKERS = None,
) -> int:
    """Tell who most likely made each image. Exit code 1 if some images could not be read."""
    if audit is not None and evidence is None:
        raise UserError("--audit adds to the evidence; say where that goes with --evidence FOLDER")
    files = _files(images)
    classifier, results = _results(run, files, evidence, audit, neighbours, workers)
    answers: list[Answer] = []
    with (
        csv_rows(to_csv, classifier.class_names, evidence is not None) as add,
        showing() as progress,
    ):
        progress.step("attribute", 0, len(files), "images")
        for done, answer in enumerate(map(answer_of, results), 1):
            answers.append(answer)
            add(answer)
            progress.step("attribute", done, len(files), "images")
    if as_json:
        typer.echo(json_of(answers, top))
    else:
        _print(answers, min(top, len(classifier.class_names)))
    return int(any(answer.reason for answer in answers))


def _results(
    run: Path,
    files: list[Path],
    evidence: Path | None,
    audit: Path | None,
    neighbours: int,
    workers: int | None,
) -> tuple["Classifier", "Iterable[Attribution | Explained | Unreadable]"]:
    """Return the classifier, and its results as they come, with evidence if a folder is given."""
    if evidence is None:
        from morelli.runs.folder import load

        classifier = load(run, workers=workers)
        return classifier, classifier.attribute_files(files)
    from morelli.evidence.files import explained_files
    from morelli.runs.explain import grounds_of

    grounds = grounds_of(run, audit=audit, workers=workers)
    return grounds.classifier, explained_files(grounds, files, evidence, neighbours=neighbours)


def _files(paths: list[Path]) -> list[Path]:
    """Return files, and in the place of each folder the images that are in it."""
    from morelli.data.decoding import SUFFIXES

    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
        images = sorted(file for file in inside if file.is_file())
        if not images:
            raise UserError(f"{path} holds no images ({', '.join(sorted(SUFFIXES))})")
        files += images
    return files


def _print(answers: list[Answer], top: int) -> None:
    """Print why images could not be read, a table of the others, and their evidence."""
    for answer in answers:
        if answer.reason:
            typer.echo(f"morelli: {answer.image}: {answer.reason}", err=True)
    attributions = [answer.attribution for answer in answers if answer.attribution is not None]
    if attributions:
        _print_table(attributions, top)
    for answer in answers:
        if answer.page is not None:
            typer.echo(f"{answer.image}: {answer.sentence}")
            typer.echo(f"  Evidence: {answer.page}")


def _print_table(attributions: list["Attribution"], top: int) -> None:
    """Print a row for each image; a folder that all are in is said once, above them."""
    from morelli.classifier import NONE_OF_THESE

    folder = _shared_folder([attribution.image for attribution in attributions])
    declined = sum(attribution.declined for attribution in attributions)
    places = [f"{attributions[0].task} {place}" for place in range(1, top + 1)]
    answer = ["answer"] if declined else []
    rows = table("image", *answer, *places, title=folder or None)
    for attribution in attributions:
        image = os.path.relpath(attribution.image, folder) if folder else attribution.image
        best = NONE_OF_THESE if attribution.declined else attribution.best
        classes = [f"{name} {probability:.1%}" for name, probability in attribution.top(top)]
        rows.add_row(image, *([best] if declined else []), *classes)
    print_table(rows)
    if declined:
        typer.echo(
            f"None of these, {declined:,} of {counted(len(attributions), 'image')}: unlike all "
            "works that were learned from; the names beside it are but the nearest guesses."
        )


def _shared_folder(images: Sequence[str]) -> str:
    """Return the folder that several images are in, or nothing."""
    folders = {Path(image).parent for image in images}
    if len(images) < 2 or len({folder.is_absolute() for folder in folders}) > 1:
        return ""
    shared = os.path.commonpath(folders)
    return "" if shared == os.curdir else shared
