"""Which findings of an audit a report shows with pictures, and those pictures."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from morelli.audit.folder import Audit, Row
from morelli.data.collection import open_collection
from morelli.data.pictures import Place, pictures_of
from morelli.errors import BadFolder
from morelli.reporting.page import Gallery, Picture
from morelli.reporting.pictures import thumbnail

CLUSTERS = 12
"""Clusters of copies in a report, and as many with conflicting labels."""

DOUBTFUL = 12
"""Labels worth a look in a report."""

SERIES = 4
"""Series of each kind in a report."""

MEMBERS = 5
"""Works of a cluster or series in a report."""

GREY = 5
"""Near-grey works in a report."""

Members = Sequence[Row]
Images = Mapping[int, bytes]


def by_number(rows: Iterable[Row], column: str) -> list[Members]:
    """Return rows of equal number together, in order of the numbers."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[int(row[column])].append(row)
    return [found[number] for number in sorted(found)]


def shown_copies(audit: Audit) -> list[Members]:
    """Return the largest clusters of copies, and of the others those that agree least."""
    clusters = by_number(audit.findings["copies"], "cluster")
    largest = sorted(clusters, key=lambda rows: -len(rows))[: CLUSTERS // 2]
    others = [rows for rows in clusters if rows not in largest]
    return largest + sorted(others, key=_agreement)[: CLUSTERS - len(largest)]


def shown_conflicts(audit: Audit) -> Sequence[Members]:
    """Return the first clusters under several names; of an artist before genre and style."""
    of_task: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in audit.findings["conflicts"]:
        of_task[row["task"], row["cluster"]].append(row)
    order = sorted(of_task, key=lambda key: (key[0] != audit.results["task"], int(key[1])))
    return [of_task[key] for key in order][:CLUSTERS]


def shown_labels(audit: Audit) -> Members:
    """Return the most doubtful labels."""
    return audit.findings["labels"][:DOUBTFUL]


def shown_series(audit: Audit, kind: str) -> list[Members]:
    """Return the largest series of a kind, "title" or "visual"."""
    rows = [row for row in audit.findings["series"] if row["kind"] == kind]
    return by_number(rows, "series")[:SERIES]


def shown_grey(audit: Audit) -> Members:
    """Return the greyest works."""
    return [row for row in audit.findings["quality"] if row["finding"] == "near-grey"][:GREY]


def spread(rows: Members) -> Members:
    """Return at most `MEMBERS` works of a cluster or series, the first and the last among them."""
    if len(rows) <= MEMBERS:
        return rows
    return [rows[place] for place in np.linspace(0, len(rows) - 1, MEMBERS).round().astype(int)]


def read_images(audit: Audit) -> tuple[Images, str]:
    """Return the images of all works that are shown, and why there are none, if so."""
    several = [*shown_copies(audit), *shown_conflicts(audit)]
    several += [*shown_series(audit, "title"), *shown_series(audit, "visual")]
    rows = [row for each in several for row in spread(each)]
    rows += [*shown_labels(audit), *shown_grey(audit)]
    ids = {int(row["work"]): row["work_id"] for row in rows}
    folder = Path(audit.results["collection"]["folder"])
    try:
        starts = open_collection(folder).starts
        shards = np.searchsorted(starts, list(ids), side="right") - 1
        places: list[Place] = [
            (int(shard), int(work - starts[shard])) for work, shard in zip(ids, shards, strict=True)
        ]
        found = pictures_of(folder, places, list(ids.values()))
    except BadFolder as error:
        return {}, f"There are no pictures in this report: {error}."
    return {work: found[place] for work, place in zip(ids, places, strict=True)}, ""


def gallery(
    title: str,
    rows: Members,
    images: Images,
    said: Callable[[Row], tuple[str, ...]],
    note: str = "",
) -> Gallery | None:
    """Return works side by side; None where their images are not to be had.

    Args:
        title: Stands above.
        rows: The works.
        images: By work.
        said: Gives the lines below a work.
        note: Stands below the title.
    """
    if not rows or not images:
        return None
    pictures = tuple(
        Picture(
            thumbnail(images[int(row["work"])]), f"Work {row['work']}, {said(row)[0]}", said(row)
        )
        for row in rows
    )
    return Gallery(title, pictures, note)


def _agreement(rows: Members) -> float:
    return min(float(row["agreement"]) for row in rows)
