"""What an image file is like: measured on its pixels as they are, before anything is changed."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.data.decoding import grey, orientation_of

_SHARPNESS_WINDOW = 512
_BORDER_RANGE = 10
_STRIP = 16


@dataclass(frozen=True)
class FileTraits:
    """What the source file was like, measured on the decoded original.

    Attributes:
        width: Pixels, before the orientation is applied.
        height: Pixels, before the orientation is applied.
        format: Pillow's name of the file format.
        mode: Pillow's mode of the pixels.
        byte_count: Size of the file.
        compression: SHA-256 of the JPEG quantisation tables; None for other formats.
        has_profile: Whether a colour profile was embedded.
        orientation: EXIF orientation, 1 to 8; None where there is none.
        sharpness: Variance of the Laplacian of the grey image (0 to 255) in the middle 512 x 512
            pixels (Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy").
        border_left: Width in pixels of the uniform border, likewise top, right and bottom.
    """

    width: int
    height: int
    format: str
    mode: str
    byte_count: int
    compression: str | None
    has_profile: bool
    orientation: int | None
    sharpness: float
    border_left: int
    border_top: int
    border_right: int
    border_bottom: int


def traits_of(image: Image.Image, byte_count: int) -> FileTraits:
    """Measure an opened image.

    Args:
        image: As `images.open_image` gives it.
        byte_count: Size of its file.

    Raises:
        BadImage: If its EXIF data is broken.
    """
    orientation = orientation_of(image)
    # Plain modes turn grey a window at a time: the whole would cost a tenth of ingest.
    seen = image if image.mode in ("L", "RGB") else grey(image)
    return FileTraits(
        width=image.width,
        height=image.height,
        format=image.format or "",
        mode=image.mode,
        byte_count=byte_count,
        compression=_compression(image),
        has_profile=image.info.get("icc_profile") is not None,
        orientation=orientation,
        sharpness=_sharpness(seen),
        border_left=_border(seen, across=True, backwards=False),
        border_top=_border(seen, across=False, backwards=False),
        border_right=_border(seen, across=True, backwards=True),
        border_bottom=_border(seen, across=False, backwards=True),
    )


def _compression(image: Image.Image) -> str | None:
    tables = getattr(image, "quantization", None)
    if not tables:
        return None
    flat = ";".join(f"{key}:{','.join(map(str, tables[key]))}" for key in sorted(tables))
    return hashlib.sha256(flat.encode()).hexdigest()


def _window(image: Image.Image, box: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
    """Return a part (left, top, right, bottom) of an image in grey, (h, w)."""
    return np.asarray(grey(image.crop(box)))


def _sharpness(image: Image.Image) -> float:
    side = _SHARPNESS_WINDOW
    left, top = (max(0, (length - side) // 2) for length in image.size)
    box = (left, top, min(image.width, left + side), min(image.height, top + side))
    pixels = _window(image, box).astype(np.int16)
    if min(pixels.shape) < 3:
        return 0.0
    beside = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    return float(np.var(beside - 4 * pixels[1:-1, 1:-1], dtype=np.float64))


def _border(image: Image.Image, *, across: bool, backwards: bool) -> int:
    """Count the uniform lines from one side, a strip of lines at a time.

    Args:
        image: L or RGB.
        across: From left or right, else from top or bottom.
        backwards: From right or bottom.
    """
    length = image.width if across else image.height
    for start in range(0, length, _STRIP):
        end = min(start + _STRIP, length)
        low, high = (length - end, length - start) if backwards else (start, end)
        box = (low, 0, high, image.height) if across else (0, low, image.width, high)
        uniform = np.ptp(_window(image, box), axis=0 if across else 1) <= _BORDER_RANGE
        ordered = uniform[::-1] if backwards else uniform
        if not ordered.all():
            return start + int(np.argmin(ordered))
    return length
