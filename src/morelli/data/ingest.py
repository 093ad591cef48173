"""From a source to a collection: one pure step a shard, written aside and renamed when whole."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from morelli.data.collection import Collection
from morelli.data.job import Job, check_unusable, close_job, job_of, missing_works, open_job
from morelli.data.selection import Selection
from morelli.data.shards import Ingested, ingest_work, writing_shard
from morelli.data.sources.open import open_source
from morelli.data.sources.reading import by_group, reading_of_works
from morelli.data.sources.source import Labels, Raw, Source
from morelli.errors import UserError
from morelli.markup import counted
from morelli.parallel import ordered_map
from morelli.progress import Progress, Silent

SIZE = 288
"""Default short side of stored works, in pixels: enough for crops of 224 out of 256."""


def ingest(
    source: str | Path | Source,
    out: str | Path,
    selection: Selection | None = None,
    *,
    size: int | None = SIZE,
    workers: int | None = None,
    max_bad: float = 0.05,
    progress: Progress | None = None,
) -> Collection:
    """Make a collection of chosen works.

    Killed at any moment and called again, it does what is missing and ends with the same bytes.

    Args:
        source: What `open_source` takes, or a source.
        out: Folder of the collection.
        selection: Which works; by default all with a known artist.
        size: Short side kept, in pixels, never enlarged; None keeps the original pixels.
        workers: Threads; by default one a core.
        max_bad: Largest share of chosen works that may be unusable.
        progress: Hears how far it is.

    Raises:
        UserError: If the source, the selection or the folder cannot be used.
    """
    return ingest_many(
        source,
        {Path(out): selection or Selection()},
        size=size,
        workers=workers,
        max_bad=max_bad,
        progress=progress,
    )[0]


def ingest_many(
    source: str | Path | Source,
    selections: Mapping[Path, Selection],
    *,
    size: int | None = SIZE,
    workers: int | None = None,
    max_bad: float = 0.05,
    progress: Progress | None = None,
) -> list[Collection]:
    """Make several collections in one pass: each row group is read once for all of them.

    Args:
        source: What `open_source` takes, or a source.
        selections: For each folder, which works go there.
        size: As for `ingest`.
        workers: As for `ingest`.
        max_bad: As for `ingest`, for each collection.
        progress: Hears how far it is.
    """
    _check_limits(size, max_bad)
    progress = progress or Silent()
    if isinstance(source, str | Path):
        source = open_source(source, next(iter(selections.values())).task)
    labels = source.labels(progress)
    jobs = [job_of(source, labels, out, selection, size) for out, selection in selections.items()]
    for job in jobs:
        open_job(job)
    reading = reading_of_works(source, labels, missing_works(jobs, labels))
    if reading.works:
        progress.note(
            f"{counted(reading.works, 'work')} to read: {reading.bytes / 1e6:,.1f} MB in "
            f"{counted(reading.groups, 'row group')} of {counted(reading.shards, 'shard')}"
        )
    _fill(
        _Pass(source, labels, size, max(1, workers or os.cpu_count() or 1)), jobs, max_bad, progress
    )
    return [close_job(job, max_bad) for job in jobs]


def _check_limits(size: int | None, max_bad: float) -> None:
    if size is not None and size < 16:
        raise UserError(f"size is {size}; it must be 16 pixels or more, or full")
    if not 0 <= max_bad <= 1:
        raise UserError(f"max_bad is {max_bad}; it is a share and must lie between 0 and 1")


@dataclass(frozen=True)
class _Pass:
    """One pass over a source."""

    source: Source
    labels: Labels
    size: int | None
    workers: int

    def works(self, chosen: npt.NDArray[np.int64]) -> Iterator[Ingested]:
        """Read and decode works in order: two row groups at a time, images on all workers."""
        groups = by_group(self.labels, chosen)

        def read(key: tuple[int, int]) -> list[tuple[int, Raw]]:
            works = groups[key]
            raws = self.source.images(*key, self.labels.rows[works].tolist())
            return list(zip(works.tolist(), raws, strict=True))

        pairs = (pair for group in ordered_map(read, groups, workers=2, ahead=2) for pair in group)
        return ordered_map(
            lambda pair: ingest_work(*pair, self.size),
            pairs,
            workers=self.workers,
            ahead=4 * self.workers,
        )


def _fill(reading: _Pass, jobs: Sequence[Job], max_bad: float, progress: Progress) -> None:
    """Write the missing shards, one source shard after another, each row group read once."""
    source, labels = reading.source, reading.labels
    missing = np.flatnonzero(missing_works(jobs, labels))
    works = reading.works(missing)
    counts = np.bincount(labels.shards[missing], minlength=len(source.shards)).tolist()
    done = 0
    for shard in np.flatnonzero(counts).tolist():
        lacking = [job for job in jobs if job.lacks(shard)]
        name = source.shards[shard]
        with ExitStack() as stack:
            writers = [
                stack.enter_context(writing_shard(job.folder, job.path(shard), name, labels))
                for job in lacking
            ]
            for ingested in islice(works, counts[shard]):
                for job, writer in zip(lacking, writers, strict=True):
                    if job.chosen[ingested.work]:
                        writer.add(ingested)
                done += 1
                progress.step("ingest", done, len(missing), "works")
        for job in lacking:
            check_unusable(job, max_bad)
