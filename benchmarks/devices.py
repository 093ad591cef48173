"""How far features of an accelerator lie from a processor's, and how quickly both are made.

    python benchmarks/devices.py COLLECTION --backbone mobilenet_v2 --weights WEIGHTS

In both number formats: works a second, the greatest difference from the processor's float32, and
the cosine distance, the largest and the median over works, by which evidence tells copies: features
are standardised, and `evidence.neighbours.SAME` is the limit below which two works are the same.
Then the distances of works that come alone from the same works in a full batch: by Morelli, which
fills batches up, and by the network as it is, whose greatest difference from Morelli's full batch
follows (CUDA rounds float32 to TF32). Without an accelerator a processor goes its way.
"""

import argparse
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from timing import rounds, spread

from morelli.data.collection import Collection, open_collection
from morelli.features.backbones import find_backbone
from morelli.features.extract import collection_features, shard_works
from morelli.features.extractor import BATCH, Extractor, extractor
from morelli.features.preprocess import Pixels
from morelli.features.weights import Frozen, load_backbone
from morelli.machine import Machine

ALONE = 24
"""Works that are forwarded alone."""

Floats = npt.NDArray[np.float32]


def extracted(collection: Collection, using: Extractor) -> Floats:
    """Return (n, d) features of a collection, by way of a fresh cache, as `train` does."""
    with tempfile.TemporaryDirectory() as cache:
        return np.concatenate(
            collection_features(collection, using, machine=Machine(cache=Path(cache)))
        )


def forwarded(using: Extractor, pixels: list[Pixels]) -> Floats:
    """Return (n, d) features of pixels as the network gives them, in a batch of this size."""
    with torch.inference_mode():
        given = using.normalised(pixels).to(using.device)
        return np.asarray(using.network(given).float().cpu().numpy(), np.float32)


def distances(one: Floats, other: Floats, works: Floats) -> str:
    """Return the cosine distances of features standardised by works: largest and median."""
    mean, std = works.mean(axis=0), works.std(axis=0)
    scaled = [(each - mean) / np.where(std > 0, std, 1) for each in (one, other)]
    unit = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in scaled]
    found = np.maximum(0, 1 - (unit[0].astype(np.float64) * unit[1]).sum(axis=1))
    return f"{found.max():.1g} ({np.median(found):.1g})"


def in_other_company(using: Extractor, pixels: list[Pixels], works: Floats) -> None:
    """Print how far works alone lie from the same in a full batch."""
    filled = using.forward(pixels).float().numpy()
    alone = np.concatenate(
        [using.forward([each]).float().numpy() for each in pixels[:ALONE]], dtype=np.float32
    )
    plain = [forwarded(using, [each]) for each in pixels[:ALONE]]
    batch = forwarded(using, pixels)
    print(f"    alone: {distances(alone, filled[:ALONE], works)}", end="")
    print(f"; as it is {distances(np.concatenate(plain), batch[:ALONE], works)}", end="")
    print(f", {np.abs(batch - filled).max():.2g}", flush=True)


def measure(collection: Collection, frozen: Frozen, count: int) -> None:
    """Print the figures of one backbone."""
    there = extractor(frozen).device
    there = "cpu:0" if there == "cpu" else there
    data = [image for _, image in shard_works(collection, 0)][:BATCH]
    wanted: Floats | None = None
    for number_format in ("float32", "bfloat16"):
        both = [
            replace(extractor(frozen), device=device, number_format=number_format, _ready=[])
            for device in ("cpu", there)
        ]
        found = [extracted(collection, using) for using in both]
        wanted = found[0] if wanted is None else wanted
        timed = {using.device: partial(extracted, collection, using) for using in both}
        seconds = rounds(timed, count, warm_up=False)
        for using, features in zip(both, found, strict=True):
            print(f"  {number_format} on {using.device}: ", end="")
            print(f"{spread([collection.works / each for each in seconds[using.device]])} works/s")
            print(f"    greatest difference {np.abs(features - wanted).max():.2g}", end="")
            print(f" of {np.abs(wanted).max():.3g}; {distances(features, wanted, wanted)}")
            in_other_company(using, [using.pixels("", each) for each in data], wanted)


def main() -> None:
    """Measure each backbone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", action="append")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    collection = open_collection(given.collection)
    for name in given.backbone or ["mobilenet_v2"]:
        print(f"{name}, {collection.works} works, torch {torch.__version__}", flush=True)
        measure(collection, load_backbone(find_backbone(name), given.weights), given.rounds)


if __name__ == "__main__":
    main()
