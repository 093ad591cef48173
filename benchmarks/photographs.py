"""What capture views are worth: accuracy on test works clean and photographed otherwise.

    python benchmarks/photographs.py COLLECTION --backbone mobilenet_v2 --weights ../shared/weights

The default recipe beside the same without views, on a grouped split, a row a split seed. Intervals
of differences are 95 %, paired over all seeds' test works, by the normal approximation.
"""

import argparse
import dataclasses
import statistics

import numpy as np
import numpy.typing as npt

from morelli.classifier import raw_log_probabilities
from morelli.data.collection import Collection, open_collection
from morelli.runs.heads import fit_head
from morelli.runs.prepare import otherwise_features, prepare
from morelli.training.recipe import Recipe

Bools = npt.NDArray[np.bool_]


def right_by(collection: Collection, recipe: Recipe) -> tuple[Bools, Bools]:
    """Return which test works are told right, clean and photographed otherwise."""
    prepared = prepare(collection, recipe)
    head, _ = fit_head(prepared, recipe)
    test = prepared.of("test")
    labels = prepared.works.labels[test]
    clean = raw_log_probabilities(head, prepared.fixed[test]).argmax(axis=1) == labels
    another = otherwise_features(collection, prepared)
    return clean, raw_log_probabilities(head, another).argmax(axis=1) == labels


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--split", default="grouped")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    collection = open_collection(given.collection)
    base = Recipe(backbone=given.backbone, weights=given.weights, split=given.split)
    rows, changes = [], []
    print("seed  plain clean  otherwise   default clean  otherwise")
    for seed in range(given.seeds):
        seeded = dataclasses.replace(base, seed=seed, split_seed=seed)
        plain = right_by(collection, dataclasses.replace(seeded, views=0))
        ours = right_by(collection, seeded)
        rows.append([float(each.mean()) for each in (*plain, *ours)])
        changes.append([b.astype(float) - a for a, b in zip(plain, ours, strict=True)])
        print(f"{seed:4}  {_row(rows[-1])}", flush=True)
    print(f"mean  {_row(list(map(statistics.fmean, zip(*rows, strict=True))))}")
    for name, change in zip(("clean", "otherwise"), zip(*changes, strict=True), strict=True):
        every = np.concatenate(change)
        half = 1.96 * every.std(ddof=1) / len(every) ** 0.5
        print(f"change {name}: {every.mean():+.4f} ± {half:.4f}")


def _row(values: list[float]) -> str:
    return "{:.4f}       {:.4f}      {:.4f}         {:.4f}".format(*values)


if __name__ == "__main__":
    main()
