"""What visual series find of the series that titles tell of: where the thresholds come from.

    python benchmarks/series.py four --weights ../shared/weights

Two works of one artist whose titles share a stem belong together (positives, copies among them);
all other pairs of that artist's titled works are the negatives. Some of these belong together too,
under titles in another language, so precision is a lower bound. It is printed among all pairs, as
rare as positives are there, and as it would be if there were as many negatives as positives.

The three thresholds were chosen on Pissarro. The form of the features and the linkage were chosen
with a look at Sisley too, whose figures are therefore no untouched test of those.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from morelli.audit.checks.series import THRESHOLDS, title_series, visual_series
from morelli.audit.checks.titles import title_stem, titles_of
from morelli.data.collection import Collection, open_collection
from morelli.features.backbones import find_backbone
from morelli.features.extract import collection_features
from morelli.features.extractor import extractor
from morelli.features.weights import load_backbone

Ints = npt.NDArray[np.int64]

TRIED = (0.94, 0.93, 0.92, 0.91, 0.90, 0.89, 0.88, 0.87, 0.86)
HEAD = "  threshold          series  largest  recall  by chance  precision  if equally many"


def features_of(collection: Collection, backbone: str, weights: str) -> npt.NDArray[np.float32]:
    """Return features of all works, (n, d)."""
    frozen = load_backbone(find_backbone(backbone), Path(weights) if weights else None)
    return np.concatenate(collection_features(collection, extractor(frozen)))


def pairs_together(works: int, clusters: list[tuple[int, ...]]) -> npt.NDArray[np.bool_]:
    """Return for each pair of works (0, 1), (0, 2), ... whether one cluster holds both."""
    numbers = -1 - np.arange(works)
    for number, cluster in enumerate(clusters):
        numbers[list(cluster)] = number
    first, second = np.triu_indices(works, 1)
    together: npt.NDArray[np.bool_] = numbers[first] == numbers[second]
    return together


def row(features: npt.NDArray[np.float32], true: npt.NDArray[np.bool_], threshold: float) -> str:
    """Return the figures of one artist at a threshold."""
    found = visual_series(features, [0] * len(features), threshold)
    together = pairs_together(len(features), [each.works for each in found])
    recall, chance = together[true].mean(), together[~true].mean()
    precision = (together & true).sum() / max(1, together.sum())
    equal = recall / max(recall + chance, 1e-12)
    largest = max((len(each.works) for each in found), default=0)
    shares = f"{recall:.3f}   {chance:.6f}      {precision:.3f}  {equal:15.4f}"
    return f"{len(found):6}  {largest:7}   {shares}"


def main() -> None:
    """Print a table for each artist with titles, then the time that all works take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--artists", default="camille-pissarro,alfred-sisley")
    given = parser.parse_args()
    collection = open_collection(given.collection)
    artists = np.array(collection.table(["artist"])["artist"].fill_null(-1).to_pylist())
    titles = titles_of(collection, artists)
    stems = [title_stem(title) or "" for title in titles]
    features = features_of(collection, given.backbone, given.weights)
    for name in given.artists.split(","):
        own = np.flatnonzero(artists == collection.class_names["artist"].index(name))
        own = own[[bool(stems[work]) for work in own]]
        series = title_series([titles[work] for work in own], [0] * len(own))
        true = pairs_together(len(own), [each.works for each in series])
        print(f"{name}: {len(own):,} titled works, {true.sum():,} of {len(true):,} pairs share one")
        print(HEAD)
        for threshold in TRIED:
            called = next((key for key, each in THRESHOLDS.items() if each == threshold), "")
            print(f"  {threshold:.2f} {called:12}", row(features[own], true, threshold), flush=True)
    for called, threshold in THRESHOLDS.items():
        started = time.perf_counter()
        found = visual_series(features, artists, threshold)
        seconds = time.perf_counter() - started
        inside = sum(len(each.works) for each in found)
        print(f"{called}: {len(found)} series of {inside:,} works of all in {seconds:.1f} s")


if __name__ == "__main__":
    main()
