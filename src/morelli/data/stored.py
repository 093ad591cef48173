"""A work as a collection keeps it: its source's own bytes or a JPEG, and its traits."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from morelli.data.decoding import BadImage, is_srgb, open_image, upright
from morelli.data.traits import FileTraits, traits_of

QUALITY = 92
"""JPEG quality of stored works, without chroma subsampling."""

_LONGEST = 65_500


@dataclass(frozen=True)
class Stored:
    """A work as a collection keeps it: encoded bytes, and what its source was like."""

    data: bytes
    suffix: str
    traits: FileTraits


def work_id(data: bytes) -> str:
    """Return the identity of a work: the SHA-256 of its source's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def store(data: bytes, size: int | None) -> Stored:
    """Decode an image file once, measure it, scale it and encode it for a collection.

    A plain RGB JPEG that needs no change keeps its bytes. With `size` None that holds for PNG too,
    so that the pixels are the original ones.

    Args:
        data: The bytes of the source file.
        size: Short side to keep, in pixels, never enlarged; None keeps the original size.

    Raises:
        BadImage: If the bytes are no usable image.
    """
    image = open_image(data)
    traits = traits_of(image, len(data))
    if _keeps_bytes(image, size, traits):
        return Stored(data, ".jpg" if image.format == "JPEG" else ".png", traits)
    finished = upright(image, size)
    if max(finished.size) > _LONGEST:
        raise BadImage(f"longer than a JPEG can be ({_LONGEST:,} pixels)")
    buffer = io.BytesIO()
    finished.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return Stored(buffer.getvalue(), ".jpg", traits)


def _keeps_bytes(image: Image.Image, size: int | None, traits: FileTraits) -> bool:
    """Whether an image is stored as its source has it."""
    formats = ("JPEG",) if size is not None else ("JPEG", "PNG")
    plain = image.mode == "RGB" and "transparency" not in image.info
    fits = size is None or min(image.size) <= size
    return (
        image.format in formats
        and plain
        and fits
        and traits.orientation in (None, 1)
        and is_srgb(image.info.get("icc_profile"))
    )
