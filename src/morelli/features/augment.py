"""Random views of training works, drawn from (seed, work, view): the same on every run."""

import math
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

from morelli.data.chance import seeded_generator
from morelli.features.backbones import Backbone
from morelli.features.preprocess import Pixels, central, resampling

_TRIES = 10


@dataclass(frozen=True)
class Augmentation:
    """The study's augmentation, in the order in which it is applied.

    Attributes:
        size: Side in pixels of the random crop, once scaled.
        scale: Least and largest share of the image's area that the crop takes.
        ratio: Least and largest aspect (width by height) of the crop.
        degrees: Largest rotation to either side; corners turn black.
        flip: Probability of a horizontal flip.
    """

    size: int = 256
    scale: tuple[float, float] = (0.8, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    degrees: float = 15.0
    flip: float = 0.5

    def described(self) -> dict[str, object]:
        """Return the settings, for the cache key."""
        return asdict(self)


STUDY = Augmentation()


def view_of(
    image: Image.Image,
    backbone: Backbone,
    augmentation: Augmentation,
    *,
    seed: int,
    work: str,
    view: int,
) -> Pixels:
    """Return one random view of a work, followed by the backbone's central crop.

    Args:
        image: RGB.
        backbone: Says crop and interpolation.
        augmentation: Says what is drawn.
        seed: With `work` and `view` it decides what is drawn.
        work: The work's id.
        view: Number of the view, from 0.

    Returns:
        (crop, crop, 3) uint8.
    """
    random = seeded_generator(seed, work, view)
    left, top, width, height = _crop(random, *image.size, augmentation)
    square = (augmentation.size, augmentation.size)
    image = image.resize(square, resampling(backbone), box=(left, top, left + width, top + height))
    angle = random.uniform(-augmentation.degrees, augmentation.degrees)
    image = image.rotate(angle, Image.Resampling.NEAREST)
    if random.random() < augmentation.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.array(central(image, backbone.crop, backbone.crop))


def _crop(
    random: np.random.Generator, width: int, height: int, augmentation: Augmentation
) -> tuple[int, int, int, int]:
    """Draw a crop (left, top, width, height) by torchvision's rule for RandomResizedCrop."""
    low, high = map(math.log, augmentation.ratio)
    for _ in range(_TRIES):
        area = width * height * random.uniform(*augmentation.scale)
        ratio = math.exp(random.uniform(low, high))
        across, down = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < across <= width and 0 < down <= height:
            left = int(random.integers(0, width - across + 1))
            top = int(random.integers(0, height - down + 1))
            return left, top, across, down
    least, most = augmentation.ratio
    across = min(width, max(1, round(height * most)))
    down = min(height, max(1, round(width / least)))
    return (width - across) // 2, (height - down) // 2, across, down
