"""Kill ingest and feature extraction at random moments; the end must be as if nothing happened.

    python benchmarks/kills.py SOURCE --backbone mobilenet_v2 --weights FOLDER --kills 20

Each trial starts in an empty place, is ended by SIGKILL at a random moment of its work, and is
started again. Then every file is compared, byte for byte, with those of an undisturbed run.
"""

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from memory import EXTRACT


def state(folder: Path) -> dict[str, str]:
    """Return every file below a folder with the SHA-256 of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(command: list[str], *, kill_after: float | None = None) -> bool:
    """Run a command; return whether it was killed before it ended."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _, said = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    if process.returncode:
        raise SystemExit(f"ended with {process.returncode}: {said[-2000:]}")
    return False


def trials(name: str, command: list[str], made: Path, kills: int, draw: random.Random) -> bool:
    """Kill a command again and again; return whether all ended like the undisturbed one."""
    started = time.perf_counter()
    run(command)
    whole = time.perf_counter() - started
    wanted = state(made)
    same = done = partly = 0
    while done < kills:
        shutil.rmtree(made)
        moment = draw.uniform(0.2, whole)
        if not run(command, kill_after=moment):
            continue
        done += 1
        left = state(made) if made.is_dir() else {}
        partly += bool(left) and left != wanted
        run(command)
        same += state(made) == wanted
        print(
            f"{name} {done:2}: killed after {moment:.2f} of {whole:.2f} s, {len(left)} of "
            f"{len(wanted)} files there, {same} of {done} ended the same",
            flush=True,
        )
    print(f"{name}: {same} of {kills} the same byte for byte; {partly} kills left a part behind")
    return same == kills


def main() -> None:
    """Run both and exit with 1 if any end state differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--sample", default="800", help="works for the extraction")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    draw = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        four, some, cache = (Path(folder) / name for name in ("four", "some", "cache"))
        ingest = ["-m", "morelli", "ingest", given.source, str(four), "--top", "4"]
        fine = trials("ingest", ingest, four, given.kills, draw)
        run(["-m", "morelli", "ingest", given.source, str(some), "--sample", given.sample])
        extract = ["-c", EXTRACT, str(some), given.backbone, given.weights, str(cache)]
        fine = trials("extraction", extract, cache, given.kills, draw) and fine
    sys.exit(not fine)


if __name__ == "__main__":
    main()
