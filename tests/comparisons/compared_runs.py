"""Runs to compare: trained anew, or copies of a run with other predictions."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data.collection import Collection
from morelli.data.records import from_json
from morelli.runs.about import About
from morelli.runs.folder import MANIFEST, PREDICTIONS, Run, finish, open_run
from morelli.runs.train import train_run
from morelli.training.named_recipes import RECIPES

RECIPE = replace(
    RECIPES["plain"],
    backbone="squeezenet1_1",
    weights="random",
    hidden=8,
    batch=16,
    epochs=3,
    seed=1,
)
"""Quick, and not as good as the recipe of the fixture `run`."""

Rows = list[dict[str, Any]]


def trained(collection: Collection, out: Path, cache: Path, **changed: Any) -> Run:
    """Train another run."""
    return train_run(collection, out, replace(RECIPE, **changed), cache=cache)


def with_predictions(run: Run, out: Path, change: Callable[[Rows], Rows]) -> Run:
    """Copy a run with other predictions, as if it had been trained so; metrics stay."""
    shutil.copytree(run.folder, out)
    table = pq.read_table(out / PREDICTIONS)
    rows = pa.Table.from_pylist(change(table.to_pylist()), table.schema)
    pq.write_table(rows, out / PREDICTIONS)
    resign(out)
    return open_run(out)


def resign(folder: Path) -> None:
    """Vouch anew for what a run's folder holds."""
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    finish(folder, from_json(content, About, folder / MANIFEST))


def of_test(rows: Rows) -> Rows:
    """Return the rows of test works."""
    return [row for row in rows if row["split"] == "test"]


def shuffled(rows: Rows) -> Rows:
    """Return the same rows in another order."""
    return [rows[place] for place in np.random.default_rng(0).permutation(len(rows))]


def predictions(run: Run) -> dict[str, dict[str, Any]]:
    """Return the rows of test works by work id."""
    return {
        row["work_id"]: row for row in of_test(pq.read_table(run.folder / PREDICTIONS).to_pylist())
    }
