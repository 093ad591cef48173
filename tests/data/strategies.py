"""Hypothesis strategies for these tests: works to split, class sizes, totals."""

import numpy as np
from hypothesis import strategies as st

from morelli.data.splits import Counts
from morelli.data.works import Works


def works_of(
    labels: list[int], ids: list[str] | None = None, groups: list[str] | None = None
) -> Works:
    """Works with these labels; ids and groups are all different where none are given."""
    count = len(labels)
    names = tuple(f"artist {number:03d}" for number in range(max(labels, default=-1) + 1))
    return Works(
        ids=np.array(ids or [f"work {number}" for number in range(count)], np.str_),
        labels=np.array(labels, np.int64),
        class_names=names,
        shards=np.zeros(count, np.int64),
        rows=np.arange(count),
        groups=np.array(groups or [""] * count, np.str_),
    )


def labels_of(sizes: list[int]) -> list[int]:
    """Labels of classes with these numbers of works."""
    return [label for label, size in enumerate(sizes) for _ in range(size)]


class_sizes = st.lists(st.integers(3, 40), min_size=2, max_size=8)
"""Numbers of works of two classes or more."""


@st.composite
def plain_works(draw: st.DrawFn) -> Works:
    """Works without copies or groups."""
    return works_of(labels_of(draw(class_sizes)))


@st.composite
def grouped_works(draw: st.DrawFn) -> Works:
    """Works of which some have equal ids and some equal groups, also across classes."""
    labels = labels_of(draw(st.lists(st.integers(3, 15), min_size=2, max_size=5)))
    count = len(labels)
    numbers = draw(st.lists(st.integers(0, 2 * count), min_size=count, max_size=count))
    groups = draw(st.lists(st.sampled_from(["", "", "", "a", "b"]), min_size=count, max_size=count))
    return works_of(labels, [f"work {number}" for number in numbers], groups)


@st.composite
def works_and_counts(draw: st.DrawFn) -> tuple[Works, Counts]:
    """Works, and totals that they can fill."""
    works = draw(plain_works())
    train = draw(st.integers(1, len(works) - 2))
    val = draw(st.integers(1, len(works) - train - 1))
    return works, Counts(train, val, draw(st.integers(1, len(works) - train - val)))


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, list[int], list[int], list[int]]:
    """A total, weights, and lower and upper bounds that the total can honour."""
    count = draw(st.integers(1, 8))
    lists = st.lists(st.integers(0, 20), min_size=count, max_size=count)
    lower, more = draw(lists), draw(lists)
    upper = [low + extra for low, extra in zip(lower, more, strict=True)]
    weights = draw(st.lists(st.integers(1, 1000), min_size=count, max_size=count))
    return draw(st.integers(sum(lower), sum(upper))), weights, lower, upper
