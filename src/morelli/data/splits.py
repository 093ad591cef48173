"""Train, val and test: stratified by class, the same for the same works, groups never apart."""

import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.data.chance import seeded_hash
from morelli.data.works import Works
from morelli.errors import UserError
from morelli.markup import counted

SPLITS = ("train", "val", "test")
"""Their names; a work's split is an index into them."""

UNUSED = -1
"""The split of a work that no split takes, when fewer works are asked for than there are."""

FEWEST = 3
"""Classes with fewer works are left out: they cannot stand in all three splits."""


@dataclass(frozen=True)
class Counts:
    """How many works go to train, val and test."""

    train: int
    val: int
    test: int

    def __post_init__(self) -> None:
        if min(self.train, self.val, self.test) < 1:
            raise UserError(
                f"the split {self.train}/{self.val}/{self.test} leaves a side without works"
            )


def study_counts(works: int) -> Counts:
    """Return the study's 60/20/20: train and val round down, test takes the rest."""
    train, val = works * 6 // 10, works * 2 // 10
    return Counts(train, val, works - train - val)


def without_tiny_classes(works: Works) -> Works:
    """Leave out classes with fewer than three works, with a warning.

    Raises:
        UserError: If fewer than two classes remain.
    """
    counts = np.bincount(works.labels, minlength=len(works.class_names))
    tiny = [name for name, n in zip(works.class_names, counts, strict=True) if n < FEWEST]
    if tiny:
        more = f" and {len(tiny) - 5} more" if len(tiny) > 5 else ""
        warnings.warn(
            f"left out, with fewer than {FEWEST} works: {counted(len(tiny), 'class', 'classes')}, "
            f"{', '.join(tiny[:5])}{more}",
            stacklevel=2,
        )
        works = works.take(counts[works.labels] >= FEWEST)
    if len(works.class_names) < 2:
        kept = counts[counts >= FEWEST]
        names = ", ".join(f"{name} ({n})" for name, n in zip(works.class_names, kept, strict=True))
        raise UserError(
            f"two classes with {FEWEST} works or more are needed to tell apart; "
            f"there is {names or 'none'}"
        )
    return works


def split(works: Works, seed: int = 0, counts: Counts | None = None) -> npt.NDArray[np.int64]:
    """Deal works out to train, val and test.

    The totals are exact wherever groups allow it. They are shared out to classes by largest
    remainder, with a work at least of each class on each side where that is possible. Works with
    equal id or an equal, non-empty group value stay together.

    Args:
        works: The works; their order does not matter.
        seed: Draws the order within each class.
        counts: Totals; by default the study's 60/20/20.

    Returns:
        (n,) indices into `SPLITS`, or `UNUSED`.

    Raises:
        UserError: If more works are asked for than there are.
    """
    counts = counts or study_counts(len(works))
    totals = (counts.train, counts.val, counts.test)
    if sum(totals) > len(works):
        raise UserError(
            f"a split of {'/'.join(map(str, totals))} needs {sum(totals):,} works; "
            f"there are {len(works):,}"
        )
    quotas = _quotas(np.bincount(works.labels, minlength=len(works.class_names)), totals)
    sides = np.full(len(works), UNUSED, np.int64)
    order = sorted(
        (-len(members), seeded_hash(seed, min(works.ids[members])), members)
        for members in _components(works)
    )
    together = [(key, members) for _, key, members in order if len(members) > 1]
    _deal_groups(together, works, quotas, sides, share=sum(totals) / len(works))
    singles = [members[0] for _, _, members in order if len(members) == 1]
    _deal_singles(singles, works, quotas, sides)
    return sides


def _deal_groups(
    groups: Sequence[tuple[str, list[int]]],
    works: Works,
    quotas: npt.NDArray[np.int64],
    sides: npt.NDArray[np.int64],
    *,
    share: float,
) -> None:
    """Write the sides of works that stay together, and take them off the quotas.

    Of them as large a share is used as of single ones.
    """
    for key, members in groups:
        if _drawn(key[::-1]) < share:
            side = _side_for(works.labels[members], quotas, key)
            sides[members] = side
            np.subtract.at(quotas[:, side], works.labels[members], 1)


def _deal_singles(
    singles: Sequence[int],
    works: Works,
    quotas: npt.NDArray[np.int64],
    sides: npt.NDArray[np.int64],
) -> None:
    """Write the sides of works that stand alone, in their order, class by class."""
    by_label: dict[int, list[int]] = defaultdict(list)
    for work in singles:
        by_label[int(works.labels[work])].append(work)
    for label, members in by_label.items():
        dealt = _dealt(quotas[label], len(members))
        sides[members[: len(dealt)]] = dealt


def _quotas(sizes: npt.NDArray[np.int64], totals: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return (classes, 3) numbers of works for each class and split."""
    used = largest_remainder(sum(totals), sizes, np.minimum(sizes, FEWEST), sizes)
    val = _side_quotas(totals[1], used, left=used, later=2)
    test = _side_quotas(totals[2], used, left=used - val, later=1)
    return np.stack([used - val - test, val, test], axis=1)


def _side_quotas(
    total: int, used: npt.NDArray[np.int64], *, left: npt.NDArray[np.int64], later: int
) -> npt.NDArray[np.int64]:
    """Share one side's total out to classes, sparing `later` works of each where that fits."""
    room = np.maximum(left - later, 0)
    if room.sum() < total:
        room = left
    return largest_remainder(total, used, np.minimum(room, 1), room)


def largest_remainder(
    total: int,
    weights: npt.NDArray[np.int64],
    lower: npt.NDArray[np.int64],
    upper: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Share a total out in proportion to weights, in whole numbers (Hamilton's method).

    Args:
        total: What is shared out.
        weights: (n,) positive weights.
        lower: (n,) least shares; dropped where the total cannot honour them all.
        upper: (n,) largest shares; exceeded only where the total cannot fit.

    Returns:
        (n,) shares, of which the sum is `total`.
    """
    if lower.sum() > total:
        lower = np.zeros_like(lower)
    if upper.sum() < total:
        upper = np.asarray(weights)
    quota = total * weights / weights.sum()
    shares: npt.NDArray[np.int64] = np.clip(
        np.floor(quota).astype(np.int64), lower, np.maximum(lower, upper)
    )
    while shares.sum() < total:
        room = np.where(shares < upper, quota - shares, -np.inf)
        shares[int(np.argmax(room))] += 1
    while shares.sum() > total:
        room = np.where(shares > lower, quota - shares, np.inf)
        shares[int(np.argmin(room))] -= 1
    return shares


def _components(works: Works) -> list[list[int]]:
    """Return the sets of works that must stay together, by equal id or group value."""
    parent = list(range(len(works)))

    def root(work: int) -> int:
        while parent[work] != work:
            parent[work] = parent[parent[work]]
            work = parent[work]
        return work

    first: dict[tuple[str, str], int] = {}
    for work, (identity, group) in enumerate(zip(works.ids, works.groups, strict=True)):
        for key in (("id", str(identity)), ("group", str(group))):
            if key[1]:
                parent[root(work)] = root(first.setdefault(key, work))
    members: dict[int, list[int]] = defaultdict(list)
    for work in range(len(works)):
        members[root(work)].append(work)
    return list(members.values())


def _side_for(labels: npt.NDArray[np.int64], quotas: npt.NDArray[np.int64], key: str) -> int:
    """Choose a side for works that stay together: by chance, weighted by the room that is left."""
    classes, counts = np.unique(labels, return_counts=True)
    left = quotas[classes]
    fits = (left >= counts[:, None]).all(axis=0)
    room = np.clip(left, 0, None).sum(axis=0).astype(np.float64)
    if fits.any():
        room = np.where(fits, room, 0.0)
    if not room.sum():
        room = np.clip(quotas.sum(axis=0), 0, None) + 1e-9
    drawn = _drawn(key) * room.sum()
    return int(np.searchsorted(np.cumsum(room), drawn, side="right").clip(0, len(SPLITS) - 1))


def _drawn(key: str) -> float:
    """Return a number from 0 to 1, drawn by a hash."""
    return int(key[:12], 16) / 16**12


def _dealt(quota: npt.NDArray[np.int64], works: int) -> npt.NDArray[np.int64]:
    """Return the sides of a class's single works: val, then test, then train, as quotas allow."""
    left = np.clip(quota, 0, None)
    return np.repeat([1, 2, 0], left[[1, 2, 0]])[:works]
