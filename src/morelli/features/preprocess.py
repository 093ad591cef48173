"""The fixed way from an image to the pixels that a backbone sees."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.features.backbones import Backbone

Pixels = npt.NDArray[np.uint8]
"""(crop, crop, 3) uint8, sRGB."""

_LONGEST = 8
"""Long side, as a multiple of the short one, beyond which only the middle is looked at."""


def preprocess(image: Image.Image, backbone: Backbone) -> Pixels:
    """Scale the short side to the backbone's size and cut out the central square.

    Sizes and offsets round as torchvision's Resize and CenterCrop do.

    Args:
        image: RGB, any size.
        backbone: Says size, crop and interpolation.

    Returns:
        (crop, crop, 3) uint8.
    """
    image, short = middle(image), min(image.size)
    if short != backbone.resize:
        width, height = (
            backbone.resize if side == short else int(backbone.resize * side / short)
            for side in image.size
        )
        image = image.resize((width, height), resampling(backbone))
    return np.array(central(image, backbone.crop, backbone.crop))


def resampling(backbone: Backbone) -> Image.Resampling:
    """Return how images are scaled for a backbone."""
    return Image.Resampling[backbone.interpolation.upper()]


def middle(image: Image.Image) -> Image.Image:
    """Return the middle of a strip, which whole would fill the memory; others as they are."""
    longest = _LONGEST * min(image.size)
    if max(image.size) <= longest:
        return image
    return central(image, *(min(side, longest) for side in image.size))


def central(image: Image.Image, width: int, height: int) -> Image.Image:
    """Cut out the middle, `width` by `height` pixels."""
    left, top = round((image.width - width) / 2.0), round((image.height - height) / 2.0)
    return image.crop((left, top, left + width, top + height))


def described(backbone: Backbone) -> dict[str, object]:
    """Return all that the pixels depend on, for the cache key."""
    return {
        "resize": backbone.resize,
        "crop": backbone.crop,
        "interpolation": backbone.interpolation,
        "mean": backbone.mean,
        "std": backbone.std,
    }
