"""Seconds that an attribution takes with all its evidence, warm, in all and for each part of it.

    python benchmarks/evidence.py COLLECTION IMAGE... --backbone mobilenet_v2 --weights WEIGHTS

Trains a head, calibrates parts on a few works of val, warms up on each image and prints medians
over images and rounds, and the sentence of each image. Known works are those of train. Also prints
how often parts of each scale alone are right on val, and of works of test the share of the closest
five train works that are of the same class: by raw features, by standardised ones (which evidence
takes) and in the head's hidden layer.
"""

import argparse
import statistics
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from timing import rounds

from morelli.classifier import seen_by
from morelli.data import decoding
from morelli.data.collection import Collection, open_collection
from morelli.data.pictures import pictures_of
from morelli.data.stored import store
from morelli.evidence.fits import WORKS, fit_regions
from morelli.evidence.gather import evidence_for, looks_of
from morelli.evidence.grounds import Grounds, known_of
from morelli.evidence.neighbours import neighbours_of
from morelli.evidence.regions import regions_of
from morelli.features.extractor import one_thread_each
from morelli.runs.heads import classifier_of, fit_head
from morelli.runs.prepare import Prepared, prepare
from morelli.training.recipe import Recipe

CLOSEST = 5


def grounds_of(collection: Collection, recipe: Recipe) -> tuple[Grounds, Prepared]:
    """Train a head and return what evidence is drawn from."""
    prepared = prepare(collection, recipe)
    head, _ = fit_head(prepared, recipe)
    works, classifier = prepared.works, classifier_of(collection, prepared, recipe, head)
    prepared.using.build()
    drawn = np.random.default_rng(0).permutation(prepared.of("val"))[:WORKS]
    places = [(int(works.shards[work]), int(works.rows[work])) for work in drawn]
    found = pictures_of(collection.folder, places)
    labels = works.labels[drawn].tolist()
    shown = [found[place] for place in places]
    fits = fit_regions(classifier, list(zip(shown, labels, strict=True)))
    train = prepared.of("train")
    known = known_of(works.take(train), prepared.fixed[train])
    return Grounds(classifier, known, fits), prepared


def same_class(
    features: npt.NDArray[np.float32], prepared: Prepared, *, standardised: bool
) -> float:
    """Return the share of test works' closest train works that are of their class."""
    train, test, labels = prepared.of("train"), prepared.of("test"), prepared.works.labels
    if standardised:
        spread = features[train].std(axis=0)
        features = (features - features[train].mean(axis=0)) / np.where(spread > 0, spread, 1)
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    closest = np.argsort(-(unit[test] @ unit[train].T), axis=1)[:, :CLOSEST]
    return float((labels[train][closest] == labels[test][:, None]).mean())


def print_spaces(grounds: Grounds, prepared: Prepared) -> None:
    """Print how often neighbours are of the same class, in each space."""
    fixed, head = prepared.fixed.astype(np.float32), grounds.classifier.head
    hidden = seen_by(head, 1.0, fixed).hidden
    for name, features, standardised in (
        ("raw features", fixed, False),
        ("standardised features", fixed, True),
        ("the head's hidden layer", hidden, False),
    ):
        share = same_class(features, prepared, standardised=standardised)
        print(f"same class among the closest {CLOSEST}, {name}: {share:.4f}")


def print_seconds(grounds: Grounds, paths: list[Path], count: int) -> None:
    """Print the median seconds of all evidence and of each part of it."""
    medians: dict[str, list[float]] = {}
    for path in paths:
        data = path.read_bytes()
        stored = store(data, grounds.classifier.size).data
        whole: Image.Image = decoding.decode(data)
        features = grounds.classifier.using.features([stored])[0]
        with one_thread_each():
            found = rounds(
                {
                    "all": lambda d=data: evidence_for(grounds, d),  # type: ignore[misc]
                    "attribution alone": lambda d=data: grounds.classifier.attribute(d),  # type: ignore[misc]
                    "neighbours": lambda f=features: neighbours_of(grounds.known, f),  # type: ignore[misc]
                    "regions": lambda w=whole: regions_of(grounds.classifier, w),  # type: ignore[misc]
                    "saliency with its check": lambda s=stored, f=features, w=whole: list(  # type: ignore[misc]
                        looks_of(grounds, s, f, 0, w.size)
                    ),
                },
                count,
            )
        for name, seconds in found.items():
            medians.setdefault(name, []).append(statistics.median(seconds))
    for name, each in medians.items():
        print(f"{name}: {statistics.median(each):.3f} s ({min(each):.3f} to {max(each):.3f})")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    recipe = Recipe(backbone=given.backbone, weights=given.weights, heads=1, views=0)
    grounds, prepared = grounds_of(open_collection(given.collection), recipe)
    for fit in grounds.fits:
        print(
            f"parts of {fit.scale:.2f} of the short side ({fit.side:.0f} pixels): right alone "
            f"{fit.accuracy:.3f}, temperature {fit.temperature:.2f}"
        )
    print_spaces(grounds, prepared)
    for path in given.images:
        print(f"{path.name}: {evidence_for(grounds, path).sentence}")
    print_seconds(grounds, given.images, given.rounds)


if __name__ == "__main__":
    main()
