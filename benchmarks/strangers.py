"""None of these: scores of being unlike the training works, on painters left out.

    python benchmarks/strangers.py COLLECTION --backbone mobilenet_v2 --weights ../shared/weights

The artists with most works are known, their works split 60/20/20; the others are strangers, in no
training and no threshold. Printed for each score, the mean over split seeds and the range: AUROC of
test of the known against all works of the strangers, the share of these that is declined at the
threshold that keeps 95 % of val, and the share of test that is kept.

With --pretend also a table for choosing without strangers: known artists are left out, three at a
time and each twice; heads and scores learn from train of the others; strangers are train and val
of those left out, each artist weighing alike, the known are val of the others, which sets the
threshold as well. What does best there (the nearest works) does not on real strangers.

Last, the scores taken from half of the strangers (every second artist) and read on the other half,
and the reverse: what a choice by these very figures flatters itself with. Where collections were
scaled and compressed differently, part of what tells strangers is the photograph and not the
painter.
"""

import argparse
import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from strangers_scores import NAMES, Known, Seen, scored

from morelli.classifier import raw_log_probabilities
from morelli.data.collection import Collection, open_collection
from morelli.data.splits import split
from morelli.data.works import Works
from morelli.evaluation.calibration import fit_temperature, tempered
from morelli.evaluation.declining import auroc, declined, declining_of, threshold_keeping
from morelli.features.extractor import View
from morelli.features.joined import Joined, joined_features, load_joined
from morelli.features.views import find_kind
from morelli.runs.heads import fit_head
from morelli.runs.prepare import Prepared, mixed
from morelli.training.heads import hidden_layers
from morelli.training.named_recipes import read_recipe
from morelli.training.recipe import Recipe

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AWAY = 3
"""Known artists left out at a time."""

DRAWS = 2
"""Ways to deal them out to those left out together."""

WANTED = 0.8
"""AUROC that a score must reach to be chosen."""


@dataclasses.dataclass(frozen=True)
class Every:
    """All works and their features; views only of known artists' works, others are left at 0."""

    works: Works
    fixed: Array
    views: list[Array]
    using: Joined


def every(
    collection: Collection, recipe: Recipe, known: int
) -> tuple[Every, npt.NDArray[np.bool_]]:
    """Return all works, and which are of the artists with most works."""
    works = collection.labelled()
    most = np.argsort(-np.bincount(works.labels), kind="stable")[:known]
    among = np.isin(works.labels, most)
    using = load_joined(recipe.backbone, recipe.weights or None)
    fixed = np.concatenate(joined_features(collection, using))
    fixed = fixed[collection.starts[works.shards] + works.rows]
    shards = range(len(collection.shards))
    rows = [np.sort(works.rows[among & (works.shards == shard)]) for shard in shards]
    order = np.flatnonzero(among)[np.lexsort((works.rows[among], works.shards[among]))]
    views = []
    for number in range(recipe.views):
        view = View(number, recipe.view_seed, find_kind(recipe.augment))
        views.append(np.zeros_like(fixed))
        views[-1][order] = np.concatenate(joined_features(collection, using, view=view, rows=rows))
    return Every(works, fixed, views, using), among


def trained(given: Every, sides: Labels, recipe: Recipe, others: Array) -> tuple[Known, list[Seen]]:
    """Train heads, and return what scores learn from, with test and others as these see them.

    Args:
        given: All works.
        sides: (n,) the split of each, -1 for what is left out.
        recipe: How.
        others: (m, d) features of strangers.
    """
    chosen = np.flatnonzero(sides >= 0)
    works, sides = given.works.take(chosen), sides[chosen]
    train = chosen[sides == 0]
    views = mixed(given.fixed[train], [view[train] for view in given.views], recipe.plain)
    prepared = Prepared(works, sides, given.fixed[chosen], views, given.using)
    head, _ = fit_head(prepared, recipe)
    val = raw_log_probabilities(head, prepared.fixed[sides == 1])
    temperature = fit_temperature(val, works.labels[sides == 1])

    def seen(values: Array) -> Seen:
        hidden = [layer(torch.from_numpy(values)) for layer in hidden_layers(head)]
        heads = getattr(head, "heads", [head])
        logits = torch.stack([each[-2](there) for each, there in zip(heads, hidden, strict=True)])
        told = tempered(raw_log_probabilities(head, values), temperature)
        return Seen(values, torch.cat(hidden, dim=1).numpy(), logits.mean(dim=0).numpy(), told)

    with torch.inference_mode():
        known = Known(
            seen(prepared.fixed[sides == 0]),
            works.labels[sides == 0],
            seen(prepared.fixed[sides == 1]),
        )
        return known, [seen(each) for each in (prepared.fixed[sides == 2], others)]


def pretended(given: Every, sides: Labels, recipe: Recipe) -> Iterator[tuple[Floats, ...]]:
    """For known artists left out, yield a row for each score: AUROC and share declined."""
    names = np.unique(given.works.labels[sides >= 0])
    for draw in range(DRAWS):
        dealt = np.random.default_rng(draw).permutation(names)
        for away in np.array_split(dealt, -(-len(names) // AWAY)):
            left = np.isin(given.works.labels, away)
            strange = left & ((sides == 0) | (sides == 1))
            rest = np.where(left, -1, sides)
            known, (_, others) = trained(given, rest, recipe, given.fixed[strange])
            painters, found = given.works.labels[strange], scored(known, others)
            yield tuple(told_apart(found[n][0], found[n][1], painters) for n in NAMES)


def told_apart(usual: Floats, strange: Floats, painters: Labels) -> Floats:
    """Return AUROC and share declined, the mean over painters."""
    limit = threshold_keeping(usual)
    each = [strange[painters == painter] for painter in np.unique(painters)]
    figures = [(auroc(usual, one), declined(one, limit).mean()) for one in each]
    return np.asarray(np.mean(figures, axis=0), np.float64)


def judged(given: Every, sides: Labels, recipe: Recipe) -> tuple[Floats, ...]:
    """Return a row for each score: AUROC, share declined and kept; AUROC and declined by half."""
    strange = sides < 0
    known, (test, others) = trained(given, sides, recipe, given.fixed[strange])
    painters = given.works.labels[strange]
    first = np.isin(painters, np.unique(painters)[::2])
    rows, every_score = [], scored(known, test, others)
    for name in NAMES:
        val, usual, scores = every_score[name]
        limit = threshold_keeping(val)
        found = declining_of(usual, scores, limit)
        if name == "Morelli":
            print(f"split seed {recipe.split_seed}: {found}", flush=True)
            print(f"  over painters: {over_painters(usual, scores, limit, painters)}", flush=True)
        halves = [declining_of(usual, scores[half], limit) for half in (first, ~first)]
        by_half = [(each.auroc, each.declined) for each in halves]
        rows.append(np.array([found.auroc, found.declined, found.kept, *np.ravel(by_half)]))
    return tuple(rows)


def over_painters(usual: Floats, scores: Floats, limit: float, painters: Labels) -> str:
    """Return 95 % by bootstrap over painters of AUROC and share declined, and the painters'."""
    names, counts = np.unique(painters, return_counts=True)
    each = [scores[painters == name] for name in names]
    figures = np.array([(auroc(usual, one), declined(one, limit).mean()) for one in each])
    drawn = np.random.default_rng(0).integers(0, len(names), (1000, len(names)))
    # Over several painters, both are the means of theirs, weighed by works.
    weights = counts[drawn] / counts[drawn].sum(axis=1, keepdims=True)
    spread = (weights[..., None] * figures[drawn]).sum(axis=1)
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    return (
        f"AUROC {low[0]:.3f} to {high[0]:.3f}, declined {low[1]:.3f} to {high[1]:.3f}; by painter "
        f"{np.sort(figures[:, 1]).round(2).tolist()}"
    )


def crossed(figures: Floats) -> tuple[Floats, list[str]]:
    """Return AUROC and share declined where each half is read by the score best on the other.

    Args:
        figures: (seeds, scores, 7) as `judged` returns them.
    """
    halves = figures.mean(axis=0)[:, 3:].reshape(len(NAMES), 2, 2)
    # The best is the one that declines most among those that reach the wanted AUROC.
    best = [
        int(np.argmax(np.where(half[:, 0] >= WANTED, half[:, 1], -1)))
        for half in (halves[:, 0], halves[:, 1])
    ]
    return np.mean([halves[best[0], 1], halves[best[1], 0]], axis=0), [NAMES[each] for each in best]


def main() -> None:
    """Print a row for each score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--recipe", default="default", help="default, plain or a recipe.toml.")
    parser.add_argument("--known", type=int, default=12, help="Artists that are known.")
    parser.add_argument("--seeds", type=int, default=3, help="Split seeds for strangers.")
    parser.add_argument("--pretend", action="store_true", help="Also leave known artists out.")
    asked = parser.parse_args()
    recipe = dataclasses.replace(
        read_recipe(asked.recipe), backbone=asked.backbone, weights=asked.weights
    )
    given, among = every(open_collection(asked.collection), recipe, asked.known)
    splits = []
    for seed in range(asked.seeds):
        sides = np.full(len(among), -1)
        sides[among] = split(given.works.take(among), seed)
        splits.append(sides)
    strangers = np.array(
        [
            judged(given, sides, dataclasses.replace(recipe, seed=seed, split_seed=seed))
            for seed, sides in enumerate(splits)
        ]
    )
    wide = max(map(len, NAMES)) + 2
    print(f"{asked.known} known, {int(among.sum())} works; strangers {int((~among).sum())} works")
    print(f"{'score':{wide}}AUROC                  declined               kept")
    for number, name in enumerate(NAMES):
        there = strangers[:, number].T
        told = "  ".join(f"{a.mean():.3f} ({a.min():.3f} to {a.max():.3f})" for a in there[:2])
        print(f"{name:{wide}}{told}  {there[2].mean():.3f}")
    (area, gone), names = crossed(strangers)
    print(f"chosen on one half, read on the other: AUROC {area:.3f}, declined {gone:.3f} ({names})")
    if asked.pretend:
        pretend = np.array(list(pretended(given, splits[0], recipe))).mean(axis=0)
        print(f"{'pretend strangers':{wide}}AUROC  declined")
        for name, (area, gone) in zip(NAMES, pretend, strict=True):
            print(f"{name:{wide}}{area:.3f}  {gone:.3f}")


if __name__ == "__main__":
    main()
