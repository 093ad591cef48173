"""Quality: classes of very unequal size, tiny ones, and images that say little."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.data import decoding
from morelli.data.collection import QUARANTINE, Collection
from morelli.features.extract import shard_works
from morelli.parallel import ordered_map
from morelli.progress import Progress, Silent

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FEW = 10
"""Classes with fewer works are called tiny: a test has two of them or less."""

FEWEST = 3
"""Classes with fewer works are left out of training: they cannot stand in three splits."""

INPUT = 224
"""Short side in pixels that most networks take in."""

GREY = 4.0
"""Mean chroma below which an image is near-grey."""

FLAT = 3.0
"""Spread of grey values (0 to 255) below which an image is one colour."""

SIDE = 64
"""Short side in pixels at which colours are measured."""

_WORKERS = 2


@dataclass(frozen=True)
class Classes:
    """How works are spread over classes.

    Attributes:
        counts: For each label that has works, their number.
        ratio: The largest class's works to the smallest's; 0 without classes.
        effective: Number of equally large classes that would be as hard to guess: the exponential
            of the entropy (Hill 1973, "Diversity and evenness").
        tiny: Labels with fewer works than `FEW`, fewest works first.
        left_out: Labels with fewer than `FEWEST`.
    """

    counts: dict[int, int]
    ratio: float
    effective: float
    tiny: tuple[int, ...]
    left_out: tuple[int, ...]


@dataclass(frozen=True)
class Colours:
    """What colours works have.

    Attributes:
        chroma: (n,) mean chroma: the distance from grey in Cb and Cr (0 to 181).
        spread: (n,) standard deviation of grey values (0 to 255).
    """

    chroma: Floats
    spread: Floats


@dataclass(frozen=True)
class Quarantined:
    """A work that ingest could not use.

    Attributes:
        shard: Name of the source's shard; empty where it has none.
        row: Its row there.
        path: Its path, as the source gives it; empty where there is none.
        reason: Why it is unusable.
    """

    shard: str
    row: int
    path: str
    reason: str


@dataclass(frozen=True)
class Quality:
    """What may make works hard to learn from, as indices in the order of the collection's table.

    Attributes:
        classes: How works are spread over classes.
        low_resolution: Works whose stored image has a short side below `INPUT`, smallest first.
        short_sides: (n,) short sides of the stored images in pixels.
        near_grey: Works whose mean chroma is below `GREY`, the greyest first.
        one_colour: Works whose grey values spread less than `FLAT`, the flattest first.
        colours: What the last two follow from.
        quarantined: Works that ingest could not use.
    """

    classes: Classes
    low_resolution: Ints
    short_sides: Ints
    near_grey: Ints
    one_colour: Ints
    colours: Colours
    quarantined: tuple[Quarantined, ...]


def quality(collection: Collection, labels: Ints, progress: Progress | None = None) -> Quality:
    """Look at a collection's class sizes, image sizes and colours.

    Args:
        collection: The works.
        labels: (n,) labels in the order of the collection's table; negative where there is none.
        progress: Hears how many images were looked at.

    Raises:
        BadFolder: If a shard is damaged.
    """
    sides = short_sides(collection)
    colours = measured_colours(collection, progress)
    return Quality(
        classes=class_sizes(labels),
        low_resolution=_below(sides, INPUT),
        short_sides=sides,
        near_grey=_below(colours.chroma, GREY),
        one_colour=_below(colours.spread, FLAT),
        colours=colours,
        quarantined=read_quarantine(collection),
    )


def class_sizes(labels: Ints) -> Classes:
    """Return how works are spread over classes.

    Args:
        labels: (n,) labels; negative where there is none.
    """
    present, counts = np.unique(labels[labels >= 0], return_counts=True)
    sizes = {int(label): int(count) for label, count in zip(present, counts, strict=True)}
    shares = counts / max(1, counts.sum())
    rising = sorted(sizes, key=lambda label: (sizes[label], label))
    return Classes(
        counts=sizes,
        ratio=float(counts.max() / counts.min()) if len(counts) else 0.0,
        effective=float(np.exp(-(shares * np.log(shares)).sum())) if len(counts) else 0.0,
        tiny=tuple(label for label in rising if sizes[label] < FEW),
        left_out=tuple(label for label in rising if sizes[label] < FEWEST),
    )


def short_sides(collection: Collection) -> Ints:
    """Return (n,) short sides of the images as the collection keeps them, in pixels."""
    table = collection.table(["width", "height"])
    sides = np.minimum(
        *(np.array(table[name].to_pylist(), np.int64) for name in table.column_names)
    )
    return sides if collection.size is None else np.minimum(sides, collection.size)


def measured_colours(collection: Collection, progress: Progress | None = None) -> Colours:
    """Look at every image once, small, and return what colours it has.

    Raises:
        BadFolder: If a shard is damaged.
    """
    progress, colours = progress or Silent(), []
    stream = ordered_map(_colours, _every_image(collection), workers=_WORKERS, ahead=8 * _WORKERS)
    for number, pair in enumerate(stream, 1):
        colours.append(pair)
        if number % 100 == 0 or number == collection.works:
            progress.step("colours", number, collection.works, "works")
    both = np.array(colours, np.float64).reshape(-1, 2)
    return Colours(both[:, 0], both[:, 1])


def colours_of(image: Image.Image) -> tuple[float, float]:
    """Return mean chroma and spread of grey values of an RGB image, as `Colours` has them."""
    grey, blue, red = np.moveaxis(np.asarray(image.convert("YCbCr"), np.float32), 2, 0)
    return float(np.hypot(blue - 128, red - 128).mean()), float(grey.std())


def read_quarantine(collection: Collection) -> tuple[Quarantined, ...]:
    """Return the works that ingest could not use; none where the list is gone."""
    path = collection.folder / QUARANTINE
    if not path.is_file():
        return ()
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return tuple(
        Quarantined(row["shard"], int(row["row"]), row["path"], row["reason"]) for row in rows
    )


def _colours(data: bytes) -> tuple[float, float]:
    return colours_of(decoding.decode(data, SIDE))


def _every_image(collection: Collection) -> Iterator[bytes]:
    for shard in range(len(collection.shards)):
        for _, data in shard_works(collection, shard):
            yield data


def _below(values: Sequence[float] | Floats | Ints, limit: float) -> Ints:
    """Return the indices of values below a limit, the least first."""
    numbers = np.asarray(values)
    order = np.argsort(numbers, kind="stable")
    return np.asarray(order[numbers[order] < limit], np.int64)
