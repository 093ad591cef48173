"""One collection that is being written: its plan, what it lacks, and how it ends."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from morelli.data.aside import sweep, write_text
from morelli.data.collection import QUARANTINE, Collection, open_collection
from morelli.data.plan import FORMAT, SETTINGS, Outcome, Plan, write_contents
from morelli.data.records import read_record, write_record
from morelli.data.selection import Selection
from morelli.data.shards import Unusable, quarantined
from morelli.data.sources.reading import chosen_works
from morelli.data.sources.source import Labels, Source
from morelli.errors import BadFolder, UserError, holds_other, writing

PENDING = "ingest.json"
"""The plan of a collection that is not finished."""


@dataclass(frozen=True)
class Job:
    """One collection to write.

    Attributes:
        folder: Where it goes.
        chosen: (n,) which works of the source are chosen.
        plan: What its settings file will say.
        names: For the index of each shard of the source that holds chosen works, the file's name.
    """

    folder: Path
    chosen: npt.NDArray[np.bool_]
    plan: Plan
    names: dict[int, str]

    def path(self, shard: int) -> Path:
        """Return the file of a shard, by its index in the source."""
        return self.folder / "data" / self.names[shard]

    def lacks(self, shard: int) -> bool:
        """Whether a shard of the source holds chosen works and its file is not there."""
        return shard in self.names and not self.path(shard).is_file()


def job_of(
    source: Source, labels: Labels, folder: Path, selection: Selection, size: int | None
) -> Job:
    """Plan a collection of chosen works.

    Raises:
        UserError: If the selection cannot be used.
    """
    chosen = chosen_works(labels, selection)
    shards = np.unique(labels.shards[chosen]).tolist()
    names = {
        shard: f"train-{number:05d}-of-{len(shards):05d}.parquet"
        for number, shard in enumerate(shards)
    }
    plan = Plan(
        format=FORMAT,
        source=source.about,
        selection=selection,
        size=size,
        class_names=labels.class_names,
        chosen=int(chosen.sum()),
        shards=tuple(names.values()),
    )
    return Job(folder, chosen, plan, names)


def open_job(job: Job) -> None:
    """Make the folder, or check that what it holds is the same work, finished or not.

    Raises:
        BadFolder: If it holds something else, or cannot be written.
    """
    with writing(job.folder):
        (job.folder / "data").mkdir(parents=True, exist_ok=True)
        sweep(job.folder)
        sweep(job.folder / "data")
    for name in (SETTINGS, PENDING):
        if (job.folder / name).is_file():
            _check_same(job, job.folder / name)
            return
    strange = [path.name for path in job.folder.iterdir() if path.name != "data"]
    strange += [path.name for path in (job.folder / "data").iterdir()]
    if strange:
        raise holds_other(job.folder, strange)
    with writing(job.folder):
        write_record(job.folder / PENDING, job.plan)


def _check_same(job: Job, path: Path) -> None:
    try:
        plan = read_record(path, Plan)
    except BadFolder:
        raise BadFolder(f"{path} is damaged; choose a new folder") from None
    names = [field.name for field in fields(Plan)]
    differing = [name for name in names if getattr(plan, name) != getattr(job.plan, name)]
    pinned = plan.source.get("revision")
    if differing == ["source"] and pinned:
        raise BadFolder(
            f"{job.folder} was begun at another revision of the data set; "
            f"to go on with it, add @{pinned} to the source"
        )
    if differing:
        raise BadFolder(
            f"{job.folder} holds another collection (its {', '.join(differing)} differ); "
            "choose a new folder"
        )


def missing_works(jobs: Sequence[Job], labels: Labels) -> npt.NDArray[np.bool_]:
    """Return which works some job still lacks, (n,)."""
    missing = np.zeros(len(labels), np.bool_)
    for job in jobs:
        shards = [shard for shard in job.names if job.lacks(shard)]
        missing |= job.chosen & np.isin(labels.shards, shards)
    return missing


def check_unusable(job: Job, max_bad: float) -> None:
    """Refuse to go on with more unusable works than are allowed.

    Raises:
        UserError: It names the first one; all are in the quarantine's file.
    """
    unusable = _unusable(job)
    if len(unusable) <= max_bad * job.plan.chosen:
        return
    _write_quarantine(job, unusable)
    first = unusable[0]
    raise UserError(
        f"{len(unusable)} of {job.plan.chosen} works cannot be used, more than the "
        f"{max_bad:.0%} allowed (--max-bad); see {job.folder / QUARANTINE}. "
        f"First: {first.shard or first.path}, row {first.row}: {first.reason}"
    )


def close_job(job: Job, max_bad: float) -> Collection:
    """Write what makes the folder a collection, if that is not there.

    Raises:
        UserError: If more works are unusable than are allowed, or the folder cannot be written.
    """
    if not (job.folder / SETTINGS).is_file():
        check_unusable(job, max_bad)
        unusable = _unusable(job)
        _write_quarantine(job, unusable)
        outcome = Outcome(job.plan.chosen - len(unusable), len(unusable))
        write_contents(job.folder, job.plan, outcome)
    (job.folder / PENDING).unlink(missing_ok=True)
    return open_collection(job.folder)


def _unusable(job: Job) -> list[Unusable]:
    paths = (job.path(shard) for shard in job.names)
    return [work for path in paths if path.is_file() for work in quarantined(path)]


def _write_quarantine(job: Job, unusable: Sequence[Unusable]) -> None:
    text = io.StringIO()
    columns = [field.name for field in fields(Unusable)]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, unusable))
    with writing(job.folder):
        write_text(job.folder / QUARANTINE, text.getvalue())
