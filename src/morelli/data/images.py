"""Safe decoding: from somebody's bytes to an upright sRGB image, and to a stored JPEG."""

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "JPEG2000", "AVIF")
"""What is decoded; MPO comes with JPEG. Formats that start other programs (EPS, PDF) do not."""

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp", ".ppm", ".jp2", ".avif"}
)
"""File endings that are taken for images when a folder is read."""

QUALITY = 92
"""JPEG quality of stored works, without chroma subsampling."""

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LONGEST = 65_500
_SHARPNESS_WINDOW = 512
_BORDER_RANGE = 10
_STRIP = 16
_SRGB = ImageCms.createProfile("sRGB")

# Pillow warns of half the pixels that it refuses. Works are photographed that large, and what is
# refused is told. (To silence it for a while would not be safe, as many threads decode.)
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class BadImage(Exception):
    """A file that is no usable image; the message is the reason, in a few words."""


@dataclass(frozen=True)
class Traits:
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


@dataclass(frozen=True)
class Stored:
    """A work as a collection keeps it: encoded bytes, and what its source was like."""

    data: bytes
    suffix: str
    traits: Traits


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
    image = _open(data)
    profile, orientation = image.info.get("icc_profile"), _orientation(image)
    # Plain modes turn grey a window at a time: the whole would cost a tenth of ingest.
    seen = image if image.mode in ("L", "RGB") else _grey(image)
    traits = Traits(
        width=image.width,
        height=image.height,
        format=image.format or "",
        mode=image.mode,
        byte_count=len(data),
        compression=_tables(image),
        has_profile=profile is not None,
        orientation=orientation,
        sharpness=_sharpness(seen),
        border_left=_border(seen, across=True, backwards=False),
        border_top=_border(seen, across=False, backwards=False),
        border_right=_border(seen, across=True, backwards=True),
        border_bottom=_border(seen, across=False, backwards=True),
    )
    kept = ("JPEG",) if size is not None else ("JPEG", "PNG")
    plain = image.mode == "RGB" and orientation in (None, 1) and "transparency" not in image.info
    fits = size is None or min(image.size) <= size
    if plain and fits and image.format in kept and _is_srgb(profile):
        return Stored(data, ".jpg" if image.format == "JPEG" else ".png", traits)
    finished = _finish(image, size, profile, orientation)
    if max(finished.size) > _LONGEST:
        raise BadImage(f"longer than a JPEG can be ({_LONGEST:,} pixels)")
    buffer = io.BytesIO()
    finished.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return Stored(buffer.getvalue(), ".jpg", traits)


def decode(data: bytes, size: int | None = None) -> Image.Image:
    """Decode an image file to an upright sRGB image, its short side `size` pixels at most.

    Raises:
        BadImage: If the bytes are no usable image.
    """
    image = _open(data)
    return _finish(image, size, image.info.get("icc_profile"), _orientation(image))


def _open(data: bytes) -> Image.Image:
    if not data:
        raise BadImage("the file is empty")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        if min(image.size) < 1:
            raise BadImage("the image has no pixels")
        image.load()
    except UnidentifiedImageError:
        raise BadImage("not an image of a known format") from None
    except Image.DecompressionBombError:
        raise BadImage("more pixels than are safe to decode (decompression bomb)") from None
    except BadImage:
        raise
    # Pillow's plugins answer damaged files with whatever they ran into.
    except Exception as error:  # noqa: BLE001
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise BadImage(f"cannot be decoded: {reason}") from None
    return image


def _orientation(image: Image.Image) -> int | None:
    raw = image.info.get("exif")
    if not raw:
        return None
    _check_exif(raw.removeprefix(b"Exif\x00\x00"))
    value = image.getexif().get(_ORIENTATION)
    if value in (None, 0):  # cameras write 0 for "not known"
        return None
    if value not in range(1, 9):
        raise BadImage(f"broken EXIF: orientation {value!r}")
    return int(value)


def _check_exif(raw: bytes) -> None:
    """Refuse EXIF whose header or first directory does not fit its own length."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(raw[:4])
    if order is None or len(raw) < 8:
        raise BadImage("broken EXIF: no TIFF header")
    (start,) = struct.unpack(order + "I", raw[4:8])
    if start + 2 > len(raw):
        raise BadImage("broken EXIF: its directory lies outside")
    (entries,) = struct.unpack(order + "H", raw[start : start + 2])
    if start + 2 + 12 * entries > len(raw):
        raise BadImage("broken EXIF: its directory is cut off")


def _grey(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        return image.getchannel("L")
    return image if image.mode == "L" else _flatten(image).convert("L")


def _flatten(image: Image.Image) -> Image.Image:
    """Bring any mode to L, RGB, CMYK, LAB or YCbCr; transparency is laid over white."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16") or image.mode == "I":
        wide = np.asarray(image).astype(np.int64).clip(0, 65535)
        return Image.fromarray((wide // 257).astype(np.uint8))
    if image.mode == "F":
        raise BadImage("pixels are floating-point numbers of unknown range")
    if image.mode in ("1", "LA", "La", "PA", "P", "RGBA", "RGBa", "L", "RGB"):
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return image


def _finish(
    image: Image.Image, size: int | None, profile: bytes | None, orientation: int | None
) -> Image.Image:
    """Scale first, since colour management then has far fewer pixels to move."""
    flat = _flatten(image)
    if size is not None and min(flat.size) > size:
        flat = flat.resize(scaled(flat.size, size), Image.Resampling.BICUBIC, reducing_gap=3.0)
    colour = _to_srgb(flat, profile)
    return colour if orientation in (None, 1) else colour.transpose(_UPRIGHT[orientation])


def scaled(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Return (width, height) with the short side `size` and the aspect kept, 1 pixel at least."""
    short = min(shape)
    width, height = (max(1, round(side * size / short)) for side in shape)
    return width, height


def _is_srgb(profile: bytes | None) -> bool:
    if profile is None:
        return True
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return False
    return "sRGB" in name


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    lab = image.mode == "LAB"
    if not lab and (profile is None or (image.mode == "RGB" and _is_srgb(profile))):
        return image if image.mode == "RGB" else image.convert("RGB")
    source: Any = io.BytesIO(profile) if profile and not lab else ImageCms.createProfile("LAB")
    try:
        opened = ImageCms.ImageCmsProfile(source)
        converted = ImageCms.profileToProfile(image, opened, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):  # a broken profile says nothing: take it as sRGB
        return image.convert("RGB")
    if converted is None:
        raise BadImage("the colour profile could not be applied")
    converted.info.pop("icc_profile", None)
    return converted


def _tables(image: Image.Image) -> str | None:
    tables = getattr(image, "quantization", None)
    if not tables:
        return None
    flat = ";".join(f"{key}:{','.join(map(str, tables[key]))}" for key in sorted(tables))
    return hashlib.sha256(flat.encode()).hexdigest()


def _window(image: Image.Image, box: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
    """Return a part (left, top, right, bottom) of an image in grey, (h, w)."""
    return np.asarray(_grey(image.crop(box)))


def _sharpness(image: Image.Image) -> float:
    side = _SHARPNESS_WINDOW
    left, top = (max(0, (length - side) // 2) for length in image.size)
    box = (left, top, min(image.width, left + side), min(image.height, top + side))
    grey = _window(image, box).astype(np.int16)
    if min(grey.shape) < 3:
        return 0.0
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float(np.var(laplacian - 4 * grey[1:-1, 1:-1], dtype=np.float64))


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
