"""Neighbours: the known works that are closest to one, by the backbone's features.

Distances are measured before the head, so that they are an opinion of their own: in the head's
hidden layer nearly all neighbours are of the class that the head predicts anyway.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.evidence.known import Features, Known

SAME = 1e-4
"""Cosine distance below which a work is taken for an exact copy: the same pixels, forwarded in
another batch."""


@dataclass(frozen=True)
class Neighbour:
    """A known work that is close.

    Attributes:
        id: Its work id.
        place: Its shard and row in the collection.
        label: Its class, an index into the class names.
        distance: Cosine distance of standardised features: 0 is the same, 1 has nothing in
            common, 2 is the opposite.
    """

    id: str
    place: tuple[int, int]
    label: int
    distance: float


def neighbours_of(
    known: Known,
    features: Features,
    count: int = 5,
    *,
    without: Collection[str] = (),
    copies: bool = True,
) -> tuple[Neighbour, ...]:
    """Return the known works that are closest, the closest first.

    Args:
        known: The works.
        features: (d,) of the work asked about.
        count: How many; fewer where there are no more.
        without: Work ids to leave out, such as its own.
        copies: Whether exact copies of the work may be among them; see `SAME`.

    Raises:
        ValueError: If the features are of another width.
    """
    if not len(known) or count < 1:
        return ()
    if features.shape != known.features.shape[1:]:
        raise ValueError(f"features are {features.shape}, known ones {known.features.shape[1:]}")
    distances = 1 - known.directions @ known.direction(features[None])[0]
    out = np.isin(known.ids, list(without)) if without else np.zeros(len(known), bool)
    if not copies:
        out |= distances < SAME
    order = np.argsort(np.where(out, np.inf, distances), kind="stable")
    return tuple(_neighbour(known, work, distances) for work in order[: min(count, (~out).sum())])


def _neighbour(known: Known, work: int, distances: npt.NDArray[np.float32]) -> Neighbour:
    place = int(known.shards[work]), int(known.rows[work])
    distance = max(0.0, float(distances[work]))
    return Neighbour(str(known.ids[work]), place, int(known.labels[work]), distance)


def same_label(neighbours: Collection[Neighbour], label: int) -> int:
    """Return how many of the neighbours are of a class."""
    return sum(neighbour.label == label for neighbour in neighbours)
