"""Which works must stay on one side of a grouped split: copies of one work, and series.

They are looked for by one network whatever the recipe's, so that all networks are compared on the
same split.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from morelli._version import __version__
from morelli.audit.checks.copies import NEAR, Copies, clusters, find_copies
from morelli.audit.checks.labels import known_labels
from morelli.audit.checks.series import THRESHOLDS, Series, groups, title_series, visual_series
from morelli.audit.checks.small_pictures import Small, small_pictures
from morelli.audit.checks.titles import titles_of
from morelli.data.collection import Collection
from morelli.data.works import Works
from morelli.errors import BadWeights
from morelli.features.cache import (
    cache_folder,
    key_of,
    open_cache,
    read_arrays,
    write_arrays,
)
from morelli.features.joined import joined_features, load_joined
from morelli.features.weights import RANDOM
from morelli.machine import HERE, Machine

NETWORK = "mobilenet_v2"
"""Whose features say what looks alike; the thresholds of series were chosen for it."""

Features = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Looks:
    """What is known of the works of a collection by looking at them, in its order.

    Attributes:
        copies: The copies of one work among them.
        features: (n, d) features of `NETWORK`; None where its weights are random.
    """

    copies: Copies
    features: Features | None


def looks_of(
    collection: Collection,
    weights: str,
    *,
    number_format: str = "auto",
    machine: Machine = HERE,
) -> Looks:
    """Look at all works of a collection.

    Args:
        collection: The works.
        weights: Of `NETWORK`, as a recipe has them. With random weights copies are sought by their
            small pictures alone, and no features are had.
        number_format: Of the features.
        machine: Its cache keeps features and pictures.

    Raises:
        UserError: If the weights cannot be had; it says that a grouped split needs them.
    """
    try:
        using = load_joined(
            NETWORK, weights or None, number_format=number_format, workers=machine.workers
        )
    except BadWeights as error:
        raise BadWeights(f"to find copies and series {NETWORK} is needed, and {error}") from None
    features = None
    if using.origin != RANDOM:
        every = joined_features(collection, using, machine=machine)
        features = np.concatenate(every)
    small = small_pictures(collection, replace(machine, workers=using.workers))
    return Looks(_copies(small, features, machine), features)


def _copies(small: Small, features: Features | None, machine: Machine) -> Copies:
    """Return the copies among works, from the cache if it has them."""
    digest = hashlib.sha256(small.pictures.tobytes())
    digest.update(small.digests.tobytes())
    digest.update(b"" if features is None else np.ascontiguousarray(features).tobytes())
    parts = {"works": digest.hexdigest(), "least": NEAR, "morelli": __version__}
    folder, key = open_cache(cache_folder(machine.cache), "copies"), key_of(parts)
    kept = read_arrays(folder, key, ("pairs", "exact", "scores"))
    if kept is not None:
        return Copies(len(small), **kept)
    copies = find_copies(small, features, progress=machine.progress)
    arrays = {"pairs": copies.pairs, "exact": copies.exact, "scores": copies.scores}
    write_arrays(folder, key, arrays)
    return copies


def grouped(collection: Collection, works: Works, looks: Looks, series: str) -> Works:
    """Return works whose groups hold copies and series together, and what their groups held.

    Args:
        collection: Theirs.
        works: Some of its works.
        looks: What is known of all of them.
        series: How alike works of one series are: a name in `THRESHOLDS`.
    """
    known = known_labels(collection).get("artist", np.full(collection.works, -1))
    artists = known.tolist()
    titled = title_series(titles_of(collection, artists), artists)
    together: list[Sequence[Sequence[int] | Ints]] = [clusters(looks.copies), _members(titled)]
    if looks.features is not None:
        together.append(_members(visual_series(looks.features, artists, THRESHOLDS[series])))
    places = collection.starts[works.shards] + works.rows
    together.append([places[works.groups == name] for name in np.unique(works.groups) if name])
    numbers = groups(collection.works, *together)[places]
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    names = np.where(counts[inverse] > 1, numbers.astype(np.str_), "")
    return replace(works, groups=names)


def _members(series: Sequence[Series]) -> list[tuple[int, ...]]:
    return [one.works for one in series]
