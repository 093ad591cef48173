"""What a selection would read of a source: known from the labels, before any image is read."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.data.selection import Selection
from morelli.data.sources.choice import choose
from morelli.data.sources.source import Labels, Source


@dataclass(frozen=True)
class Reading:
    """What must be read for some works.

    Attributes:
        works: Number of works.
        groups: Number of row groups that hold them.
        shards: Number of shards that hold them.
        bytes: Bytes of images that must be read or travel.
    """

    works: int
    groups: int
    shards: int
    bytes: int


def reading_of(source: Source, labels: Labels, selection: Selection) -> Reading:
    """Return what a selection would read of a source."""
    return reading_of_works(source, labels, chosen_works(labels, selection))


def chosen_works(labels: Labels, selection: Selection) -> npt.NDArray[np.bool_]:
    """Return which works of a source a selection keeps, (n,)."""
    keys = np.stack([labels.shards, labels.rows], axis=1)
    return choose(labels.tasks, labels.class_names, keys, selection)


def reading_of_works(source: Source, labels: Labels, chosen: npt.NDArray[np.bool_]) -> Reading:
    """Return what must be read for works of a source, given which, (n,)."""
    groups = by_group(labels, np.flatnonzero(chosen))
    total = sum(
        source.cost(shard, group, labels.rows[works].tolist())
        for (shard, group), works in groups.items()
    )
    return Reading(int(chosen.sum()), len(groups), len({shard for shard, _ in groups}), int(total))


def by_group(
    labels: Labels, works: npt.NDArray[np.int64]
) -> dict[tuple[int, int], npt.NDArray[np.int64]]:
    """Deal works, by index, to the (shard, row group) that holds them, in order."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for work in works.tolist():
        groups[int(labels.shards[work]), int(labels.groups[work])].append(work)
    return {key: np.array(members) for key, members in groups.items()}
