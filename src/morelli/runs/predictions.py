"""What several runs told of the same test works, brought into one order; or why it cannot be."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from morelli.errors import UserError
from morelli.markup import counted
from morelli.runs.folder import CLASSIFIER, PREDICTIONS, Run
from morelli.saved import SETTINGS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """What runs told of test works, ordered by work id whatever the order in their files.

    Attributes:
        class_names: Names of the classes.
        ids: (n,) work ids; equal where files are equal.
        labels: (n,) true labels.
        places: (n, 2) shard and row of each work in the first run's collection.
        told: (runs, n) labels told.
        sure: (runs, n) probabilities of these.
        true: (runs, n) probabilities of the true labels.
    """

    class_names: tuple[str, ...]
    ids: npt.NDArray[np.str_]
    labels: Ints
    places: Ints
    told: Ints
    sure: Floats
    true: Floats


def told_together(runs: Sequence[Run]) -> Told:
    """Read what runs told of their test works.

    Raises:
        UserError: If two runs were not asked the same of the same works; it says how they differ.
    """
    for run in runs[1:]:
        _check_task(runs[0], run)
    each = [_read(run) for run in runs]
    for run, told in zip(runs[1:], each[1:], strict=True):
        _check_works(runs[0], each[0], run, told)
    return replace(
        each[0],
        told=np.concatenate([told.told for told in each]),
        sure=np.concatenate([told.sure for told in each]),
        true=np.concatenate([told.true for told in each]),
    )


def task_of(run: Run) -> str:
    """Return what a run learned to tell: artist, genre or style."""
    said = json.loads((run.folder / CLASSIFIER / SETTINGS).read_text(encoding="utf-8"))
    return str(said["task"])


def _read(run: Run) -> Told:
    """Read what one run told."""
    table = pq.read_table(run.folder / PREDICTIONS)
    names = tuple(json.loads(table.schema.metadata[b"class_names"]))
    table = table.filter(pc.equal(table["split"], "test"))
    ids = np.array(table["work_id"].to_pylist(), np.str_)
    shards, rows, labels = (_whole(table[name]) for name in ("shard", "row", "label"))
    # Equal files may stand in several places: any order of theirs will do, if it is the same.
    order = np.lexsort((rows, shards, labels, ids))
    flat = table["log_probabilities"].combine_chunks().flatten()
    probabilities = np.exp(np.asarray(flat, np.float64).reshape(len(ids), len(names)))[order]
    labels, told = labels[order], probabilities.argmax(axis=1)
    works = np.arange(len(ids))
    return Told(
        names,
        ids[order],
        labels,
        np.stack([shards, rows], axis=1)[order],
        told[None],
        probabilities[works, told][None],
        probabilities[works, labels][None],
    )


def _whole(column: Any) -> Ints:
    return np.array(column.to_pylist(), np.int64)


def _check_task(first: Run, second: Run) -> None:
    one, other = task_of(first), task_of(second)
    if one != other:
        raise UserError(
            f"{first.folder} tells the {one} of a work, {second.folder} the {other}; "
            "compare runs of one task"
        )


def _check_works(first: Run, one: Told, second: Run, other: Told) -> None:
    """Refuse two runs whose classes or test works differ."""
    if one.class_names != other.class_names:
        raise UserError(
            f"{first.folder} and {second.folder} do not tell the same classes apart: "
            f"{_only(first, one, other)}; {_only(second, other, one)}; "
            "compare runs trained on the same classes"
        )
    _check_ids(first, one, second, other)
    labelled, relabelled = (Counter(_pairs(each)) for each in (one, other))
    if labelled != relabelled:
        works = counted((labelled - relabelled).total(), "test work")
        raise UserError(
            f"{works} of {first.folder} {'has' if works == '1 test work' else 'have'} another "
            f"{task_of(first)} in {second.folder}; compare runs trained on the same labels"
        )


def _check_ids(first: Run, one: Told, second: Run, other: Told) -> None:
    mine, its = Counter(one.ids.tolist()), Counter(other.ids.tolist())
    if mine != its:
        raise UserError(
            f"{first.folder} and {second.folder} were not tested on the same works: "
            f"{(mine - its).total():,} of {len(one.ids):,} are only in the first, "
            f"{(its - mine).total():,} of {len(other.ids):,} only in the second; "
            "train both on one collection with the same --split, --split-seed, --split-by and "
            "--counts"
        )


def _pairs(told: Told) -> list[tuple[str, int]]:
    return list(zip(told.ids.tolist(), told.labels.tolist(), strict=True))


def _only(run: Run, one: Told, other: Told) -> str:
    only = [name for name in one.class_names if name not in other.class_names]
    if not only:
        return f"none is only in {run.folder}"
    more = f" and {len(only) - 3} more" if len(only) > 3 else ""
    return f"only {run.folder} has {', '.join(only[:3])}{more}"
