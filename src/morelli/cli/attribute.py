"""`morelli attribute`."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from morelli.cli.show import answering, print_table, showing, table
from morelli.errors import UserError, writing

if TYPE_CHECKING:
    from morelli.classifier import Attribution, Unreadable


@answering
def attribute(
    run: Annotated[
        Path, typer.Argument(help="A run's folder, or its classifier.", show_default=False)
    ],
    images: Annotated[
        list[Path], typer.Argument(help="Images, or folders of images.", show_default=False)
    ],
    top: Annotated[int, typer.Option(help="Classes to show for each image.", min=1)] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    to_csv: Annotated[
        Path | None, typer.Option("--csv", help="Write all probabilities to a CSV file.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Threads.", show_default="one a core", min=1)
    ] = None,
) -> int:
    """Tell who most likely made each image. Exit code 1 if some images could not be read."""
    paths = _files(images)
    from morelli.runs.folder import load

    classifier = load(run, workers=workers)
    answers = []
    with showing() as progress:
        for done, answer in enumerate(classifier.attribute_files(paths), 1):
            answers.append(answer)
            progress.step("attribute", done, len(paths), "images")
    if to_csv is not None:
        _write_csv(to_csv, answers, classifier.class_names)
    if as_json:
        typer.echo(json.dumps([_as_json(each, top) for each in answers], ensure_ascii=False))
    else:
        _print(answers, classifier.task, top)
    return int(any(_reason(each) is not None for each in answers))


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


def _reason(answer: "Attribution | Unreadable") -> str | None:
    return getattr(answer, "reason", None)


def _as_json(answer: Any, top: int) -> dict[str, Any]:
    if (reason := _reason(answer)) is not None:
        return {"image": answer.image, "error": reason}
    return {
        "image": answer.image,
        "task": answer.task,
        "classes": [
            {"name": name, "probability": probability} for name, probability in answer.top(top)
        ],
    }


def _write_csv(
    path: Path, answers: list["Attribution | Unreadable"], class_names: tuple[str, ...]
) -> None:
    with writing(path.parent), path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "error", "best", *class_names])
        for answer in answers:
            if (reason := _reason(answer)) is not None:
                writer.writerow([answer.image, reason, ""] + [""] * len(class_names))
            else:
                told: Any = answer
                values = [f"{told.probabilities[name]:.6f}" for name in class_names]
                writer.writerow([told.image, "", told.best, *values])


def _print(answers: list[Any], task: str, top: int) -> None:
    told = table("image", *(f"{task} {n}" for n in range(1, top + 1)))
    for answer in answers:
        if (reason := _reason(answer)) is not None:
            typer.echo(f"morelli: {answer.image}: {reason}", err=True)
        else:
            told.add_row(answer.image, *(f"{name} {each:.1%}" for name, each in answer.top(top)))
    if told.row_count:
        print_table(told)
