"""From a source to a collection: one pure step a shard, written aside and renamed when whole."""

import csv
import io
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from morelli.data import card
from morelli.data.aside import sweep, write_text
from morelli.data.collection import (
    FORMAT,
    QUARANTINE,
    SETTINGS,
    Collection,
    open_collection,
)
from morelli.data.parallel import ordered_map
from morelli.data.selection import Selection, choose
from morelli.data.shards import Made, make, quarantined, writing_shard
from morelli.data.source import Labels, Raw, Source
from morelli.data.sources import open_source
from morelli.errors import BadFolder, UserError, holds_other, writing
from morelli.markup import counted
from morelli.progress import Progress, Silent

SIZE = 288
"""Default short side of stored works, in pixels: enough for crops of 224 out of 256."""

PENDING = "ingest.json"


@dataclass(frozen=True)
class Reading:
    """What a selection would read, known before it is read.

    Attributes:
        works: Number of chosen works.
        groups: Number of row groups that hold them.
        shards: Number of shards that hold them.
        bytes: Bytes of images that must be read or travel.
    """

    works: int
    groups: int
    shards: int
    bytes: int


@dataclass(frozen=True)
class _Job:
    """One collection to write: where, which works, and what its settings file will say."""

    out: Path
    chosen: npt.NDArray[np.bool_]
    said: dict[str, Any]
    names: dict[int, str]  # source shard: file name


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
    if size is not None and size < 16:
        raise UserError(f"size is {size}; it must be 16 pixels or more, or full")
    if not 0 <= max_bad <= 1:
        raise UserError(f"max_bad is {max_bad}; it is a share and must lie between 0 and 1")
    progress = progress or Silent()
    workers = max(1, workers or os.cpu_count() or 1)
    if isinstance(source, str | Path):
        source = open_source(source, next(iter(selections.values())).task)
    labels = source.labels(progress)
    jobs = [_job(source, labels, out, selection, size) for out, selection in selections.items()]
    for job in jobs:
        _open_job(job)
    reading = _reading(source, labels, _missing(jobs, labels))
    if reading.works:
        progress.note(
            f"{counted(reading.works, 'work')} to read: {reading.bytes / 1e6:,.1f} MB in "
            f"{counted(reading.groups, 'row group')} of {counted(reading.shards, 'shard')}"
        )
    _fill(
        source,
        labels,
        jobs,
        size=size,
        workers=workers,
        max_bad=max_bad,
        progress=progress,
    )
    return [_close_job(job, max_bad) for job in jobs]


def reading_of(source: Source, labels: Labels, selection: Selection) -> Reading:
    """Return what a selection would read of a source."""
    return _reading(source, labels, _choose(labels, selection))


def _choose(labels: Labels, selection: Selection) -> npt.NDArray[np.bool_]:
    keys = np.stack([labels.shards, labels.rows], axis=1)
    return choose(labels.tasks, labels.class_names, keys, selection)


def _reading(source: Source, labels: Labels, chosen: npt.NDArray[np.bool_]) -> Reading:
    by_group = _by_group(labels, np.flatnonzero(chosen))
    total = sum(
        source.cost(shard, group, labels.rows[works].tolist())
        for (shard, group), works in by_group.items()
    )
    return Reading(
        int(chosen.sum()), len(by_group), len({shard for shard, _ in by_group}), int(total)
    )


def _by_group(
    labels: Labels, works: npt.NDArray[np.int64]
) -> dict[tuple[int, int], npt.NDArray[np.int64]]:
    """Deal works, by index, to the (shard, row group) that holds them, in order."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for work in works.tolist():
        found[int(labels.shards[work]), int(labels.groups[work])].append(work)
    return {key: np.array(value) for key, value in found.items()}


def _job(source: Source, labels: Labels, out: Path, selection: Selection, size: int | None) -> _Job:
    chosen = _choose(labels, selection)
    shards = np.unique(labels.shards[chosen]).tolist()
    names = {
        shard: f"train-{number:05d}-of-{len(shards):05d}.parquet"
        for number, shard in enumerate(shards)
    }
    said = {
        "format": FORMAT,
        "source": source.about,
        "selection": selection.as_dict(),
        "size": size,
        "class_names": {task: list(each) for task, each in labels.class_names.items()},
        "chosen": int(chosen.sum()),
        "shards": list(names.values()),
    }
    return _Job(out, chosen, said, names)


def _open_job(job: _Job) -> None:
    """Make the folder, or check that what it holds is the same work, finished or not."""
    with writing(job.out):
        (job.out / "data").mkdir(parents=True, exist_ok=True)
        sweep(job.out)
        sweep(job.out / "data")
    for name in (SETTINGS, PENDING):
        if (job.out / name).is_file():
            _check_same(job, job.out / name)
            return
    strange = [path.name for path in job.out.iterdir() if path.name != "data"]
    strange += [path.name for path in (job.out / "data").iterdir()]
    if strange:
        raise holds_other(job.out, strange)
    with writing(job.out):
        write_text(job.out / PENDING, _as_json(job.said))


def _check_same(job: _Job, path: Path) -> None:
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise BadFolder(f"{path} is damaged; choose a new folder") from None
    differing = [key for key, value in job.said.items() if there.get(key) != value]
    pinned = there.get("source", {}).get("revision")
    if differing == ["source"] and pinned:
        raise BadFolder(
            f"{job.out} was begun at another revision of the data set; "
            f"to go on with it, add @{pinned} to the source"
        )
    if differing:
        raise BadFolder(
            f"{job.out} holds another collection (its {', '.join(differing)} differ); "
            "choose a new folder"
        )


def _missing(jobs: Sequence[_Job], labels: Labels) -> npt.NDArray[np.bool_]:
    """Return the works that some job still lacks."""
    missing = np.zeros(len(labels), np.bool_)
    for job in jobs:
        todo = [shard for shard in job.names if not _shard_path(job, shard).is_file()]
        missing |= job.chosen & np.isin(labels.shards, todo)
    return missing


def _shard_path(job: _Job, shard: int) -> Path:
    return job.out / "data" / job.names[shard]


def _fill(
    source: Source,
    labels: Labels,
    jobs: Sequence[_Job],
    *,
    size: int | None,
    workers: int,
    max_bad: float,
    progress: Progress,
) -> None:
    """Write the missing shards, one source shard after another, each row group read once."""
    missing = np.flatnonzero(_missing(jobs, labels))
    made = _made(source, labels, missing, size, workers)
    counts = np.bincount(labels.shards[missing], minlength=len(source.shards)).tolist()
    done = 0
    for shard in np.flatnonzero(counts).tolist():
        todo = [job for job in jobs if shard in job.names]
        todo = [job for job in todo if not _shard_path(job, shard).is_file()]
        with ExitStack() as stack:
            writers = [
                stack.enter_context(
                    writing_shard(job.out, _shard_path(job, shard), source.shards[shard], labels)
                )
                for job in todo
            ]
            for one in islice(made, counts[shard]):
                for job, writer in zip(todo, writers, strict=True):
                    if job.chosen[one.work]:
                        writer.add(one)
                done += 1
                progress.step("ingest", done, len(missing), "works")
        for job in todo:
            _check_bad(job, max_bad)


def _made(
    source: Source,
    labels: Labels,
    works: npt.NDArray[np.int64],
    size: int | None,
    workers: int,
) -> Iterator[Made]:
    """Read and decode works in order: two row groups at a time, images on all workers."""
    by_group = _by_group(labels, works)

    def read(key: tuple[int, int]) -> list[tuple[int, Raw]]:
        there = by_group[key]
        raws = source.images(*key, labels.rows[there].tolist())
        return list(zip(there.tolist(), raws, strict=True))

    groups = ordered_map(read, by_group, workers=2, ahead=2)
    pairs = (pair for group in groups for pair in group)
    return ordered_map(lambda pair: make(*pair, size), pairs, workers=workers, ahead=4 * workers)


def _check_bad(job: _Job, max_bad: float) -> None:
    bad = _quarantined(job)
    if len(bad) <= max_bad * job.said["chosen"]:
        return
    _write_quarantine(job, bad)
    raise UserError(
        f"{len(bad)} of {job.said['chosen']} works cannot be used, more than the "
        f"{max_bad:.0%} allowed (--max-bad); see {job.out / QUARANTINE}. "
        f"First: {bad[0]['shard'] or bad[0]['path']}, row {bad[0]['row']}: {bad[0]['reason']}"
    )


def _quarantined(job: _Job) -> list[dict[str, Any]]:
    paths = (_shard_path(job, shard) for shard in job.names)
    return [bad for path in paths if path.is_file() for bad in quarantined(path)]


def _write_quarantine(job: _Job, bad: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["shard", "row", "path", "reason"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(bad)
    with writing(job.out):
        write_text(job.out / QUARANTINE, text.getvalue())


def _close_job(job: _Job, max_bad: float) -> Collection:
    """Write what makes the folder a collection; `collection.json` last."""
    if not (job.out / SETTINGS).is_file():
        _check_bad(job, max_bad)
        bad = _quarantined(job)
        _write_quarantine(job, bad)
        said = job.said | {"works": job.said["chosen"] - len(bad), "quarantined": len(bad)}
        with writing(job.out):
            write_text(job.out / "README.md", card.text(said))
            write_text(job.out / SETTINGS, _as_json(said))
    (job.out / PENDING).unlink(missing_ok=True)
    return open_collection(job.out)


def _as_json(said: dict[str, Any]) -> str:
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"
