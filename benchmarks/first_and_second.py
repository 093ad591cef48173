"""What a first `train` takes against its feature extraction, and a second one against the first.

    python benchmarks/first_and_second.py COLLECTION --backbone mobilenet_v2 --weights FOLDER

Each round: the extraction alone, in a process that has loaded everything and starts from an empty
cache; a first `morelli train` as a whole process from an empty cache; a second one with another
dropout. Prints first / extraction and second / first, a round at a time.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import spread

ALONE = """
import sys, time
from pathlib import Path
from morelli.data.collection import open_collection
from morelli.features.backbones import find_backbone
from morelli.features.extract import collection_features
from morelli.features.extractor import extractor
from morelli.features.weights import load_backbone

collection, backbone, weights, cache = sys.argv[1:]
using = extractor(load_backbone(find_backbone(backbone), weights))
opened, _ = open_collection(collection), using.network
started = time.perf_counter()
collection_features(opened, using, cached=Path(cache))
print(time.perf_counter() - started)
"""


def seconds(*command: str) -> float:
    """Return how long a whole process takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    firsts, seconds_ = [], []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            alone = (given.collection, given.backbone, given.weights, f"{folder}/alone")
            said = subprocess.run(
                [sys.executable, "-c", ALONE, *alone], check=True, capture_output=True, text=True
            )
            extraction = float(said.stdout)
            train = ["-m", "morelli", "train", given.collection, "--cache", f"{folder}/cache"]
            train += ["--backbone", given.backbone, "--weights", given.weights, "--out"]
            first = seconds(*train, f"{folder}/first")
            second = seconds(*train, f"{folder}/second", "--dropout", "0.4")
            print(f"extraction {extraction:.2f} s, first {first:.2f} s, second {second:.2f} s")
            firsts.append(first / extraction)
            seconds_.append(second / first)
    print(f"first / extraction: {spread(firsts)}")
    print(f"second / first: {spread(seconds_)}", Path(given.collection).name)


if __name__ == "__main__":
    main()
