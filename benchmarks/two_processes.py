"""What a second process adds to a search, a thread each; and that no trial is done twice.

    python benchmarks/two_processes.py four --weights ../shared/weights

One process does all trials alone, then two share as many. Features are cached beforehand. Seconds
are those of whole processes, from start to end.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ALONE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A thread for each process."""


def work(command: list[str], processes: int) -> tuple[float, list[list[int]]]:
    """Run a study in so many processes; return the seconds, and which trials each did."""
    started = time.perf_counter()
    running = [
        subprocess.Popen(
            [sys.executable, *command],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=os.environ | ALONE,
        )
        for _ in range(processes)
    ]
    said = [process.communicate()[1] for process in running]
    seconds = time.perf_counter() - started
    if any(process.returncode for process in running):
        raise SystemExit("\n".join(said)[-2000:])
    return seconds, [[int(n) for n in re.findall(r"^Trial (\d+):", one, re.M)] for one in said]


def main() -> None:
    """Print how many trials each process did, and the throughput of two against one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--trials", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "morelli", "study", given.collection, "--backbones", given.backbone]
        command += ["--weights", given.weights, "--search", "tpe", "--workers", "1"]
        command += ["--cache", str(Path(folder) / "cache")]
        work([*command, "--trials", "2", "--out", str(Path(folder) / "first")], 1)
        command += ["--trials", str(given.trials)]
        one, _ = work([*command, "--out", str(Path(folder) / "one")], 1)
        two, done = work([*command, "--out", str(Path(folder) / "two")], 2)
    every = sorted(number for numbers in done for number in numbers)
    twice = len(every) - len(set(every))
    shares = " and ".join(str(len(each)) for each in done)
    print(f"{given.trials} trials: alone {one:.1f} s; two processes did {shares} in {two:.1f} s")
    print(f"throughput of two against one: {one / two:.2f}; done twice: {twice}")
    sys.exit(every != list(range(given.trials)))


if __name__ == "__main__":
    main()
