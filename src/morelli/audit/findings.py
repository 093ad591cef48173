"""What an audit finds: every check asked in turn, before anything is written down."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.audit.checks.copies import clusters
from morelli.audit.checks.labels import Conflict, LabelIssues, conflicts, known_labels, label_issues
from morelli.audit.checks.quality import Quality, quality
from morelli.audit.checks.series import Series, groups, title_series, visual_series
from morelli.audit.checks.shortcuts import Shortcuts, shortcuts
from morelli.audit.checks.sources import Coincidence, coincide
from morelli.audit.checks.titles import TITLE, titles_of
from morelli.audit.checks.traits import source_traits
from morelli.audit.groups import Looks, looks_of
from morelli.data.collection import Collection
from morelli.data.columns import OWN_COLUMNS
from morelli.data.tasks import TASKS, check_task
from morelli.errors import UserError
from morelli.machine import HERE, Machine
from morelli.progress import Progress

Ints = npt.NDArray[np.int64]

MOST_SOURCES = 1_000
"""A column of more different values names no source."""

SOURCE_SHARD = "source_shard"


@dataclass(frozen=True)
class Findings:
    """What was found in a collection; works are indices in the order of its table.

    Attributes:
        collection: The works.
        task: The label column that was audited.
        labels: (n,) labels of the task, indices into the collection's class names, -1 where there
            is none or one that means "not known".
        artists: (n,) artists, likewise; -1 throughout without such a column.
        looks: Copies of one work, and features unless the network's weights are random.
        clusters: The copies of each work.
        conflicts: Clusters under several class names, of any label column.
        doubtful: What the features say of the labels; None without features.
        titles: (n,) titles, None where there is none.
        titled: Series by title.
        visual: Series by features; None without features.
        shortcuts: How well traits of files predict the class; None with fewer than two classes.
        sources: For each column that may name the source, how well it predicts the class.
        quality: Class sizes, and images that say little.
        seconds: What each part took.
    """

    collection: Collection
    task: str
    labels: Ints
    artists: Ints
    looks: Looks
    clusters: tuple[Ints, ...]
    conflicts: tuple[Conflict, ...]
    doubtful: LabelIssues | None
    titles: tuple[str | None, ...]
    titled: tuple[Series, ...]
    visual: tuple[Series, ...] | None
    shortcuts: Shortcuts | None
    sources: tuple[Coincidence, ...]
    quality: Quality
    seconds: dict[str, float]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes of the task, by label."""
        return self.collection.class_names[self.task]


def find(
    collection: Collection,
    task: str | None = None,
    *,
    weights: str = "",
    number_format: str = "auto",
    machine: Machine = HERE,
) -> Findings:
    """Look at all works of a collection; the arguments are those of `audit`."""
    task, seconds = _task(collection, task), dict[str, float]()
    with _timed(seconds, "copies"):
        looks = looks_of(
            collection,
            weights,
            number_format=number_format,
            machine=machine,
        )
    return _judged(collection, task, looks, seconds, machine.progress)


def _judged(
    collection: Collection,
    task: str,
    looks: Looks,
    seconds: dict[str, float],
    progress: Progress,
) -> Findings:
    """Return what follows from labels, titles, files and looks; note what each part took."""
    known, copied, seen = known_labels(collection), tuple(clusters(looks.copies)), looks.features
    labels, artists = known[task], known.get("artist", np.full(collection.works, -1))
    # A copy must not vouch for its copy, neither for its label nor for its file.
    apart = groups(collection.works, copied)
    with _timed(seconds, "labels"):
        doubtful = None if seen is None else label_issues(seen, labels, apart)
    with _timed(seconds, "series"):
        titles = tuple(titles_of(collection, artists))
        visual = None if seen is None else visual_series(seen, artists)
    with _timed(seconds, "shortcuts"):
        short = shortcuts(source_traits(collection), labels, apart)
    with _timed(seconds, "quality"):
        looked = quality(collection, labels, progress)
    return Findings(
        collection=collection,
        task=task,
        labels=labels,
        artists=artists,
        looks=looks,
        clusters=copied,
        conflicts=conflicts(copied, known),
        doubtful=doubtful,
        titles=titles,
        titled=title_series(titles, artists),
        visual=visual,
        shortcuts=short,
        sources=_sources(collection, labels),
        quality=looked,
        seconds=seconds,
    )


def _task(collection: Collection, task: str | None) -> str:
    task = task or collection.task
    check_task(task)
    if task not in collection.class_names:
        raise UserError(
            f"{collection.folder} has no labels for {task!r}; "
            f"it has {', '.join(collection.class_names)}: choose one with --task"
        )
    return task


def _sources(collection: Collection, labels: Ints) -> tuple[Coincidence, ...]:
    """Ask each column of text that may name where works come from."""
    schema = pq.read_schema(collection.shard_path(0)) if collection.shards else pa.schema([])
    columns = [
        field.name
        for field in schema
        if pa.types.is_string(field.type) and field.name not in (*OWN_COLUMNS, *TASKS, TITLE)
    ]
    coincidences = []
    for column in [*columns, *([SOURCE_SHARD] if collection.shards else [])]:
        values = collection.table([column])[column].to_pylist()
        if len(set(values)) <= min(MOST_SOURCES, collection.works // 2):
            coincidences.append(coincide(labels, values, column))
    return tuple(one for one in coincidences if one is not None)


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - started, 1)
