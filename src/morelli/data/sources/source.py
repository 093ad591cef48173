"""What every source of works answers: all labels at once, cheaply, then images by row group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from morelli.progress import Progress


@dataclass(frozen=True)
class Labels:
    """What is known of all works before any image is read.

    Attributes:
        shards: (n,) index of each work's shard in the source.
        rows: (n,) row of each work in its shard.
        groups: (n,) row group of each work in its shard.
        tasks: For each label column, (n,) indices into its class names, -1 where there is none.
        class_names: For each label column, its full list of class names.
        extra: (n rows) further columns, such as a title; may have no columns.
    """

    shards: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    tasks: dict[str, npt.NDArray[np.int64]]
    class_names: dict[str, tuple[str, ...]]
    extra: pa.Table

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Raw:
    """One image as the source has it; `data` is None where the file could not be read."""

    data: bytes | None
    path: str | None


class Source(Protocol):
    """A place that works come from."""

    @property
    def about(self) -> dict[str, str]:
        """What `collection.json` says of it: kind, place, repository and revision."""
        ...

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of its shards; empty names where it has none of its own."""
        ...

    @property
    def columns(self) -> dict[str, str]:
        """Its columns and their types."""
        ...

    def labels(self, progress: Progress | None = None) -> Labels:
        """Read the labels of all works, and nothing else.

        Args:
            progress: Hears how many shards are read.

        Raises:
            BadSource: It says which file, what it has and what is needed.
        """
        ...

    def images(self, shard: int, group: int, rows: Sequence[int]) -> list[Raw]:
        """Read the images of some rows of one row group; `rows` count within the shard."""
        ...

    def cost(self, shard: int, group: int, rows: Sequence[int]) -> int:
        """Return how many bytes must be read for these rows' images."""
        ...


def number_names(
    values: Sequence[str | None],
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Turn class names into indices of their sorted list; nothing and empty become -1."""
    names = tuple(sorted({value for value in values if value}))
    index = {name: number for number, name in enumerate(names)}
    return np.array([index[value] if value else -1 for value in values], np.int64), names
