"""What `morelli attribute` says of each image, as JSON and as CSV."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from morelli.errors import writing

if TYPE_CHECKING:
    from morelli.classifier import Attribution, Unreadable
    from morelli.evidence.files import Explained


@dataclass(frozen=True)
class Answer:
    """What is said of one image.

    Attributes:
        image: Its name.
        attribution: Who made it; None where it could not be read.
        reason: Why it could not.
        sentence: What its evidence comes to; empty where none was asked for.
        page: The page of its evidence.
    """

    image: str
    attribution: "Attribution | None" = None
    reason: str = ""
    sentence: str = ""
    page: Path | None = None


def answer_of(result: "Attribution | Explained | Unreadable") -> Answer:
    """Return the answer that a result of the library comes to."""
    from morelli.classifier import Attribution, Unreadable

    if isinstance(result, Unreadable):
        return Answer(result.image, reason=result.reason)
    if isinstance(result, Attribution):
        return Answer(result.image, result)
    evidence = result.evidence
    attribution = evidence.attribution
    return Answer(attribution.image, attribution, sentence=evidence.sentence, page=result.page)


def json_of(answers: Iterable[Answer], top: int) -> str:
    """Return answers as a JSON list, each with its likeliest classes, or why it has none."""
    return json.dumps([_json_object(answer, top) for answer in answers], ensure_ascii=False)


def _json_object(answer: Answer, top: int) -> dict[str, object]:
    attribution = answer.attribution
    if attribution is None:
        return {"image": answer.image, "error": answer.reason}
    classes = [
        {"name": name, "probability": probability} for name, probability in attribution.top(top)
    ]
    evidence = {"sentence": answer.sentence, "evidence": str(answer.page)} if answer.page else {}
    return {
        "image": answer.image,
        "task": attribution.task,
        "none_of_these": attribution.declined,
        "classes": classes,
        **evidence,
    }


@contextmanager
def csv_rows(
    path: Path | None, class_names: Sequence[str], with_evidence: bool
) -> Iterator[Callable[[Answer], None]]:
    """Open a CSV file, before anything is attributed, and give what adds an answer to it.

    Raises:
        BadFolder: If it cannot be written.
    """
    if path is None:
        yield lambda _: None
        return
    more = ("sentence", "evidence") if with_evidence else ()
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["image", "error", "best", "none_of_these", *class_names, *more])
            yield lambda answer: writer.writerow(_csv_row(answer, class_names, len(more)))


def _csv_row(answer: Answer, class_names: Sequence[str], more: int) -> list[str]:
    attribution = answer.attribution
    if attribution is None:
        return [answer.image, answer.reason, "", "", *[""] * (len(class_names) + more)]
    probabilities = [f"{attribution.probabilities[name]:.6f}" for name in class_names]
    evidence = [answer.sentence, str(answer.page)] if more else []
    declined = "yes" if attribution.declined else "no"
    return [answer.image, "", attribution.best, declined, *probabilities, *evidence]
