"""Whether a change of the code changed a figure: a fixed set of commands, and what they leave.

    python benchmarks/same.py record ../shared before --source some/checkout/src
    python benchmarks/same.py record ../shared after
    python benchmarks/same.py compare before after

`record` runs the commands below with the package in `--source` (by default the one installed) and
digests all that they leave: Parquet by its columns, JSON and JSON lines value by value, all else by
its bytes. Pages, pictures of pages and seconds are left out. `compare` prints what differs and ends
with 1 if anything does.
"""

import argparse
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

COMMANDS = {
    "demo": "demo demo --works 12",
    "ingest": "ingest shards three --top 4",
    "other": "ingest shards other --min-works 40",
    "plain": "train three --recipe plain --out plain {trained}",
    "default": "train three --out default {trained}",
    "grouped": "train three --split grouped --unknown-from other --out grouped {trained}",
    "both": "train three --recipe plain --split both --out both {trained}",
    "study": "study three --recipe wikiart-four-grid --backbones mobilenet_v2,squeezenet1_1"
    " --out study {common}",
    "search": "study three --search tpe --trials 6 --backbones mobilenet_v2 --out search {common}",
    "compare": "compare plain default --out comparison",
    "audit": "audit three --out audit {common}",
    "attribute": "attribute default {images} --json",
    "evidence": "attribute plain {images} --evidence why --audit audit --json",
    "describe": "describe shards",
    "show": "summary squeezenet1_1 --classes 4 --batch 32",
}
"""A name and what is typed, in order; later ones use what earlier ones left."""

SHARDS = 3
IMAGES = ("claude-monet", "vincent-van-gogh", "jan-vermeer")
PASSED_OVER = re.compile(r"\.(html|svg|png|db|lock)$|/report|TAKEN|\.txt$")
TIMES = re.compile(r"seconds|_per_epoch|^time|started|folder$|digest$|^files|when$|morelli$")


READERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".printed": json.loads,
    ".jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
    ".csv": lambda text: list(csv.DictReader(text.splitlines())),
}
"""How what a file holds is read, by its ending."""


def main() -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    recording = verbs.add_parser("record")
    recording.add_argument("shared", type=Path)
    recording.add_argument("out", type=Path)
    recording.add_argument("--source", type=Path)
    recording.add_argument("--only", nargs="*")
    comparing = verbs.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    options = parser.parse_args()
    if options.verb == "compare":
        return compare(options.before, options.after)
    record(options.shared.resolve(), options.out, options.source, options.only)
    return 0


def record(shared: Path, out: Path, source: Path | None, only: list[str] | None) -> None:
    """Run the commands in `out` and write `record.json` there."""
    (out / "shards").mkdir(parents=True, exist_ok=True)
    for shard in sorted((shared / "paintings/wikiart-mini/data").glob("*.parquet"))[:SHARDS]:
        if not (out / "shards" / shard.name).exists():
            (out / "shards" / shard.name).symlink_to(shard)
    common = f"--weights {shared / 'weights'} --cache cache"
    folders = [shared / "paintings/fullsize" / name for name in IMAGES]
    images = [str(path) for folder in folders for path in sorted(folder.glob("*.jpg"))[:2]]
    words = {
        "common": common,
        "trained": f"--backbone mobilenet_v2 {common}",
        "images": " ".join(images),
    }
    environment = dict(os.environ) | ({"PYTHONPATH": str(source.resolve())} if source else {})
    for name, command in COMMANDS.items():
        if not only or name in only:
            print(name, flush=True)
            run(out, name, command.format(**words).split(), environment)
    (out / "record.json").write_text(json.dumps(values_in(out), indent=1))


def run(out: Path, name: str, words: list[str], environment: dict[str, str]) -> None:
    """Run a command in `out` and keep what it prints."""
    typed = [sys.executable, "-m", "morelli", *words]
    done = subprocess.run(
        typed, cwd=out, env=environment, text=True, capture_output=True, check=False
    )
    (out / f"{name}.printed").write_text(done.stdout)
    if done.returncode:
        print(f"  ended with {done.returncode}: {done.stderr[-2000:]}")


def values_in(out: Path) -> dict[str, Any]:
    """Return each value in the files of a folder, by its place; `out` itself is called OUT."""
    here, values = str(out.resolve()), dict[str, Any]()
    for path in sorted(out.rglob("*")):
        place = path.relative_to(out).as_posix()
        if path.is_file() and not place.startswith("shards/") and path.name != "record.json":
            values |= {f"{place}: {key}": value for key, value in digest(path).items()}
    return {
        key: value.replace(here, "OUT") if isinstance(value, str) else value
        for key, value in values.items()
    }


def digest(path: Path) -> dict[str, Any]:
    """Return what a file holds, by the name of each part."""
    if PASSED_OVER.search(path.name):
        return {}
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return {name: hashed(repr(table[name].to_pylist()).encode()) for name in table.column_names}
    reader = READERS.get(path.suffix)
    if reader is None:
        return {"bytes": hashed(path.read_bytes())}
    try:
        return dict(flat(reader(path.read_text())))
    except ValueError:  # what a command prints is JSON only if it was asked for
        return {}


def flat(value: Any, place: str = "") -> list[tuple[str, Any]]:
    """Return each single value in nested ones with its place, without those that time decides."""
    if isinstance(value, dict):
        pairs = [(str(key), each) for key, each in value.items() if not TIMES.search(str(key))]
    elif isinstance(value, list):
        pairs = [(str(number), each) for number, each in enumerate(value)]
    else:
        return [(place, value)]
    return [found for key, each in pairs for found in flat(each, f"{place}.{key}")]


def hashed(content: bytes) -> str:
    """Return a short digest."""
    return hashlib.sha256(content).hexdigest()[:16]


def compare(before: Path, after: Path) -> int:
    """Print what differs between two records."""
    one, other = (json.loads((folder / "record.json").read_text()) for folder in (before, after))
    for key in one:
        if key not in other:
            print(f"gone   {key} = {one[key]!r:.80}")
        elif one[key] != other[key]:
            print(f"other  {key}: {one[key]!r:.80} -> {other[key]!r:.80}")
    for key in other:
        if key not in one:
            print(f"new    {key} = {other[key]!r:.80}")
    same = sum(key in other and one[key] == other[key] for key in one)
    print(f"{same:,} of {len(one):,} values are the same, {len(other):,} after")
    return int(same != len(one) or len(one) != len(other))


if __name__ == "__main__":
    sys.exit(main())
