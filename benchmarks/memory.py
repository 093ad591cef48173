"""Whether memory grows with the collection: peak resident size on all shards against three.

    python benchmarks/memory.py FOLDER_OF_SHARDS --backbone mobilenet_v2 --weights FOLDER

Each measurement is a process of its own. Prints the ratio for ingest and for feature extraction.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FEW = 3

EXTRACT = """
import sys
from pathlib import Path
from morelli.data.collection import open_collection
from morelli.features.backbones import find_backbone
from morelli.features.extract import collection_features
from morelli.features.extractor import extractor
from morelli.features.weights import load_backbone
from morelli.machine import Machine

collection, backbone, weights, cache = sys.argv[1:]
using = extractor(load_backbone(find_backbone(backbone), weights))
collection_features(open_collection(collection), using, machine=Machine(cache=Path(cache)))
"""


def peak(*command: str) -> float:
    """Run a command and return its peak resident size in MB."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="random")
    given = parser.parse_args()
    shards = sorted(given.folder.resolve().glob("*.parquet"))
    peaks: dict[str, list[float]] = {"ingest": [], "extraction": []}
    with tempfile.TemporaryDirectory() as folder:
        for count in (FEW, len(shards)):
            some = Path(folder) / f"shards-{count}"
            some.mkdir()
            for shard in shards[:count]:
                (some / shard.name).symlink_to(shard)
            out = f"{folder}/collection-{count}"
            ingest = ("-m", "morelli", "ingest", str(some), out, "--include-unknown")
            peaks["ingest"].append(peak(*ingest))
            cache = f"{folder}/cache-{count}"
            extract = ("-c", EXTRACT, out, given.backbone, given.weights, cache)
            peaks["extraction"].append(peak(*extract))
    for name, (few, many) in peaks.items():
        print(
            f"{name}: {few:.0f} MB on {FEW} shards, {many:.0f} MB on {len(shards)}: "
            f"{many / few:.2f} times"
        )


if __name__ == "__main__":
    main()
