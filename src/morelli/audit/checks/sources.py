"""Where class and source coincide, so that a classifier may learn the source."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.evaluation.metrics import wilson_interval

Ints = npt.NDArray[np.int64]

RAISED = 0.05
"""How far above the majority's share the source's must be to warn of it."""

PURE = 0.9
"""Share of one class from which on a source counts as that class's own."""

_FEWEST = 5


@dataclass(frozen=True)
class Source:
    """A source whose works are nearly all of one class.

    Attributes:
        name: The column's value.
        works: Number of its works.
        label: Its commonest class.
        share: Share of that class among its works.
    """

    name: str
    works: int
    label: int
    share: float


@dataclass(frozen=True)
class Coincidence:
    """How well the source predicts the class.

    Attributes:
        column: The column.
        works: Works that have a label and a source.
        cramers_v: Association of class and source, 0 to 1, corrected for chance (Bergsma 2013,
            "A bias-correction for Cramer's V and Tschuprow's T").
        accuracy: Share of works of the commonest class of the other works of their source.
        interval: Its 95 % interval (Wilson 1927), (low, high).
        majority: Share of the commonest class.
        pure: Sources of one class alone or nearly so, the largest first.
        warning: What this means and what to do; empty where there is nothing to warn of.
    """

    column: str
    works: int
    cramers_v: float
    accuracy: float
    interval: tuple[float, float]
    majority: float
    pure: tuple[Source, ...]
    warning: str


def coincide(labels: Ints, sources: Sequence[str | None], column: str) -> Coincidence | None:
    """Return how far class and source coincide.

    Args:
        labels: (n,) labels; negative where there is none.
        sources: (n,) values of a column, None or empty where there is none.
        column: Its name, for the warning.

    Returns:
        None where fewer than two classes or two sources are known.
    """
    known = np.array([bool(source) for source in sources], bool) & (labels >= 0)
    named = [str(source) for source in np.array(sources)[known]]
    names, where = np.unique(named, return_inverse=True)
    classes, own = np.unique(labels[known], return_inverse=True)
    if len(names) < 2 or len(classes) < 2:
        return None
    table = np.zeros((len(names), len(classes)), np.int64)
    np.add.at(table, (where, own), 1)
    right, works = _correct(table), int(table.sum())
    interval, majority = wilson_interval(right, works), float(table.sum(axis=0).max() / works)
    return Coincidence(
        column=column,
        works=works,
        cramers_v=_cramers_v(table),
        accuracy=right / works,
        interval=interval,
        majority=majority,
        pure=_pure(table, names, classes),
        warning=_warning(column, right / works, interval, majority),
    )


def _pure(table: Ints, names: npt.NDArray[np.str_], classes: Ints) -> tuple[Source, ...]:
    """Return the sources of one class alone or nearly so, the largest first."""
    pure = [
        Source(str(names[row]), int(table[row].sum()), int(classes[table[row].argmax()]), share)
        for row, share in enumerate((table.max(axis=1) / table.sum(axis=1)).tolist())
        if share >= PURE and table[row].sum() >= _FEWEST
    ]
    return tuple(sorted(pure, key=lambda source: -source.works))


def _correct(table: Ints) -> int:
    """Count the works whose class is the commonest of their source's others; ties to the commoner.

    Args:
        table: (sources, classes) numbers of works.
    """
    # With the work itself taken out, its class must still be ahead of each other one; the classes'
    # own totals only break ties.
    total = table.sum(axis=0)
    tie = np.argsort(np.argsort(total, kind="stable")) / (len(total) + 1)
    right = 0
    for label in range(table.shape[1]):
        left = table + tie
        left[:, label] -= 1
        right += int(table[left.argmax(axis=1) == label, label].sum())
    return right


def _cramers_v(table: Ints) -> float:
    works, (rows, columns) = table.sum(), table.shape
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / works
    phi = float((np.square(table - expected) / expected).sum() / works)
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (works - 1))
    rows_left = rows - (rows - 1) ** 2 / (works - 1)
    columns_left = columns - (columns - 1) ** 2 / (works - 1)
    least = min(rows_left, columns_left) - 1
    return float(min(1.0, np.sqrt(phi / least))) if least > 0 else 0.0


def _warning(column: str, accuracy: float, interval: tuple[float, float], majority: float) -> str:
    if interval[0] <= majority + RAISED:
        return ""
    return (
        f"{column} alone predicts the class of {accuracy:.0%} of works ({interval[0]:.0%} to "
        f"{interval[1]:.0%}); always answering the commonest class gives {majority:.0%}. Class and "
        "source coincide, and a classifier may learn the source: split with "
        f"--split-by {column} and compare the accuracies."
    )
