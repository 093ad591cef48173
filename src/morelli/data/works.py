"""The works of a collection that have a label for one task, and their classes."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt


def class_counts(labels: npt.NDArray[np.int64], names: tuple[str, ...]) -> dict[str, int]:
    """Return the number of works of each class that has any, most first, ties by name.

    Args:
        labels: (n,) indices into `names`; -1 where there is no label.
        names: All class names.
    """
    counts = np.bincount(labels[labels >= 0], minlength=len(names)).tolist()
    pairs = [(name, count) for name, count in zip(names, counts, strict=True) if count]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True)
class Works:
    """The works of a collection that are labelled for one task, in shard order.

    Attributes:
        ids: (n,) work ids; equal where the source's bytes are equal.
        labels: (n,) indices into `class_names`.
        class_names: Names of the classes that have works, sorted.
        shards: (n,) index of each work's shard in the collection.
        rows: (n,) row of each work in its shard.
        groups: (n,) value of the group column, empty where there is none.
    """

    ids: npt.NDArray[np.str_]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    shards: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    groups: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Works":
        """Return the chosen works, by mask or indices, with labels for the classes that remain."""
        kept = np.unique(self.labels[chosen])
        return Works(
            self.ids[chosen],
            np.searchsorted(kept, self.labels[chosen]),
            tuple(self.class_names[label] for label in kept),
            self.shards[chosen],
            self.rows[chosen],
            self.groups[chosen],
        )

    def by_name(self) -> "Works":
        """Return the same works with labels that follow the sorted class names."""
        order = np.argsort(np.array(self.class_names, np.str_), kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        names = tuple(self.class_names[index] for index in order)
        return replace(self, labels=rank[self.labels], class_names=names)
