"""Predictions: the table that each run writes once, and those of runs on the same test works."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data.aside import aside
from morelli.data.records import read_record
from morelli.errors import UserError
from morelli.markup import counted
from morelli.runs.folder import CLASSIFIER, PREDICTIONS, Run
from morelli.saved import SETTINGS, ClassifierSettings

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """What a classifier predicts of works, a row each.

    Attributes:
        class_names: Names of the classes that are predicted.
        ids: (n,) work ids; equal where files are equal.
        shards: (n,) shard of each work in its collection.
        rows: (n,) its row there.
        labels: (n,) true labels, indices into `label_names`.
        label_names: Names of the true classes: `class_names`, or the makers of strangers.
        log_probabilities: (n, classes) float32.
        strangeness: (n,) how unlike the training works.
        splits: (n,) the split of each work; empty where it is in none.
    """

    class_names: tuple[str, ...]
    ids: npt.NDArray[np.str_]
    shards: Ints
    rows: Ints
    labels: Ints
    label_names: tuple[str, ...]
    log_probabilities: npt.NDArray[np.float32]
    strangeness: Floats
    splits: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, chosen: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Predictions":
        """Return the rows of some works, by index or by a mask."""
        return replace(
            self,
            ids=self.ids[chosen],
            shards=self.shards[chosen],
            rows=self.rows[chosen],
            labels=self.labels[chosen],
            log_probabilities=self.log_probabilities[chosen],
            strangeness=self.strangeness[chosen],
            splits=self.splits[chosen],
        )

    def of(self, split: str) -> "Predictions":
        """Return the rows of a split."""
        return self.take(self.splits == split)

    @cached_property
    def probabilities(self) -> Floats:
        """(n, classes) probabilities."""
        return np.exp(self.log_probabilities.astype(np.float64))

    @property
    def predicted(self) -> Ints:
        """(n,) labels of the likeliest classes."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def confidence(self) -> Floats:
        """(n,) probabilities of the likeliest classes."""
        return np.asarray(self.probabilities.max(axis=1), np.float64)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write predictions of a collection's works, whole or not at all."""
    columns = {
        "split": pa.array([split or None for split in predictions.splits.tolist()], pa.string()),
        "label": predictions.labels,
    }
    _write(path, predictions, columns)


def write_strangers(path: Path, predictions: Predictions) -> None:
    """Write predictions of works whose makers are none of the classes, whole or not at all."""
    names = [predictions.label_names[label] for label in predictions.labels]
    _write(path, predictions, {"class": names})


def _write(path: Path, predictions: Predictions, columns: dict[str, object]) -> None:
    log_probabilities = predictions.log_probabilities
    classes = log_probabilities.shape[1]
    table = pa.table(
        {
            "work_id": predictions.ids.tolist(),
            "shard": predictions.shards,
            "row": predictions.rows,
            **columns,
            "log_probabilities": pa.FixedSizeListArray.from_arrays(
                log_probabilities.ravel(), classes
            ),
            "strangeness": predictions.strangeness,
        },
        metadata={"class_names": json.dumps(list(predictions.class_names), ensure_ascii=False)},
    )
    with aside(path) as partial:
        pq.write_table(table, partial)


def read_predictions(path: Path) -> Predictions:
    """Read what `write_predictions` or `write_strangers` wrote."""
    table = pq.read_table(path)
    names = tuple(json.loads(table.schema.metadata[b"class_names"]))
    label_names, labels, splits = names, np.zeros(0, np.int64), np.full(len(table), "")
    if "label" in table.column_names:
        labels = _whole(table["label"])
        splits = np.array([split or "" for split in table["split"].to_pylist()], np.str_)
    else:
        makers = table["class"].to_pylist()
        label_names = tuple(sorted(set(makers)))
        labels = np.array([label_names.index(maker) for maker in makers], np.int64)
    flat = table["log_probabilities"].combine_chunks().flatten()
    return Predictions(
        class_names=names,
        ids=np.array(table["work_id"].to_pylist(), np.str_),
        shards=_whole(table["shard"]),
        rows=_whole(table["row"]),
        labels=labels,
        label_names=label_names,
        log_probabilities=np.asarray(flat, np.float32).reshape(len(table), len(names)),
        strangeness=np.array(table["strangeness"].to_pylist(), np.float64),
        splits=splits,
    )


def _whole(column: pa.ChunkedArray) -> Ints:
    return np.array(column.to_pylist(), np.int64)


@dataclass(frozen=True)
class SharedPredictions:
    """Predictions of runs on the same test works, ordered by work id whatever their files' order.

    Attributes:
        class_names: Names of the classes.
        ids: (n,) work ids; equal where files are equal.
        labels: (n,) true labels.
        places: (n, 2) shard and row of each work in the first run's collection.
        predicted: (runs, n) labels of the likeliest classes.
        confidence: (runs, n) probabilities of these.
        true_probability: (runs, n) probabilities of the true labels.
    """

    class_names: tuple[str, ...]
    ids: npt.NDArray[np.str_]
    labels: Ints
    places: Ints
    predicted: Ints
    confidence: Floats
    true_probability: Floats


def shared_predictions(runs: Sequence[Run]) -> SharedPredictions:
    """Read the predictions of runs on their test works.

    Raises:
        UserError: If two runs do not predict the same of the same works; it says how they differ.
    """
    for run in runs[1:]:
        _check_task(runs[0], run)
    own = [_of_test(run) for run in runs]
    for run, predictions in zip(runs[1:], own[1:], strict=True):
        _check_works(runs[0], own[0], run, predictions)
    return replace(
        own[0],
        predicted=np.concatenate([one.predicted for one in own]),
        confidence=np.concatenate([one.confidence for one in own]),
        true_probability=np.concatenate([one.true_probability for one in own]),
    )


def _of_test(run: Run) -> SharedPredictions:
    """Read the predictions of one run on its test works."""
    test = read_predictions(run.folder / PREDICTIONS).of("test")
    # Equal files may stand in several places: any order of theirs will do, if it is the same.
    test = test.take(np.lexsort((test.rows, test.shards, test.labels, test.ids)))
    return SharedPredictions(
        test.class_names,
        test.ids,
        test.labels,
        np.stack([test.shards, test.rows], axis=1),
        test.predicted[None],
        test.confidence[None],
        test.probabilities[np.arange(len(test)), test.labels][None],
    )


def task_of(run: Run) -> str:
    """Return what a run learned to predict: artist, genre or style."""
    return read_record(run.folder / CLASSIFIER / SETTINGS, ClassifierSettings).task


def _check_task(first: Run, second: Run) -> None:
    one, other = task_of(first), task_of(second)
    if one != other:
        raise UserError(
            f"{first.folder} predicts the {one} of a work, {second.folder} the {other}; "
            "compare runs of one task"
        )


def _check_works(first: Run, one: SharedPredictions, second: Run, other: SharedPredictions) -> None:
    """Refuse two runs whose classes or test works differ."""
    if one.class_names != other.class_names:
        raise UserError(
            f"{first.folder} and {second.folder} do not predict the same classes: "
            f"{_only(first, one, other)}; {_only(second, other, one)}; "
            "compare runs trained on the same classes"
        )
    _check_ids(first, one, second, other)
    labelled, relabelled = (Counter(_pairs(own)) for own in (one, other))
    if labelled != relabelled:
        works = counted((labelled - relabelled).total(), "test work")
        raise UserError(
            f"{works} of {first.folder} {'has' if works == '1 test work' else 'have'} another "
            f"{task_of(first)} in {second.folder}; compare runs trained on the same labels"
        )


def _check_ids(first: Run, one: SharedPredictions, second: Run, other: SharedPredictions) -> None:
    mine, its = Counter(one.ids.tolist()), Counter(other.ids.tolist())
    if mine != its:
        raise UserError(
            f"{first.folder} and {second.folder} were not tested on the same works: "
            f"{(mine - its).total():,} of {len(one.ids):,} are only in the first, "
            f"{(its - mine).total():,} of {len(other.ids):,} only in the second; "
            "train both on one collection with the same --split, --split-seed, --split-by and "
            "--counts"
        )


def _pairs(own: SharedPredictions) -> list[tuple[str, int]]:
    return list(zip(own.ids.tolist(), own.labels.tolist(), strict=True))


def _only(run: Run, one: SharedPredictions, other: SharedPredictions) -> str:
    only = [name for name in one.class_names if name not in other.class_names]
    if not only:
        return f"none is only in {run.folder}"
    more = f" and {len(only) - 3} more" if len(only) > 3 else ""
    return f"only {run.folder} has {', '.join(only[:3])}{more}"
