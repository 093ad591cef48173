"""Calibration over pooled out-of-fold predictions, before and after temperature scaling.

    python benchmarks/calibration.py COLLECTION --backbone mobilenet_v2 --weights ../shared/weights

The works are dealt to five folds, stratified. Each fold is test once, the next one val, the other
three train; the temperature is fitted on val alone. All predictions of test works are pooled.
"""

import argparse
import dataclasses

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold

from morelli.data.collection import Collection, open_collection
from morelli.data.splits import SPLITS
from morelli.evaluation.calibration import (
    Calibration,
    calibration_of,
    fit_temperature,
    tempered,
)
from morelli.features.extractor import View
from morelli.features.joined import joined_features
from morelli.features.views import find_kind
from morelli.runs.heads import fit_head
from morelli.runs.prepare import Features, Prepared, mixed, prepare
from morelli.training.recipe import Recipe

FOLDS = 5


def views_of(collection: Collection, prepared: Prepared, recipe: Recipe) -> list[Features]:
    """Return the recipe's random views of all works, (n, d) each."""
    places = collection.starts[prepared.works.shards] + prepared.works.rows
    views = [
        View(number, recipe.view_seed, find_kind(recipe.augment)) for number in range(recipe.views)
    ]
    return [
        np.concatenate(joined_features(collection, prepared.using, view=view))[places]
        for view in views
    ]


def main() -> None:
    """Print the figures before and after."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--label-smoothing", type=float, default=Recipe().label_smoothing)
    parser.add_argument("--views", type=int, default=Recipe().views)
    given = parser.parse_args()
    recipe = Recipe(
        backbone=given.backbone,
        weights=given.weights,
        label_smoothing=given.label_smoothing,
        views=given.views,
    )
    collection = open_collection(given.collection)
    prepared = prepare(collection, dataclasses.replace(recipe, views=0))
    views = views_of(collection, prepared, recipe)
    labels = prepared.works.labels
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels)
    fold_of = np.zeros(len(labels), np.int64)
    for number, (_, there) in enumerate(folds):
        fold_of[there] = number
    before = np.zeros((len(labels), len(prepared.works.class_names)), np.float32)
    after = before.copy()
    for fold in range(FOLDS):
        sides = np.full(len(labels), SPLITS.index("train"))
        sides[fold_of == fold] = SPLITS.index("test")
        sides[fold_of == (fold + 1) % FOLDS] = SPLITS.index("val")
        train = np.flatnonzero(sides == SPLITS.index("train"))
        shown = mixed(prepared.fixed[train], [view[train] for view in views], recipe.plain)
        dealt = dataclasses.replace(prepared, sides=sides, views=shown)
        head, _ = fit_head(dealt, dataclasses.replace(recipe, seed=fold))
        with torch.inference_mode():
            told = head(torch.from_numpy(prepared.fixed)).numpy()
        val, test = dealt.of("val"), dealt.of("test")
        temperature = fit_temperature(told[val], labels[val])
        print(f"fold {fold}: temperature {temperature:.3f}")
        before[test], after[test] = told[test], tempered(told[test], temperature)
    _print("before", calibration_of(before, labels))
    _print("after", calibration_of(after, labels))


def _print(name: str, found: Calibration) -> None:
    low, high = found.perfect
    print(
        f"{name}: NLL {found.nll:.4f} {_span(found.nll_interval)}, "
        f"Brier {found.brier:.4f} {_span(found.brier_interval)}, "
        f"ECE {found.ece:.4f} {_span(found.ece_interval)}; "
        f"perfectly calibrated {low:.4f} to {high:.4f}: {low <= found.ece <= high}"
    )


def _span(interval: tuple[float, float]) -> str:
    return f"({interval[0]:.4f} to {interval[1]:.4f})"


if __name__ == "__main__":
    main()
