"""How well copies of works are found: variants among real works, and the copies among these.

    python benchmarks/copies.py COLLECTION --weights ../shared/weights --sheets DIR

Variants are made of works drawn by a seed: one for each transform, and one with all. They are put
among all works of the collection; a variant should be paired with its own work and no other. The
works that thresholds were chosen on are never drawn. Prints recall and precision, the pairs of a
variant and another work, seconds and memory, and how many clusters the collection itself has. The
sheets show those other pairs, clusters drawn by the seed, and all pairs of two artists.
"""

import argparse
import io
import itertools
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from morelli.audit.checks.copies import Copies, clusters, find_copies
from morelli.audit.checks.small_pictures import Small, joined, small_of, small_pictures
from morelli.data import decoding
from morelli.data.chance import seeded_hash
from morelli.data.collection import Collection, open_collection
from morelli.features.backbones import find_backbone
from morelli.features.extract import collection_features, shard_works
from morelli.features.extractor import Extractor, extractor
from morelli.features.weights import load_backbone
from morelli.machine import Machine

TUNED = 1
"""Seed of the 500 works on whose variants thresholds were chosen."""

CELL = 130
"""Longest side of a picture on a sheet, in pixels."""

Random = np.random.Generator
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def encoded(image: Image.Image, random: Random) -> Image.Image:
    """Encode as JPEG at a quality between 40 and 90, and decode again."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=int(random.integers(40, 91)))
    return Image.open(buffer)


def resized(image: Image.Image, random: Random) -> Image.Image:
    """Resize both sides by one factor between 0.4 and 2, even on a scale of ratios."""
    factor = float(np.exp(random.uniform(np.log(0.4), np.log(2))))
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def cropped(image: Image.Image, random: Random) -> Image.Image:
    """Cut off up to 5 % at each side, drawn apart."""
    left, top, right, bottom = random.uniform(0, 0.05, 4)
    box = (left * image.width, top * image.height, (1 - right) * image.width)
    return image.crop((*map(round, box), round((1 - bottom) * image.height)))


def squashed(image: Image.Image, random: Random) -> Image.Image:
    """Squash to a square of 256 pixels."""
    del random
    return image.resize((256, 256), Image.Resampling.BICUBIC)


def shifted(image: Image.Image, random: Random) -> Image.Image:
    """Change exposure, contrast (by gamma) and white balance."""
    gain = random.uniform(0.75, 1.3) * random.uniform(0.85, 1.15, 3)
    gamma, offset = random.uniform(0.75, 1.33), random.uniform(-0.06, 0.06)
    values = (np.asarray(image) / 255.0) ** gamma * gain + offset
    return Image.fromarray((values * 255).clip(0, 255).astype(np.uint8))


def grey(image: Image.Image, random: Random) -> Image.Image:
    """Take the colour away."""
    del random
    return image.convert("L").convert("RGB")


def all_of_them(image: Image.Image, random: Random) -> Image.Image:
    """Apply all, encoding last."""
    for transform in (cropped, squashed, resized, shifted, grey, encoded):
        image = transform(image, random)
    return image


TRANSFORMS: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "encoded": encoded,
    "resized": resized,
    "cropped": cropped,
    "squashed": squashed,
    "shifted": shifted,
    "grey": grey,
    "all": all_of_them,
}


def variants(works: list[tuple[str, bytes]], seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield a variant of each work by each transform, (id, bytes without further loss)."""
    for work, data in works:
        image = decoding.decode(data)
        for name, transform in TRANSFORMS.items():
            random = np.random.default_rng(int(seeded_hash(seed, work, name)[:16], 16))
            buffer = io.BytesIO()
            transform(image, random).save(buffer, "BMP")
            yield f"{work}:{name}", buffer.getvalue()


def drawn(works: int, seed: int, count: int) -> Ints:
    """Draw places of works, ascending, none of those that thresholds were chosen on."""
    tuned = np.random.default_rng(TUNED).choice(works, 500, replace=False)
    left = np.setdiff1d(np.arange(works), tuned)
    return np.sort(np.random.default_rng(seed).choice(left, count, replace=False))


def chosen_works(collection: Collection, places: set[int]) -> dict[int, tuple[str, bytes]]:
    """Return (work id, image bytes) of the works at some places."""
    shards = range(len(collection.shards))
    every = (each for shard in shards for each in shard_works(collection, shard))
    return {place: each for place, each in enumerate(every) if place in places}


def features_of(works: Iterator[tuple[str, bytes]], using: Extractor) -> Floats:
    """Return features of works, (n, d)."""

    def batches() -> Iterator[list[tuple[str, bytes]]]:
        while batch := list(itertools.islice(works, using.batch)):
            yield batch

    return np.concatenate([each.float().numpy() for each in using.extract(batches(), None)])


def variants_among(
    collection: Collection, using: Extractor, real: tuple[Small, Floats], works: int, seed: int
) -> tuple[Copies, Ints]:
    """Return what is found among all works and variants of some, and each variant's work."""
    small, features = real
    places = drawn(len(small), seed, works)
    chosen = list(chosen_works(collection, set(places.tolist())).values())
    pictures = joined([small, small_of(variants(chosen, seed))])
    theirs = features_of(variants(chosen, seed), using)
    found = find_copies(pictures, np.concatenate([features, theirs]))
    return found, places.repeat(len(TRANSFORMS))


def told(found: Copies, own: Ints, among: Copies) -> list[list[int]]:
    """Print recall and precision of each transform.

    Args:
        found: Pairs among works and variants, the variants last.
        own: (variants,) the work of each.
        among: Pairs among the works alone; a variant of one goes with the other as well.

    Returns:
        The pairs of a variant's work and another.
    """
    first, second = found.pairs[(found.pairs[:, 0] < among.works)].T
    first, variant = first[second >= among.works], second[second >= among.works] - among.works
    alike = np.arange(among.works)
    for part in clusters(among):
        alike[part] = part[0]
    right, also = first == own[variant], alike[first] == alike[own[variant]]
    print("variants   recall  precision  pairs with: own work, its copies, others")
    for number, name in enumerate([*TRANSFORMS, "together"]):
        rows = (variant % len(TRANSFORMS) == number) | (name == "together")
        count = len(own) if name == "together" else len(own) // len(TRANSFORMS)
        hits, copies = int((rows & right).sum()), int((rows & ~right & also).sum())
        others = int((rows & ~also).sum())
        precision = hits / max(1, hits + others)
        print(f"{name:9}  {hits / count:.4f}  {precision:.4f}     {hits}, {copies}, {others}")
    rest = zip(first[~also].tolist(), own[variant[~also]].tolist(), strict=True)
    return [list(pair) for pair in sorted(set(rest))]


def sheet(collection: Collection, rows: list[list[int]], texts: list[str], path: Path) -> None:
    """Draw works side by side, a cell for each row of works, four cells across."""
    stored = chosen_works(collection, {place for row in rows for place in row})
    wide = (CELL + 2) * max(map(len, rows), default=1) + 8
    canvas = Image.new("RGB", (wide * 4, (CELL + 16) * -(-len(rows) // 4)), "white")
    draw = ImageDraw.Draw(canvas)
    for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
        left, top = number % 4 * wide, number // 4 * (CELL + 16)
        draw.text((left, top), text, fill="black")
        for place in row:
            image = decoding.decode(stored[place][1])
            image.thumbnail((CELL, CELL))
            canvas.paste(image, (left, top + 13))
            left += CELL + 2
    canvas.save(path)


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Print the seconds that a block takes: by the clock, and of processors."""
    clock, processors = time.perf_counter(), time.process_time()
    yield
    clock, processors = time.perf_counter() - clock, time.process_time() - processors
    print(f"{name}: {clock:.1f} s, {processors:.1f} s of processors", flush=True)


def report_real(collection: Collection, found: Copies, folder: Path | None, seed: int) -> None:
    """Print what was found among the works, by artist, and draw sheets of it."""
    names = np.array([*collection.class_names["artist"], "none"])
    artists = names[collection.table(["artist"])["artist"].fill_null(-1).to_numpy()]
    parts = clusters(found)
    sizes = Counter(map(len, parts))
    print(f"{len(found.pairs)} pairs, {found.exact.sum()} exact; clusters by size: {dict(sizes)}")
    both = [tuple(sorted(artists[pair])) for pair in found.pairs]
    for (one, other), count in Counter(both).most_common():
        print(f"{count:5}  {one}" + (f" and {other}" if one != other else ""))
    if folder is None:
        return
    order = np.random.default_rng(seed).permutation(len(parts))[:50]
    some = [parts[number].tolist() for number in order]
    sheet(collection, some, [artists[each[0]] for each in some], folder / "clusters.png")
    mixed = [pair.tolist() for pair in found.pairs if len(set(artists[pair])) > 1]
    texts = [" / ".join(artists[each]) for each in mixed]
    sheet(collection, mixed, texts, folder / "artists.png")


def main() -> None:
    """Print the figures and draw the sheets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--works", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheets", type=Path)
    given = parser.parse_args()
    collection = open_collection(given.collection)
    using = extractor(load_backbone(find_backbone(given.backbone), given.weights))
    features = np.concatenate(collection_features(collection, using))
    with tempfile.TemporaryDirectory() as fresh:
        for name in ("pictures, made", "pictures, cached"):
            with timed(name):
                small = small_pictures(collection, machine=Machine(cache=Path(fresh)))
    with timed("copies by hash alone"):
        alone = find_copies(small)
    with timed("copies by hash and features"):
        among = find_copies(small, features)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MiB; {len(alone.pairs)} pairs without features")
    report_real(collection, among, given.sheets, given.seed)
    real = small, features
    found, own = variants_among(collection, using, real, given.works, given.seed)
    others = told(found, own, among)
    print(f"{len(others)} pairs of works stand behind the others")
    if given.sheets is not None:
        sheet(collection, others, [""] * len(others), given.sheets / "others.png")


if __name__ == "__main__":
    main()
