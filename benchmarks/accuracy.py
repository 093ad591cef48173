"""Morelli's default recipe against logistic regression on the same features and splits.

    python benchmarks/accuracy.py COLLECTION --backbone mobilenet_v2 --weights ../shared/weights

Logistic regression is scikit-learn's on standardised features, its C chosen on val. Both choose on
train and val alone; test is read once for each split seed. Prints a row a seed and the means.
"""

import argparse
import dataclasses
import statistics
import warnings

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from morelli.data.collection import open_collection
from morelli.evaluation.metrics import commonest
from morelli.runs.heads import fit_head
from morelli.runs.prepare import Prepared, prepare
from morelli.training.named_recipes import RECIPES
from morelli.training.recipe import Recipe

STRENGTHS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1.0)
"""Values of C that are tried on val."""


def logistic_regression(prepared: Prepared) -> tuple[float, npt.NDArray[np.int64]]:
    """Return the best regression's accuracy on val, and the labels that it tells of test."""
    train, val, test = (prepared.of(name) for name in ("train", "val", "test"))
    features, labels = prepared.fixed, prepared.works.labels
    tried = []
    for strength in STRENGTHS:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=500))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features[train], labels[train])
        tried.append((float(model.score(features[val], labels[val])), model))
    on_val, best = max(tried, key=lambda pair: pair[0])
    return on_val, best.predict(features[test])


def morelli(prepared: Prepared, recipe: Recipe) -> tuple[float, float]:
    """Return accuracy on val and test of Morelli's head."""
    import torch

    head, fits = fit_head(prepared, recipe)
    test = prepared.of("test")
    with torch.inference_mode():
        told = head(torch.from_numpy(prepared.fixed[test])).argmax(dim=1).numpy()
    return fits[0].best.val_accuracy, float((told == prepared.works.labels[test]).mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--number-format", default="auto")
    parser.add_argument("--split", default="random")
    parser.add_argument("--heads", type=int, default=Recipe().heads)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    collection = open_collection(given.collection)
    recipe = dataclasses.replace(
        RECIPES["plain"],
        backbone=given.backbone,
        weights=given.weights,
        number_format=given.number_format,
        split=given.split,
        heads=given.heads,
    )
    print("seed  majority   regression val  test      Morelli val  test     difference on test")
    rows = []
    for seed in range(given.seeds):
        seeded = dataclasses.replace(recipe, split_seed=seed, seed=seed)
        prepared = prepare(collection, seeded)
        labels, test = prepared.works.labels, prepared.of("test")
        majority = float((labels[test] == commonest(labels[prepared.of("train")])).mean())
        on_val, told = logistic_regression(prepared)
        theirs = on_val, float((told == labels[test]).mean())
        ours = morelli(prepared, seeded)
        rows.append((majority, *theirs, *ours, ours[1] - theirs[1]))
        print(f"{seed:4}  {_row(rows[-1])}", flush=True)
    print(f"mean  {_row(tuple(map(statistics.fmean, zip(*rows, strict=True))))}")


def _row(values: tuple[float, ...]) -> str:
    return "{:.4f}          {:.4f}  {:.4f}         {:.4f}  {:.4f}      {:+.4f}".format(*values)


if __name__ == "__main__":
    main()
