"""How close feature extraction comes to its limit, decode plus forward.

    python benchmarks/extraction.py SOURCE --backbone resnet18 --backbone alexnet

1,000 works of SOURCE are extracted with random weights, which cost what trained ones cost. The
limit is 1 / (decode + forward): decoding the JPEGs alone and the network's forward pass alone, both
on all cores and in the same number format. Forward runs in two ways, one batch on all threads and
a batch on each thread, and the quicker of the two counts. On an accelerator decoding costs the
forward pass nothing: there the limit is the slower of the two. Prints the ratio of the limit's time
to the extraction's, a round at a time: 1 is the limit.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from timing import rounds, spread

from morelli.data import decoding
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.selection import Selection
from morelli.features.backbones import find_backbone
from morelli.features.extract import collection_features, shard_works
from morelli.features.extractor import Extractor, extractor, one_thread_each
from morelli.features.weights import load_backbone
from morelli.machine import Machine
from morelli.parallel import ordered_map

WORKS = 1000
CORES = os.cpu_count() or 1


def decode_all(data: list[bytes]) -> None:
    """Decode JPEGs to RGB pixels on all cores."""
    for _ in ordered_map(decoding.decode, data, workers=CORES, ahead=4 * CORES):
        pass


def forward_together(network: torch.nn.Module, batches: list[torch.Tensor]) -> None:
    """One batch after another, each on all threads."""
    with torch.inference_mode():
        for batch in batches:
            network(batch)


def forward_apart(network: torch.nn.Module, batches: list[torch.Tensor]) -> None:
    """As many batches at a time as there are cores, each on one thread."""

    def alone(batch: torch.Tensor) -> None:
        torch.set_num_threads(1)
        with torch.inference_mode():
            network(batch)

    with one_thread_each():
        for _ in ordered_map(alone, batches, workers=CORES, ahead=2 * CORES):
            pass


def extract(collection: Collection, using: Extractor) -> None:
    """Extract features from the collection to a fresh cache, as `train` does."""
    with tempfile.TemporaryDirectory() as cache:
        collection_features(collection, using, machine=Machine(cache=Path(cache)))


def forward_there(using: Extractor, batches: list[torch.Tensor]) -> None:
    """One batch after another on an accelerator, on which they lie already."""
    with torch.inference_mode():
        told = [using.network(batch) for batch in batches]
    torch.cat(told).cpu()


def forwards(using: Extractor, batches: list[torch.Tensor]) -> dict[str, Callable[[], None]]:
    """Return the ways of the forward pass alone, by name."""
    if using.device != "cpu":
        there = [batch.to(using.device) for batch in batches]
        return {"forward": lambda: forward_there(using, there)}
    return {
        "together": lambda: forward_together(using.network, batches),
        "apart": lambda: forward_apart(using.network, batches),
    }


def measure(collection: Collection, backbone: str, number_format: str, count: int) -> None:
    """Print the ratio for one backbone."""
    frozen = load_backbone(find_backbone(backbone), "random")
    using = extractor(frozen, number_format=number_format)
    data = [
        image
        for shard in range(len(collection.shards))
        for _, image in shard_works(collection, shard)
    ]
    pixels = [using.pixels("", each) for each in data]
    batches = [
        using.normalised(pixels[start : start + using.batch])
        for start in range(0, len(pixels), using.batch)
    ]
    ways = forwards(using, batches)
    timed = {"decode": lambda: decode_all(data)} | ways
    seconds = rounds(timed | {"extraction": lambda: extract(collection, using)}, count)
    way = min(ways, key=lambda name: sum(seconds[name]))
    both, sign = (sum, "+") if using.device == "cpu" else (max, "or")
    limits = [both(pair) for pair in zip(seconds["decode"], seconds[way], strict=True)]
    ratios = [limit / whole for limit, whole in zip(limits, seconds["extraction"], strict=True)]
    print(f"{backbone}, {using.number_format} on {using.device}, {len(data)} works, {CORES} cores")
    for name, each in seconds.items():
        print(f"  {name:10} {spread([1000 * one / len(data) for one in each])} ms a work")
    print(f"  limit (decode {sign} {way}) / extraction: {spread(ratios)}", flush=True)


def main() -> None:
    """Ingest a sample and measure each backbone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("--backbone", action="append")
    parser.add_argument("--number-format", default="auto")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--works", type=int, default=WORKS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        collection = ingest(given.source, Path(folder) / "sample", Selection(sample=given.works))
        for backbone in given.backbone or ["resnet18", "alexnet"]:
            measure(collection, backbone, given.number_format, given.rounds)


if __name__ == "__main__":
    main()
