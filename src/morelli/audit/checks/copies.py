"""Copies of one work in a collection: equal pixels, or another photograph of the same.

Likely pairs are each work's nearest by perceptual hash and by features. Each is then looked at:
its two small pictures are laid over one another and must agree in their texture. Features are no
witness against a pair, since a copy without colour can be far away in them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.audit.checks.registration import (
    Floats,
    Ints,
    correlation,
    crops,
    overlaid,
    register,
    shrunk,
    texture,
)
from morelli.audit.checks.small_pictures import Small, signs
from morelli.progress import Progress, Silent

NEAR = 0.75
"""Agreement of texture from which two works are copies. Among variants of 500 works it loses 2 in
1,000; among real works, versions that a painter made of one motif hardly come above 0.74."""

NEIGHBOURS = 10
"""Nearest works that are looked at, by hash and by features. Of 500 variants with all changes the
hash has 499 there; of 439 pairs of real works it has 435, and features add the others."""

DISTANCE = 22
"""Most bits of 64 in which hashes of likely pairs differ: the furthest of 3,500 variants; half the
bits of two strangers differ."""

ROUGH = 0.75
"""Least correlation at 16 pixels of a pair that is looked at closer; of 3,500 variants none was
below 0.80."""

CLOSER = 0.3
"""Least agreement of texture at 32 pixels before the fine search; of 3,500 variants none was below
0.5."""

_COARSE, _MIDDLE = 16, 32
"""Sides at which is searched, first roughly, then finely."""

_COARSE_STEP, _FINE_STEP = 0.02, 0.005
"""Steps of the crops, as shares of a side: about a third and a sixth of a pixel."""

_WIDTH = 2.0
"""Surroundings of texture in pixels: narrower than motifs, so that strokes decide."""

_MARGINS = (10, 16)
"""Pixels of 64 left out at each side where pictures are compared. White walls around paintings
agree with each other; both the inner two thirds and the inner half must agree."""

_MIDDLE_MARGIN = 4
"""The same at 32 pixels, before the fine search."""

_NUMBERS = 8_000_000
"""Numbers in the largest array at a time, which bounds memory."""

_PAIRS = 1_000
"""Pairs that are looked at together."""


@dataclass(frozen=True)
class Copies:
    """Pairs of works that show the same.

    Attributes:
        works: Number of works among which they were sought.
        pairs: (m, 2) places of works, the earlier one first, in order.
        exact: (m,) whether all pixels are equal. Of many equal works each stands with the first,
            which alone is compared with others.
        scores: (m,) agreement of texture up to 1, which equal works have.
    """

    works: int
    pairs: Ints
    exact: npt.NDArray[np.bool_]
    scores: Floats


def find_copies(
    small: Small,
    features: Floats | None = None,
    *,
    least: float = NEAR,
    progress: Progress | None = None,
) -> Copies:
    """Find the copies among works.

    Args:
        small: Their small pictures.
        features: (n, d) features of the same works; None does with hashes alone.
        least: Agreement of texture from which a pair counts. Between 0.5 and `NEAR` there are
            mostly versions of one motif.
        progress: Hears how far it is.

    Raises:
        ValueError: If the features are those of another number of works.
    """
    if features is not None and len(features) != len(small):
        raise ValueError(f"{len(features)} features for {len(small)} works")
    _, kept, group = np.unique(small.digests, return_index=True, return_inverse=True)
    first = kept[group]
    equal = np.flatnonzero(first != np.arange(len(small)))
    different = np.sort(kept)
    pairs = _likely(signs(small.hashes[different]), 64 - 2 * DISTANCE)
    if features is not None and len(different):
        pairs = np.concatenate([pairs, _likely(_directions(features[different]), -np.inf)])
    near = different[np.unique(pairs, axis=0)]
    near, scores = _looked_at(small.pictures, near, least, progress or Silent())
    joined = np.concatenate([np.stack([first[equal], equal], axis=1), near])
    exact = np.arange(len(joined)) < len(equal)
    scores = np.concatenate([np.ones(len(equal), np.float32), scores])
    order = np.lexsort(joined.T[::-1])
    return Copies(len(small), joined[order], exact[order], scores[order])


def clusters(copies: Copies) -> list[Ints]:
    """Return the works that copies join, each cluster ascending, in order of their first works."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = copies.pairs.T
    joined = coo_array((np.ones(len(one)), (one, other)), (copies.works, copies.works))
    _, labels = connected_components(joined, directed=False)
    order = np.argsort(labels, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return sorted((part for part in parts if len(part) > 1), key=lambda part: int(part[0]))


def _directions(features: Floats) -> Floats:
    """Return features seen from their mean, each of length 1."""
    seen = features - features.mean(axis=0)
    length = np.linalg.norm(seen, axis=1, keepdims=True)
    directions: Floats = seen / np.maximum(length, np.finfo(np.float32).tiny)
    return directions


def _likely(vectors: Floats, least: float) -> Ints:
    """Return pairs of each vector and its nearest, (m, 2), the earlier one first.

    Args:
        vectors: (n, d).
        least: Least product of a pair.
    """
    pairs = [np.zeros((0, 2), np.int64)]
    nearest = min(NEIGHBOURS, len(vectors) - 1)
    block = max(1, _NUMBERS // max(1, len(vectors)))
    for start in range(0, len(vectors) if nearest > 0 else 0, block):
        products = vectors[start : start + block] @ vectors.T
        own = np.arange(len(products))
        products[own, start + own] = -np.inf
        chosen = np.argpartition(products, -nearest, axis=1)[:, -nearest:]
        rows, columns = np.nonzero(np.take_along_axis(products, chosen, axis=1) >= least)
        pairs.append(np.stack([start + rows, chosen[rows, columns]], axis=1))
    return np.sort(np.concatenate(pairs), axis=1)


def _looked_at(
    pictures: npt.NDArray[np.uint8], pairs: Ints, least: float, progress: Progress
) -> tuple[Ints, Floats]:
    """Return those of some pairs whose pictures agree, and how well."""
    coarse = shrunk(pictures, _COARSE)
    kept, scores = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.float32)]
    for start in range(0, len(pairs), _PAIRS):
        chosen = pairs[start : start + _PAIRS]
        score = _agreement(pictures, coarse, chosen)
        kept.append(chosen[score >= least])
        scores.append(score[score >= least])
        progress.step("copies", start + len(chosen), len(pairs), "pairs")
    return np.concatenate(kept), np.concatenate(scores)


def _agreement(pictures: npt.NDArray[np.uint8], coarse: Floats, pairs: Ints) -> Floats:
    """Return how well pairs of pictures agree, (n,); 0 where a rougher look sets them apart."""
    scores = np.zeros(len(pairs), np.float32)
    among = crops(_COARSE, _COARSE_STEP)
    windows, rough = register(coarse[pairs[:, 0]], coarse[pairs[:, 1]], among, rounds=1)
    kept = np.flatnonzero(rough >= ROUGH)
    one, other = (texture(shrunk(pictures[works], _MIDDLE), _WIDTH) for works in pairs[kept].T)
    laid = overlaid(one, other, windows[kept], step=_COARSE_STEP)
    close = correlation(*laid, margin=_MIDDLE_MARGIN) >= CLOSER
    kept = kept[close]
    among = crops(_MIDDLE, _FINE_STEP)
    windows, _ = register(one[close], other[close], among, rounds=2)
    one, other = (texture(pictures[works], _WIDTH) for works in pairs[kept].T)
    laid = overlaid(one, other, windows, step=_FINE_STEP)
    scores[kept] = np.minimum(*(correlation(*laid, margin=margin) for margin in _MARGINS))
    return scores
