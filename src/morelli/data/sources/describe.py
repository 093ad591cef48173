"""What a source holds and what a selection would read of it, from its labels alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from morelli.data.decoding import BadImage
from morelli.data.selection import Selection
from morelli.data.sources.open import open_source
from morelli.data.sources.reading import Reading, reading_of
from morelli.data.sources.source import Labels, Source
from morelli.data.stored import store
from morelli.data.works import class_counts
from morelli.markup import html_table
from morelli.progress import Progress


@dataclass(frozen=True)
class Description:
    """A source, described.

    Attributes:
        about: Kind, place, and for the Hub repository and pinned revision.
        works: Number of works.
        shards: Number of shards.
        columns: Names and types of its columns.
        counts: For each label column, the number of works of each class, most first.
        unlabelled: For each label column, the number of works without a label.
        example: The first work's labels and other values, and what its image is like; on the
            Hub, where images come only by the row group, the image is not read.
        reading: What the selection would read.
        selection: The selection.
    """

    about: dict[str, str]
    works: int
    shards: int
    columns: dict[str, str]
    counts: dict[str, dict[str, int]]
    unlabelled: dict[str, int]
    example: dict[str, str]
    reading: Reading
    selection: Selection

    def _repr_html_(self) -> str:
        task = self.selection.task
        rows = [
            (name, f"{count:,}", f"{count / self.works:.1%}")
            for name, count in self.counts[task].items()
        ]
        title = f"{self.works:,} works in {self.shards} shards"
        return html_table(title, (task, "works", "share"), rows)


def describe(
    source: str | Path | Source,
    selection: Selection | None = None,
    *,
    progress: Progress | None = None,
) -> Description:
    """Describe a source from its labels; of images, one at most is read.

    Args:
        source: What `open_source` takes, or a source.
        selection: Whose reading is worked out; by default all works with a known artist.
        progress: Hears how many shards' labels are read.

    Raises:
        UserError: If the source or the selection cannot be used.
    """
    selection = selection or Selection()
    if isinstance(source, str | Path):
        source = open_source(source, selection.task)
    labels = source.labels(progress)
    names = labels.class_names
    return Description(
        about=source.about,
        works=len(labels),
        shards=len(source.shards),
        columns=source.columns,
        counts={task: class_counts(own, names[task]) for task, own in labels.tasks.items()},
        unlabelled={task: int((own < 0).sum()) for task, own in labels.tasks.items()},
        example=_example(source, labels),
        reading=reading_of(source, labels, selection),
        selection=selection,
    )


def _example(source: Source, labels: Labels) -> dict[str, str]:
    if not len(labels):
        return {}
    example = {"image": _image(source, labels)}
    for task, numbers in labels.tasks.items():
        number = int(np.asarray(numbers)[0])
        example[task] = "none" if number < 0 else f"{number} ({labels.class_names[task][number]})"
    extra = labels.extra
    return example | {name: str(extra[name][0].as_py()) for name in extra.column_names}


def _image(source: Source, labels: Labels) -> str:
    shard, group, row = int(labels.shards[0]), int(labels.groups[0]), int(labels.rows[0])
    if "revision" in source.about:
        cost = source.cost(shard, group, [row]) / 1e6
        return f"not read (its row group is {cost:,.1f} MB)"
    (raw,) = source.images(shard, group, [row])
    if raw.data is None:
        return "cannot be read"
    try:
        traits = store(raw.data, None).traits
    except BadImage as error:
        return str(error)
    return f"{traits.format}, {traits.mode}, {traits.width} x {traits.height}"
