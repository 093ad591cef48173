"""How close ingest comes to what decoding, resizing and encoding alone need.

    python benchmarks/ingest.py FOLDER

FOLDER holds a folder of full-size images for each class. The baseline opens, converts, scales and
encodes each image with Pillow on all cores, by the same filter and quality, and keeps nothing.
Ingest also reads labels, hashes, measures what the source was like, and writes the shards. Prints
the ratio of the baseline's time to ingest's, a round at a time.
"""

import argparse
import io
import os
import tempfile
from pathlib import Path

from PIL import Image
from timing import rounds, spread

from morelli.data.decoding import SUFFIXES, scaled
from morelli.data.ingest import SIZE, ingest
from morelli.data.stored import QUALITY
from morelli.parallel import ordered_map

CORES = os.cpu_count() or 1


def decode_resize_encode(path: Path) -> None:
    """Do to one image what cannot be left out."""
    with Image.open(io.BytesIO(path.read_bytes())) as opened:
        image = opened.convert("RGB")
    if min(image.size) > SIZE:
        image = image.resize(scaled(image.size, SIZE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    image.save(io.BytesIO(), "JPEG", quality=QUALITY, subsampling=0)


def baseline(paths: list[Path]) -> None:
    """Do it to all, on all cores."""
    for _ in ordered_map(decode_resize_encode, paths, workers=CORES, ahead=4 * CORES):
        pass


def whole(folder: Path) -> None:
    """Ingest the folder to a fresh place."""
    with tempfile.TemporaryDirectory() as out:
        ingest(folder, Path(out) / "collection")


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    paths = sorted(path for path in given.folder.glob("*/**/*") if path.suffix in SUFFIXES)
    seconds = rounds(
        {"baseline": lambda: baseline(paths), "ingest": lambda: whole(given.folder)}, given.rounds
    )
    ratios = [a / b for a, b in zip(seconds["baseline"], seconds["ingest"], strict=True)]
    for name, values in seconds.items():
        print(f"{name:9} {spread([1000 * each / len(paths) for each in values])} ms an image")
    print(f"baseline / ingest, {len(paths)} images, {CORES} cores: {spread(ratios)}")


if __name__ == "__main__":
    main()
