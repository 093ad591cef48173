"""Regions: a work cut into overlapping parts at two scales, and what each part says alone.

Giovanni Morelli told hands apart by details, not by the whole ("Die Werke italienischer Meister",
1880). Parts are cut from the original at its full resolution, where brushwork shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.classifier import Classifier
from morelli.evaluation.calibration import tempered
from morelli.features.backbones import Backbone
from morelli.features.joined import Joined
from morelli.features.preprocess import Pixels, preprocess

SCALES = (1 / 2, 1 / 3)
"""Side of a part, as a share of the image's short side. Quarters say less and cost twice as much:
see `docs/experiments.md`."""

MOST = 96
"""Parts at a scale, at most."""

LEAST = 32
"""Side in pixels of the smallest part that is looked at: below it there is no brushwork to see."""

GAP = 3
"""How much finer than the network's input parts are kept when a large image is reduced first."""

BATCH = 8
"""Parts that a worker has at a time; few, so that all workers end together."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of the upright original."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PartsFit:
    """What was learned about parts of a scale from works whose labels are known.

    Attributes:
        scale: Side of a part, as a share of the short side.
        temperature: By which log-probabilities are divided.
        accuracy: Share of these parts whose likeliest class is their work's label.
        parts: Their number.
        side: Median of their sides, in pixels: how fine the works were.
    """

    scale: float
    temperature: float
    accuracy: float
    parts: int
    side: float


@dataclass(frozen=True)
class Parts:
    """The parts of an image at one scale.

    Attributes:
        scale: Side of a part, as a share of the short side.
        boxes: Where they are.
        probabilities: (n, classes) float32, what each says alone, calibrated if `fit` is there.
        fit: How they were calibrated; None if they were not.
    """

    scale: float
    boxes: tuple[Box, ...]
    probabilities: Floats
    fit: PartsFit | None = None

    @property
    def predicted(self) -> npt.NDArray[np.int64]:
        """(n,) the likeliest class of each part."""
        likeliest: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return likeliest

    def agreeing(self, label: int) -> int:
        """Return how many parts say a class."""
        return int((self.predicted == label).sum())

    def disagreeing(self, label: int) -> tuple[int, ...]:
        """Return the parts that say another class, the surest first."""
        against = np.flatnonzero(self.predicted != label)
        confidence = self.probabilities.max(axis=1)[against]
        return tuple(against[np.argsort(-confidence, kind="stable")].tolist())


def boxes_of(size: tuple[int, int], scale: float, most: int = MOST) -> tuple[Box, ...]:
    """Cut an image into square parts that overlap by half, row by row; the edges are reached.

    Where that would be more than `most`, as in a scroll, they are spread evenly along the long
    side instead.

    Args:
        size: Width and height in pixels.
        scale: Side of a part, as a share of the short side, above 0, at most 1.
        most: Parts, at most.

    Returns:
        The parts; none where they would be smaller than `LEAST` pixels.
    """
    side = round(scale * min(size))
    if side < LEAST:
        return ()
    counts = [-(-2 * (length - side) // side) + 1 for length in size]
    long = 0 if size[0] >= size[1] else 1
    counts[1 - long] = min(counts[1 - long], most)
    counts[long] = min(counts[long], most // counts[1 - long])
    across, down = (_starts(length - side, n) for length, n in zip(size, counts, strict=True))
    return tuple((left, top, left + side, top + side) for top in down for left in across)


def _starts(room: int, count: int) -> list[int]:
    """Return `count` places from 0 to `room`, evenly spaced; a single one stands in the middle."""
    if count == 1:
        return [room // 2]
    return [round(room * number / (count - 1)) for number in range(count)]


def log_probabilities_of_parts(
    classifier: Classifier, image: Image.Image, boxes: Sequence[Box]
) -> Floats:
    """Return (n, classes) log-probabilities of parts of an image, on all workers.

    Args:
        classifier: Classifies each part as if it were a work.
        image: The upright sRGB original.
        boxes: The parts; the network sees each whole.
    """
    if not boxes:
        return np.zeros((0, len(classifier.class_names)), np.float32)
    using = classifier.using
    batches = [boxes[start : start + BATCH] for start in range(0, len(boxes), BATCH)]
    seen = partial(_seen, using, _reduced(using, image, boxes))
    return classifier.log_probabilities(using.features_by_workers(batches, seen))


def parts_seen(using: Joined, image: Image.Image, boxes: Sequence[Box]) -> list[list[Pixels]]:
    """Return for each network what it sees of parts of an image."""
    return _seen(using, _reduced(using, image, boxes), boxes)


def _reduced(
    using: Joined, image: Image.Image, boxes: Sequence[Box]
) -> dict[int, tuple[int, Image.Image]]:
    """Reduce an image once for parts that are far finer than what the network takes.

    Returns:
        For each side of a part, by what number sides are divided, and the image so reduced.
    """
    crop = max(part.frozen.backbone.crop for part in using.parts)
    factors = {side: max(1, side // (GAP * crop)) for side in {box[2] - box[0] for box in boxes}}
    return {
        side: (factor, image.reduce(factor) if factor > 1 else image)
        for side, factor in factors.items()
    }


def _seen(
    using: Joined, reduced: dict[int, tuple[int, Image.Image]], boxes: Sequence[Box]
) -> list[list[Pixels]]:
    parts = []
    for box in boxes:
        factor, image = reduced[box[2] - box[0]]
        left, top, side = (length // factor for length in (box[0], box[1], box[2] - box[0]))
        parts.append(image.crop((left, top, left + side, top + side)))
    return [_by(network.frozen.backbone, parts) for network in using.parts]


def _by(backbone: Backbone, parts: Sequence[Image.Image]) -> list[Pixels]:
    """Return what a network sees; parts are scaled to the crop itself, so that no edge is lost."""
    whole = replace(backbone, resize=backbone.crop)
    return [preprocess(part, whole) for part in parts]


def regions_of(
    classifier: Classifier,
    image: Image.Image,
    *,
    fits: Sequence[PartsFit] = (),
    scales: Sequence[float] = SCALES,
) -> tuple[Parts, ...]:
    """Cut an image into parts and ask the classifier about each alone.

    Args:
        classifier: Classifies each part as if it were a work.
        image: The upright sRGB original, at its full resolution.
        fits: How parts of each scale are calibrated, as `fits.fit_regions` learned it.
        scales: Sides of parts, as shares of the short side.

    Returns:
        The parts of each scale; a scale whose parts would be too small is left out.
    """
    cut = {scale: boxes for scale in scales if (boxes := boxes_of(image.size, scale))}
    every = [box for boxes in cut.values() for box in boxes]
    of_all = log_probabilities_of_parts(classifier, image, every)
    known = {fit.scale: fit for fit in fits}
    regions, start = [], 0
    for scale, boxes in cut.items():
        log_probabilities, fit = of_all[start : start + len(boxes)], known.get(scale)
        start += len(boxes)
        if fit:
            log_probabilities = tempered(log_probabilities, fit.temperature)
        regions.append(Parts(scale, boxes, np.exp(log_probabilities), fit))
    return tuple(regions)
