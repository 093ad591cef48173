"""The other photograph: test works as somebody else would have photographed them.

It asks whether a classifier knows the maker or the scanner. What it does to a work lies beside what
capture views do: a camera at a slight angle, glare, a screen, an unsteady hand, noise and WebP are
no part of them, and light and size change by other rules. A person still knows the work.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance, ImageFilter

from morelli.data.chance import seeded_generator
from morelli.features.backbones import Backbone
from morelli.features.capture import curved, encoded, fitting
from morelli.features.preprocess import Pixels, middle, preprocess

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Otherwise:
    """How the other photograph differs, in the order in which it is applied.

    Attributes:
        tilt: Largest distance by which each corner is cut short, as a share of the sides.
        rescale: Least and largest factor of the size, the image's or the network's if that is less.
        gamma: Least and largest exponent of all values from 0 to 1.
        warmth: Largest change of red and, the other way, of blue, as a share.
        saturation: Least and largest factor of the colours' distance from grey.
        glare: Probability of a reflection, and its largest strength as a share of white.
        screen: Probability of a screen's pattern, and its largest amplitude as a share.
        shake: Probability of blur by motion, and its largest length in pixels, 4 at most.
        noise: Probability of the sensor's noise, and its largest standard deviation, of 255.
        quality: Least and largest quality of a WebP that the image passes through.
    """

    tilt: float = 0.08
    rescale: tuple[float, float] = (0.5, 1.0)
    gamma: tuple[float, float] = (0.75, 1.35)
    warmth: float = 0.1
    saturation: tuple[float, float] = (0.7, 1.3)
    glare: tuple[float, float] = (0.4, 0.5)
    screen: tuple[float, float] = (0.3, 0.1)
    shake: tuple[float, float] = (0.4, 4.0)
    noise: tuple[float, float] = (0.4, 8.0)
    quality: tuple[int, int] = (30, 90)

    def described(self) -> dict[str, object]:
        """Return the settings, for the cache key."""
        return {"kind": "otherwise", **asdict(self)}


OTHERWISE = Otherwise()

SEED = 1873
"""Draws the other photographs, so that they are the same for every run."""


def otherwise_of(
    image: Image.Image, backbone: Backbone, otherwise: Otherwise, *, seed: int, work: str, view: int
) -> Pixels:
    """Return the other photograph of a work, preprocessed as the backbone asks for.

    Args:
        image: RGB.
        backbone: Says sizes and interpolation.
        otherwise: Says what is drawn.
        seed: With `work` and `view` it decides what is drawn; `SEED` for figures to compare.
        work: The work's id.
        view: Number of the photograph, from 0.

    Returns:
        (crop, crop, 3) uint8.
    """
    random = seeded_generator(seed, "otherwise", work, view)
    image = middle(image)
    scale = fitting(image, backbone) * random.uniform(*otherwise.rescale)
    image = _tilted(random, image, scale, otherwise.tilt)
    image = _lit(random, image, otherwise)
    image = _shaken(image, _drawn(random, otherwise.shake), random.uniform(0, math.pi))
    values = np.asarray(image, np.float32)
    values = _glaring(random, values, _drawn(random, otherwise.glare))
    values = _screened(random, values, _drawn(random, otherwise.screen))
    noise = random.standard_normal(values.shape, np.float32)
    values = values + noise * np.float32(_drawn(random, otherwise.noise))
    image = Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    low, high = otherwise.quality
    image = encoded(image, "WEBP", quality=int(random.integers(low, high + 1)), method=2)
    return preprocess(image, backbone)


def _drawn(random: np.random.Generator, chance: tuple[float, float]) -> float:
    """Draw a strength, given its probability and its largest value; 0 is not at all."""
    happens, strength = random.random() < chance[0], random.uniform(0.4, 1) * chance[1]
    return strength if happens else 0.0


def _tilted(
    random: np.random.Generator, image: Image.Image, scale: float, tilt: float
) -> Image.Image:
    """Scale an image and see it at a slight angle: four corners, each drawn inwards, fill it."""
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    image = image.resize(size, Image.Resampling.BOX)
    inwards = random.uniform(0, tilt, (4, 2)) * size
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * size
    seen = corners + inwards * [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    return image.transform(
        size, Image.Transform.PERSPECTIVE, _perspective(corners, seen), Image.Resampling.BICUBIC
    )


def _perspective(
    corners: npt.NDArray[np.float64], seen: npt.NDArray[np.float64]
) -> tuple[float, ...]:
    """Return Pillow's eight numbers of the perspective that brings four points to four others."""
    rows, wanted = [], []
    for (x, y), (u, v) in zip(corners, seen, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        wanted += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(wanted)).tolist())


def _lit(random: np.random.Generator, image: Image.Image, otherwise: Otherwise) -> Image.Image:
    """Change gamma, warmth and saturation."""
    gamma = math.exp(random.uniform(*np.log(otherwise.gamma)))
    warmth = random.uniform(-otherwise.warmth, otherwise.warmth)
    gains = np.array([1 + warmth, 1, 1 - warmth])
    image = curved(image, 255 * (np.arange(256) / 255) ** gamma * gains[:, None])
    return ImageEnhance.Color(image).enhance(random.uniform(*otherwise.saturation))


def _shaken(image: Image.Image, length: float, angle: float) -> Image.Image:
    """Blur along a line, `length` pixels long and centred, at an angle in radians."""
    if min(image.size) < 5 or not length:  # smaller than Pillow's largest kernel
        return image
    kernel = np.zeros((5, 5))
    for step in np.linspace(-length / 2, length / 2, 9):
        x, y = 2 + step * math.cos(angle), 2 + step * math.sin(angle)
        left, top = min(int(x), 3), min(int(y), 3)
        across, down = np.array([left + 1 - x, x - left]), np.array([top + 1 - y, y - top])
        kernel[top : top + 2, left : left + 2] += np.outer(down, across)
    return image.filter(ImageFilter.Kernel((5, 5), kernel.ravel().tolist(), kernel.sum()))


def _glaring(random: np.random.Generator, values: Floats, strength: float) -> Floats:
    """Lay a soft white spot over an image, `strength` of white at its middle."""
    across, down = _grid(values)
    place, angle = random.uniform(0.1, 0.9, 2), random.uniform(0, math.pi)
    long, short = random.uniform(0.2, 0.5), random.uniform(0.1, 0.25)
    if not strength:  # after the draws, so that those to come are the same
        return values
    along = (across - place[0]) * math.cos(angle) + (down - place[1]) * math.sin(angle)
    aside = (down - place[1]) * math.cos(angle) - (across - place[0]) * math.sin(angle)
    spot = strength * np.exp(-((along / long) ** 2) - (aside / short) ** 2)
    lit: Floats = (values + (255 - values) * spot[:, :, None]).astype(np.float32)
    return lit


def _screened(random: np.random.Generator, values: Floats, amplitude: float) -> Floats:
    """Lay the pattern of a screen's rows and columns over an image, two fine waves."""
    height, width = values.shape[:2]
    y, x = np.ogrid[:height, :width]
    angle, period = random.uniform(0, math.pi), random.uniform(2.5, 7)
    pace, phases = 2 * math.pi / period, random.uniform(0, 2 * math.pi, 2)
    if not amplitude:
        return values
    rows = np.sin(pace * (x * math.cos(angle) + y * math.sin(angle)) + phases[0])
    columns = np.sin(pace * (y * math.cos(angle) - x * math.sin(angle)) + phases[1])
    pattern = 1 + amplitude * (rows + columns) / 2
    screened: Floats = (values * pattern[:, :, None]).astype(np.float32)
    return screened


def _grid(values: Floats) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return (1, w) and (h, 1): places from 0 to 1."""
    height, width = values.shape[:2]
    return np.linspace(0, 1, width)[None, :], np.linspace(0, 1, height)[:, None]
