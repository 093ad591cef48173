"""What the settings of the default recipe do, on val alone: test is not looked at.

    python benchmarks/recipes.py COLLECTION --backbone mobilenet_v2 --weights FOLDER

Prints, for the default recipe and for single changes to it, the mean over split seeds of the best
val accuracy, the epoch it came at, and the loss on val (negative log-likelihood) of that epoch.
"""

import argparse
import dataclasses
import statistics
import time
from typing import Any

from morelli.data.collection import open_collection
from morelli.runs.heads import fit_head
from morelli.runs.prepare import prepare
from morelli.training.named_recipes import RECIPES

CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"label_smoothing": 0.0},
    {"patience": 0},
    {"patience": 8, "epochs": 30},
    {"standardise": False},
    {"lr": 3e-4},
    {"lr": 2e-3},
    {"dropout": 0.3},
    {"dropout": 0.7},
    {"hidden": 1024},
    {"weight_decay": 0.05},
    {"batch": 32},
)


def main() -> None:
    """Print a row for each change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    collection = open_collection(given.collection)
    base = dataclasses.replace(RECIPES["plain"], backbone=given.backbone, weights=given.weights)
    seeded = [dataclasses.replace(base, seed=n, split_seed=n) for n in range(given.seeds)]
    prepared = [prepare(collection, recipe) for recipe in seeded]
    for change in CHANGES:
        started = time.perf_counter()
        best = [
            fit_head(each, dataclasses.replace(recipe, **change))[1][0].best
            for each, recipe in zip(prepared, seeded, strict=True)
        ]
        print(
            f"val accuracy {statistics.fmean(each.val_accuracy for each in best):.4f}, "
            f"loss {statistics.fmean(each.val_loss for each in best):.3f}, "
            f"epoch {statistics.fmean(each.number for each in best):4.1f}, "
            f"{(time.perf_counter() - started) / given.seeds:.1f} s: "
            + (", ".join(f"{name} {value}" for name, value in change.items()) or "default"),
            flush=True,
        )


if __name__ == "__main__":
    main()
