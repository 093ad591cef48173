"""How parts are calibrated: on parts of a few works that the head was not trained on."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.classifier import Classifier
from morelli.data import decoding
from morelli.data.folders import ResultFolder
from morelli.data.records import as_json, from_json
from morelli.evaluation.calibration import fit_temperature
from morelli.evidence.regions import (
    GAP,
    SCALES,
    Box,
    Floats,
    PartsFit,
    boxes_of,
    parts_seen,
)
from morelli.features import cache
from morelli.features.joined import Joined
from morelli.features.preprocess import Pixels

SETTINGS = "parts.json"

PARTS_FITS = ResultFolder(
    kind="calibration of parts",
    manifest=SETTINGS,
    format=1,
    missing="{folder} does not say how parts are calibrated (it has no {manifest})",
)
"""How parts are calibrated, in a classifier's folder: when it is whole."""

WORKS = 96
"""Works that are enough to calibrate parts on: see `docs/experiments.md`."""

PER_SCALE = 2
"""Parts of a work and scale that are drawn; few, as parts of one work are alike."""


@dataclass(frozen=True)
class DrawnParts:
    """Parts of works, drawn for calibration.

    Attributes:
        boxes: For each work, where its parts are.
        scales: (n,) for each part of all works, the number of its scale.
        works: (n,) the number of its work.
        sides: (n,) its side in pixels.
    """

    boxes: tuple[tuple[Box, ...], ...]
    scales: npt.NDArray[np.int64]
    works: npt.NDArray[np.int64]
    sides: npt.NDArray[np.int64]


def fit_regions(
    classifier: Classifier,
    works: Sequence[tuple[bytes, int]],
    *,
    scales: Sequence[float] = SCALES,
    per_scale: int = PER_SCALE,
    seed: int = 0,
    cached: Path | None = None,
) -> tuple[PartsFit, ...]:
    """Calibrate what parts say alone, on works that the head was not trained on.

    Args:
        classifier: Classifies each part as if it were a work.
        works: Image files and labels of some works of val; `WORKS` are enough.
        scales: Sides of parts, as shares of the short side.
        per_scale: Parts of each work and scale that are drawn, at most.
        seed: Draws them.
        cached: Cache folder in which the parts' features are kept, for other heads on the same
            works; they are not kept without.

    Returns:
        How parts of each scale are calibrated; without a scale for which all works are too small.
    """
    files = [data for data, _ in works]
    drawn = draw_parts(files, scales, per_scale, seed)
    if not len(drawn.sides):
        return ()
    features = _cached_features(classifier.using, files, drawn, cached)
    log_probabilities = classifier.log_probabilities(features)
    labels = np.array([label for _, label in works], np.int64)[drawn.works]
    return tuple(
        fit_parts(scale, log_probabilities[chosen], labels[chosen], drawn.sides[chosen])
        for number, scale in enumerate(scales)
        if (chosen := drawn.scales == number).any()
    )


def fit_parts(
    scale: float,
    log_probabilities: Floats,
    labels: npt.NDArray[np.int64],
    sides: npt.NDArray[np.int64],
) -> PartsFit:
    """Learn how sure a part of a scale may be, from parts of works that were not trained on.

    Args:
        scale: Side of a part, as a share of the short side.
        log_probabilities: (n, classes) of the parts, as
            `regions.log_probabilities_of_parts` gives them.
        labels: (n,) labels of their works.
        sides: (n,) their sides in pixels.

    Raises:
        ValueError: Without parts.
    """
    return PartsFit(
        scale,
        fit_temperature(log_probabilities, labels),
        float((log_probabilities.argmax(axis=1) == labels).mean()),
        len(labels),
        float(np.median(sides)),
    )


def draw_parts(
    works: Sequence[bytes], scales: Sequence[float], per_scale: int, seed: int
) -> DrawnParts:
    """Draw parts of works; only the heads of the image files are read.

    Args:
        works: Image files as a collection keeps them.
        scales: Sides of parts, as shares of the short side.
        per_scale: Parts of each work and scale, at most.
        seed: Draws them.
    """
    random = np.random.default_rng(seed)
    boxes: list[tuple[Box, ...]] = []
    about: list[tuple[int, int, int]] = []
    for work, data in enumerate(works):
        theirs: list[Box] = []
        for number, scale in enumerate(scales):
            every = boxes_of(Image.open(io.BytesIO(data), formats=decoding.FORMATS).size, scale)
            for which in random.choice(len(every), min(per_scale, len(every)), replace=False):
                theirs.append(every[which])
                about.append((number, work, every[which][2] - every[which][0]))
        boxes.append(tuple(theirs))
    columns = np.array(about, np.int64).reshape(-1, 3)
    return DrawnParts(tuple(boxes), *columns.T)


def _cached_features(
    using: Joined, works: Sequence[bytes], drawn: DrawnParts, cached: Path | None
) -> Floats:
    """Return (n, d) features of drawn parts, from the cache where they are there."""
    if cached is None:
        return _features(using, works, drawn)
    folder = cache.open_cache(cached, "parts")
    key = cache.key_of(_described(using, works, drawn))
    kept = cache.read_arrays(folder, key, ("features",))
    if kept is not None:
        return kept["features"]
    features = _features(using, works, drawn)
    cache.write_arrays(folder, key, {"features": features})
    return features


def _described(using: Joined, works: Sequence[bytes], drawn: DrawnParts) -> dict[str, object]:
    """Return all that the features of drawn parts depend on, for the cache key."""
    digest = hashlib.sha256()
    for data, boxes in zip(works, drawn.boxes, strict=True):
        digest.update(f"{len(data)}:{boxes}:".encode())
        digest.update(data)
    return {
        "parts": len(drawn.sides),
        "gap": GAP,
        "images": digest.hexdigest(),
        "by": [part.described(None) for part in using.parts],
    }


def _features(using: Joined, works: Sequence[bytes], drawn: DrawnParts) -> Floats:
    """Return (n, d) features of drawn parts, a work a task, on all workers."""
    with_parts = [pair for pair in zip(works, drawn.boxes, strict=True) if pair[1]]
    return using.features_by_workers(with_parts, partial(_seen, using))


def _seen(using: Joined, pair: tuple[bytes, tuple[Box, ...]]) -> list[list[Pixels]]:
    return parts_seen(using, decoding.decode(pair[0]), pair[1])


def save_fits(folder: Path, fits: Sequence[PartsFit]) -> None:
    """Write how parts are calibrated to a folder, as JSON that vouches for itself.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    PARTS_FITS.finish(folder, (), {"scales": as_json(fits)})


def load_fits(folder: Path) -> tuple[PartsFit, ...]:
    """Read how parts are calibrated from the folder that `save_fits` wrote to.

    Raises:
        BadFolder: If the file is not there, or was altered.
    """
    settings = PARTS_FITS.read(folder)
    return from_json(settings.get("scales"), tuple[PartsFit, ...], folder / SETTINGS)
