"""Works on which two runs differ most, for a report: pictures, and what both predicted."""

from morelli.comparisons.comparison import Comparison, ShownWork
from morelli.data.pictures import Place, pictures_of
from morelli.errors import BadFolder
from morelli.evaluation.compare import Pair
from morelli.reporting.page import Block, Gallery, Picture, Table, Text
from morelli.reporting.thumbnails import thumbnail

_QUOTED = 12
"""Characters of a work id that are shown."""


def thumbnails(comparison: Comparison) -> tuple[dict[Place, str], str]:
    """Return the small pictures of all works shown, and why there are none; else empty."""
    ahead = (*comparison.first_ahead, *comparison.second_ahead)
    works = {(work.shard, work.row): work.work_id for of_pair in ahead for work in of_pair}
    try:
        images = pictures_of(comparison.runs[0].collection, list(works), list(works.values()))
    except BadFolder as error:
        return {}, f"Works are shown without pictures: {error}."
    return {place: thumbnail(image) for place, image in images.items()}, ""


def works_blocks(comparison: Comparison, pictures: dict[Place, str]) -> tuple[Block, ...]:
    """Return the works on which each pair differs most, first one way, then the other.

    Args:
        comparison: The comparison.
        pictures: As `thumbnails` has them; without, tables stand for the galleries.
    """
    blocks: list[Block] = []
    for number, pair in enumerate(comparison.pairs):
        first, second = (run.name for run in comparison.of(pair))
        for works, one, other in (
            (comparison.first_ahead[number], first, second),
            (comparison.second_ahead[number], second, first),
        ):
            title = f"{one} gave the true {comparison.task} a higher probability than {other}"
            blocks.append(_shown(comparison, pair, works, title, pictures))
    return tuple(blocks)


def _shown(
    comparison: Comparison,
    pair: Pair,
    works: tuple[ShownWork, ...],
    title: str,
    pictures: dict[Place, str],
) -> Block:
    if not works:
        return Text((f"{title}: for no work.",))
    names = tuple(run.name for run in comparison.of(pair))
    if not all((work.shard, work.row) in pictures for work in works):
        columns = ("work", comparison.task, *names)
        rows = tuple((work.work_id[:_QUOTED], work.class_name, *_predicted(work)) for work in works)
        return Table(title, columns, rows)
    return Gallery(
        title,
        tuple(
            Picture(
                pictures[work.shard, work.row],
                f"Work {work.work_id[:_QUOTED]}, {comparison.task}: {work.class_name}",
                (
                    f"True: {work.class_name}",
                    *map(": ".join, zip(names, _predicted(work), strict=True)),
                ),
            )
            for work in works
        ),
        note="What each run predicted, with what probability, and, where that was wrong, the "
        "probability that it gave to the true one.",
    )


def _predicted(work: ShownWork) -> tuple[str, ...]:
    """Return what both runs predicted of a work, and how sure they were."""
    return tuple(
        f"{name}, {confidence:.0%}"
        + ("" if name == work.class_name else f" (true one {true_probability:.0%})")
        for name, confidence, true_probability in zip(
            work.predicted, work.confidence, work.true_probability, strict=True
        )
    )
