"""What may be given as an image, and how all forms come to be files in memory."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.errors import UserError

ImageLike = str | Path | bytes | Image.Image | npt.NDArray[Any]
"""What can be attributed: a path, a file's bytes, a Pillow image, or an array, (h, w, 3) or (h, w)
uint8."""

_KINDRED = {"HSV": "RGB", "YCbCr": "RGB", "RGBX": "RGB", "La": "LA", "RGBa": "RGBA"}
"""For Pillow's modes that no file has, those that they are made of; YCbCr is among them, as Pillow
12 writes TIFF in it that it cannot read."""

_NOT_IN_PNG = ("CMYK", "LAB", "I", "F", "PA")


def named_bytes(image: ImageLike) -> tuple[str, bytes]:
    """Return an image's name and its bytes as a file, whatever form it was given in.

    Raises:
        UserError: If a file cannot be read, or an array or image is of no form that works have.
    """
    if isinstance(image, bytes):
        return "image", image
    if isinstance(image, str | Path):
        try:
            return str(image), Path(image).read_bytes()
        except OSError as error:
            raise UserError(f"{image}: {error.strerror}") from None
    if isinstance(image, np.ndarray):
        fits = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
        if image.dtype != np.uint8 or not (fits and image.size):
            raise UserError(
                f"the array is {image.dtype} {image.shape}; it must be uint8 (h, w, 3) or (h, w)"
            )
        image = Image.fromarray(image)
    name = getattr(image, "filename", "") or "image"
    try:
        return name, _encoded(image)
    except (OSError, SyntaxError, ValueError) as error:  # so says Pillow of what it cannot decode
        raise UserError(f"{name}: cannot be decoded: {error}") from None


def _encoded(image: Image.Image) -> bytes:
    """Write an image to a file in memory, pixels as they are, so that all go the same way."""
    image = image.convert(_KINDRED.get(image.mode, image.mode))
    kind = "TIFF" if image.mode in _NOT_IN_PNG else "PNG"
    buffer = io.BytesIO()
    image.save(buffer, kind, compress_level=1, exif=image.info.get("exif", b""))
    return buffer.getvalue()
