"""Kill a grid and a search at random moments; their tables must be as if nothing had happened.

    python benchmarks/study_kills.py four --weights ../shared/weights --kills 5

Each study is run once undisturbed. Then, in a new folder, it is ended by SIGKILL at a random moment
of the first four fifths of that time and started again, five times over, and let end; a study that
ends before its fifth kill is begun anew. Features are cached beforehand.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from kills import run

STUDIES = {
    "grid": ["--dropout", "0.3,0.4,0.5", "--lr", "1e-4,3e-4,1e-3"],
    "search": ["--search", "tpe", "--trials", "20", "--seeds", "2", "--epochs", "8"],
}
"""What is compared, as options of `morelli study`."""


def same_table(
    name: str, command: list[str], folder: Path, kills: int, draw: random.Random
) -> bool:
    """Return whether a study killed again and again ends with the undisturbed one's table."""
    whole, other = folder / f"{name}-whole", folder / f"{name}-killed"
    run([*command, "--out", str(whole)])  # fills the cache, too
    started = time.perf_counter()
    run([*command, "--out", str(folder / f"{name}-timed")])
    seconds = time.perf_counter() - started
    done = 0
    while done < kills:
        moment, begun = draw.uniform(1.0, seconds * 0.8), time.perf_counter()
        if not run([*command, "--out", str(other)], kill_after=moment):
            print(f"{name}: ended after {done} kills; begun anew", flush=True)
            shutil.rmtree(other)
            seconds = min(seconds, time.perf_counter() - begun) if not done else seconds
            done = 0
            continue
        done += 1
        there = len(list((other / "trials").glob("*.json")))
        print(
            f"{name}: killed after {moment:.1f} of {seconds:.1f} s, {there} trials there",
            flush=True,
        )
    run([*command, "--out", str(other)])
    same = (whole / "results.csv").read_bytes() == (other / "results.csv").read_bytes()
    print(f"{name}: killed {done} times; the table is {'the same' if same else 'ANOTHER'}")
    return same


def main() -> None:
    """Run both and exit with 1 if a table differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbones", default="mobilenet_v2,squeezenet1_1,resnet50")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    draw = random.Random(given.seed)
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        for name, options in STUDIES.items():
            command = ["-m", "morelli", "study", given.collection, *options]
            command += ["--backbones", given.backbones, "--weights", given.weights]
            command += ["--cache", str(Path(folder) / "cache")]
            fine = same_table(name, command, Path(folder), given.kills, draw) and fine
    sys.exit(not fine)


if __name__ == "__main__":
    main()
