"""Which findings of an audit a report shows with pictures, and those pictures."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from morelli.audit.csv_rows import (
    AuditedWork,
    ConflictRow,
    CopyRow,
    LabelRow,
    QualityRow,
    SeriesRow,
)
from morelli.audit.folder import Audit
from morelli.data.collection import open_collection
from morelli.data.pictures import Place, pictures_of
from morelli.errors import BadFolder
from morelli.reporting.page import Gallery, Picture
from morelli.reporting.thumbnails import thumbnail

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

Images = Mapping[int, bytes]


class WorkRow(Protocol):
    """A row of a table that is about one work."""

    @property
    def work(self) -> AuditedWork:
        """The work."""


Row = TypeVar("Row", bound=WorkRow)
Key = TypeVar("Key", bound=Hashable)


def rows_by(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    """Return the rows of each key, in order of its first one."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def shown_copies(audit: Audit) -> list[list[CopyRow]]:
    """Return the largest clusters of copies, and of the others those that agree least."""
    clusters = [*rows_by(audit.findings.copies, lambda row: row.cluster).values()]
    largest = sorted(clusters, key=lambda rows: -len(rows))[: CLUSTERS // 2]
    others = [rows for rows in clusters if rows not in largest]
    return largest + sorted(others, key=_agreement)[: CLUSTERS - len(largest)]


def shown_conflicts(audit: Audit) -> list[list[ConflictRow]]:
    """Return the first clusters under several names, by the audited task before others."""
    clusters = rows_by(audit.findings.conflicts, lambda row: (row.task, row.cluster))
    order = sorted(clusters, key=lambda key: (key[0] != audit.results.task, key[1]))
    return [clusters[key] for key in order][:CLUSTERS]


def shown_labels(audit: Audit) -> Sequence[LabelRow]:
    """Return the most doubtful labels."""
    return audit.findings.labels[:DOUBTFUL]


def shown_series(audit: Audit, kind: str) -> list[list[SeriesRow]]:
    """Return the largest series of a kind, "title" or "visual"."""
    rows = [row for row in audit.findings.series if row.kind == kind]
    return [*rows_by(rows, lambda row: row.series).values()][:SERIES]


def shown_grey(audit: Audit) -> Sequence[QualityRow]:
    """Return the greyest works."""
    return [row for row in audit.findings.quality if row.finding == "near-grey"][:GREY]


def spread(rows: Sequence[Row]) -> Sequence[Row]:
    """Return at most `MEMBERS` works of a cluster or series, the first and the last among them."""
    if len(rows) <= MEMBERS:
        return rows
    return [rows[place] for place in np.linspace(0, len(rows) - 1, MEMBERS).round().astype(int)]


def read_images(audit: Audit) -> tuple[Images, str]:
    """Return the images of all works that are shown, and why there are none, if so."""
    several: list[Sequence[WorkRow]] = [*shown_copies(audit), *shown_conflicts(audit)]
    several += [*shown_series(audit, "title"), *shown_series(audit, "visual")]
    rows = [row for cluster in several for row in spread(cluster)]
    rows += [*shown_labels(audit), *shown_grey(audit)]
    ids = {row.work.number: row.work.work_id for row in rows}
    folder = Path(audit.results.collection.folder)
    try:
        starts = open_collection(folder).starts
        shards = np.searchsorted(starts, list(ids), side="right") - 1
        places: list[Place] = [
            (int(shard), int(work - starts[shard])) for work, shard in zip(ids, shards, strict=True)
        ]
        pictures = pictures_of(folder, places, list(ids.values()))
    except BadFolder as error:
        return {}, f"There are no pictures in this report: {error}."
    return {work: pictures[place] for work, place in zip(ids, places, strict=True)}, ""


def gallery(
    title: str,
    rows: Sequence[Row],
    images: Images,
    caption: Callable[[Row], tuple[str, ...]],
    note: str = "",
) -> Gallery | None:
    """Return works side by side; None where their images are not to be had.

    Args:
        title: Stands above.
        rows: The works.
        images: By work.
        caption: Returns the lines below a work.
        note: Stands below the title.
    """
    if not rows or not images:
        return None
    pictures = tuple(
        Picture(
            thumbnail(images[row.work.number]),
            f"Work {row.work.number}, {caption(row)[0]}",
            caption(row),
        )
        for row in rows
    )
    return Gallery(title, pictures, note)


def _agreement(rows: Sequence[CopyRow]) -> float:
    return min(row.agreement for row in rows)
