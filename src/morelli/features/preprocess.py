"""The fixed way from an image to the pixels that a backbone sees."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.features.backbones import Backbone

Pixels = npt.NDArray[np.uint8]
"""(crop, crop, 3) uint8, sRGB."""

METHODS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def preprocess(image: Image.Image, backbone: Backbone) -> Pixels:
    """Scale the short side to the backbone's size and cut out the central square.

    Sizes and offsets round as torchvision's Resize and CenterCrop do.

    Args:
        image: RGB, any size.
        backbone: Says size, crop and interpolation.

    Returns:
        (crop, crop, 3) uint8.
    """
    short = min(image.size)
    if short != backbone.resize:
        width, height = (
            backbone.resize if side == short else int(backbone.resize * side / short)
            for side in image.size
        )
        image = image.resize((width, height), METHODS[backbone.interpolation])
    return np.array(central(image, backbone.crop))


def central(image: Image.Image, side: int) -> Image.Image:
    """Cut out the central square of `side` pixels."""
    left, top = (round((length - side) / 2.0) for length in image.size)
    return image.crop((left, top, left + side, top + side))


def described(backbone: Backbone) -> dict[str, Any]:
    """Return all that the pixels depend on, for the cache key."""
    return {
        "resize": backbone.resize,
        "crop": backbone.crop,
        "interpolation": backbone.interpolation,
        "mean": backbone.mean,
        "std": backbone.std,
    }
