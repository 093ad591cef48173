"""Series: works of one artist that share a title's stem, or that look alike.

Two works of one series on both sides of a split make a classifier look better than it is. What
looks alike is measured by the cosine of the square roots of features (Hellinger's kernel;
Arandjelovic and Zisserman, "Three things everyone should know to improve object retrieval", 2012),
which needs no figures of the collection, so that a threshold means the same in each.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.audit.checks.titles import title_stem
from morelli.errors import UserError
from morelli.markup import counted

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

STRICT = 0.92
"""Mean similarity that leaves 1 in 10,000 chance pairs of an artist in one series."""

MIDDLE = 0.90
"""The same for 4 in 10,000."""

LOOSE = 0.88
"""The same for 14 in 10,000."""

THRESHOLDS = {"strict": STRICT, "middle": MIDDLE, "loose": LOOSE}
"""By name, for MobileNetV2; chosen on Pissarro's titles (`benchmarks/series.py`). The form of the
features and the linkage, which they rest on, were chosen on his and Sisley's."""

MOST = 12_000
"""Most works of one artist that are compared all with all: 0.6 GB of distances."""

_BLOCK = 1_024


@dataclass(frozen=True)
class Series:
    """Works of one artist that belong together.

    Attributes:
        artist: The artist's label.
        works: Indices of its works, ascending; two at least.
        stem: What their titles share; empty for a visual series.
        similarity: Mean similarity of its pairs, -1 to 1; None for a series by title.
    """

    artist: int
    works: tuple[int, ...]
    stem: str = ""
    similarity: float | None = None


def title_series(titles: Sequence[str | None], artists: Sequence[int] | Ints) -> tuple[Series, ...]:
    """Return the series of works whose titles have one stem, the largest first.

    Args:
        titles: (n,) titles, None where there is none, as `titles_of` has them.
        artists: (n,) labels of their artists; works with a negative one are in no series.
    """
    by_stem: dict[tuple[int, str], list[int]] = defaultdict(list)
    for work, (title, artist) in enumerate(zip(titles, artists, strict=True)):
        stem = title_stem(title)
        if stem is not None and artist >= 0:
            by_stem[int(artist), stem].append(work)
    return _largest_first(
        Series(artist, tuple(works), stem)
        for (artist, stem), works in by_stem.items()
        if len(works) > 1
    )


def visual_series(
    features: Floats, artists: Sequence[int] | Ints, threshold: float = MIDDLE
) -> tuple[Series, ...]:
    """Return the series of works of one artist that look alike, the largest first.

    By average linkage: series are joined while the mean similarity between their works is above
    the threshold, so that no chain of small steps swallows an artist. Copies are among them.

    Args:
        features: (n, d) of each work, as a backbone has them.
        artists: (n,) labels of their artists; works with a negative one are in no series.
        threshold: Least mean similarity, above 0; `THRESHOLDS` are for MobileNetV2.

    Raises:
        UserError: If more than `MOST` works of one artist hang together.
    """
    labels = np.asarray(artists, np.int64)
    series = []
    for artist in np.unique(labels[labels >= 0]).tolist():
        works = np.flatnonzero(labels == artist)
        roots = rooted(features[works])
        for members in _alike(roots, threshold):
            chosen = tuple(works[members].tolist())
            series.append(Series(artist, chosen, similarity=_mean_similarity(roots[members])))
    return _largest_first(series)


def rooted(features: Floats) -> Floats:
    """Return the square roots of features, signs kept, each work's of length 1.

    Args:
        features: (n, d).

    Returns:
        (n, d) float32; the product of two rows is their similarity. Features that are all 0 stay 0.
    """
    roots = np.sqrt(np.abs(features), dtype=np.float32) * np.sign(features)
    lengths = np.linalg.norm(roots, axis=1, keepdims=True)
    return np.asarray(roots / np.maximum(lengths, 1e-12), np.float32)


def groups(works: int, *clusters: Iterable[Sequence[int] | Ints]) -> Ints:
    """Return which works must stay on one side of a split.

    Args:
        works: Number of works.
        clusters: Lists of clusters or pairs (copies, series), each as indices of its works.
            Clusters that share a work become one group.

    Returns:
        (works,) numbers of groups, counted from 0 in the order of their first works; a work that
        is in no cluster is a group of its own.
    """
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for several in clusters:
        for cluster in several:
            members = np.asarray(cluster, np.int64)
            rows.append(members[:-1])
            columns.append(members[1:])
    return _components(works, np.concatenate(rows), np.concatenate(columns))


def _mean_similarity(roots: Floats) -> float:
    """Return the mean over pairs of two different rows."""
    works = len(roots)
    total = float(np.square(roots.sum(axis=0, dtype=np.float64)).sum())
    own = float(np.square(roots, dtype=np.float64).sum())
    return (total - own) / (works * (works - 1))


def _largest_first(series: Iterable[Series]) -> tuple[Series, ...]:
    return tuple(sorted(series, key=lambda one: (-len(one.works), one.works)))


def _components(works: int, rows: Ints, columns: Ints) -> Ints:
    """Return (works,) numbers of the connected parts of a graph, by their first works."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), (works, works))
    _, labels = connected_components(graph, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse], np.int64)


def _alike(roots: Floats, threshold: float) -> list[Ints]:
    """Return clusters of two works or more by average linkage.

    Where a mean reaches the threshold a pair does, so a cluster lies within one connected part of
    the graph of similar pairs: only within parts are works compared all with all.
    """
    parts = _parts(roots, threshold)
    order = np.argsort(parts, kind="stable")
    clusters = []
    for members in np.split(order, np.cumsum(np.bincount(parts))[:-1]):
        if len(members) > 1:
            clusters += _linked(roots, members, threshold)
    return clusters


def _parts(roots: Floats, threshold: float) -> Ints:
    """Return (n,) numbers of the connected parts at a threshold, a block of rows at a time."""
    works = len(roots)
    parts = np.arange(works)
    for start in range(0, works, _BLOCK):
        close = roots[start : start + _BLOCK] @ roots[start:].T >= threshold
        rows, columns = np.nonzero(close)
        _, first = np.unique(parts, return_index=True)
        ends = np.concatenate([start + columns, first[parts]])
        parts = _components(works, np.concatenate([start + rows, np.arange(works)]), ends)
    return parts


def _linked(roots: Floats, members: Ints, threshold: float) -> list[Ints]:
    """Return the clusters of two works or more among one part's."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(members) > MOST:
        raise UserError(
            f"{counted(len(members), 'work')} of one artist hang together at a similarity of "
            f"{threshold}; at most {MOST:,} can be compared: choose a higher threshold"
        )
    distances = 1 - roots[members] @ roots[members].T
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(np.maximum(distances, 0), checks=False), "average")
    numbers = fcluster(tree, 1 - threshold, "distance")
    clusters = [members[numbers == number] for number in range(1, numbers.max() + 1)]
    return [works for works in clusters if len(works) > 1]
