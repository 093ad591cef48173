"""Views that imitate how photographs of one work differ: from scanner to scanner, site to site.

A collection whose makers were scanned, scaled and compressed differently teaches a classifier the
scanner. Capture views draw these differences by chance, so that they tell nothing of the maker.
"""

import io
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from morelli.data import decoding
from morelli.data.chance import seeded_generator
from morelli.features.backbones import Backbone
from morelli.features.preprocess import Pixels, middle, preprocess, resampling


@dataclass(frozen=True)
class Capture:
    """How photographs of one work differ, in the order in which it is applied.

    Attributes:
        crop: Least and largest share of each side that the crop takes.
        squash: Least and largest factor by which the aspect (width by height) changes.
        rescale: Least and largest factor of the size, the image's or the network's if that is less.
        blur: Largest standard deviation of a Gaussian blur, in pixels.
        exposure: Largest change of all channels, as a share.
        balance: Largest further change of each channel (white balance), as a share.
        quality: Least and largest quality of a JPEG that the image passes through.
        flip: Probability of a horizontal flip.
    """

    crop: tuple[float, float] = (0.75, 1.0)
    squash: tuple[float, float] = (3 / 4, 4 / 3)
    rescale: tuple[float, float] = (0.45, 1.0)
    blur: float = 0.8
    exposure: float = 0.2
    balance: float = 0.1
    quality: tuple[int, int] = (40, 95)
    flip: float = 0.5

    def described(self) -> dict[str, object]:
        """Return the settings, for the cache key."""
        return {"kind": "capture", **asdict(self)}


CAPTURE = Capture()


def capture_of(
    image: Image.Image, backbone: Backbone, capture: Capture, *, seed: int, work: str, view: int
) -> Pixels:
    """Return one capture view of a work, preprocessed as the backbone asks for.

    Args:
        image: RGB.
        backbone: Says sizes and interpolation.
        capture: Says what is drawn.
        seed: With `work` and `view` it decides what is drawn.
        work: The work's id.
        view: Number of the view, from 0.

    Returns:
        (crop, crop, 3) uint8.
    """
    random = seeded_generator(seed, work, view)
    image = _rescaled(random, middle(image), backbone, capture)
    image = image.filter(ImageFilter.GaussianBlur(random.uniform(0, capture.blur)))
    exposure = random.uniform(-capture.exposure, capture.exposure)
    balance = random.uniform(-capture.balance, capture.balance, 3)
    image = curved(image, np.arange(256) * (1 + exposure + balance[:, None]))
    low, high = capture.quality
    image = encoded(image, "JPEG", quality=int(random.integers(low, high + 1)))
    if random.random() < capture.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return preprocess(image, backbone)


def _rescaled(
    random: np.random.Generator, image: Image.Image, backbone: Backbone, capture: Capture
) -> Image.Image:
    """Crop, squash and rescale an image in one pass."""
    shares = random.uniform(*capture.crop, 2)
    across, down = (side * share for side, share in zip(image.size, shares, strict=True))
    left = random.uniform(0, image.width - across)
    top = random.uniform(0, image.height - down)
    squash = np.exp(random.uniform(*np.log(capture.squash)) / 2)
    scale = fitting(image, backbone) * random.uniform(*capture.rescale)
    size = max(1, round(across * scale * squash)), max(1, round(down * scale / squash))
    box = (left, top, left + across, top + down)
    return image.resize(size, resampling(backbone), box=box)


def fitting(image: Image.Image, backbone: Backbone) -> float:
    """Return the factor, 1 at most, at which a short side is no longer than the network sees."""
    return min(1.0, backbone.resize / min(image.size))


def curved(image: Image.Image, curves: npt.NDArray[np.float64]) -> Image.Image:
    """Replace the values of each channel.

    Args:
        image: RGB.
        curves: (3, 256) for each channel the new values; rounded, and clipped to 0 to 255.
    """
    return image.point(np.clip(np.rint(curves), 0, 255).astype(int).ravel().tolist())


def encoded(image: Image.Image, form: str, **settings: int) -> Image.Image:
    """Return an image as it comes back from a file of a format, written with Pillow's settings."""
    buffer = io.BytesIO()
    image.save(buffer, form, **settings)
    return decoding.decode(buffer.getvalue())
