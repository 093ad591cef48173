"""Safe decoding: from somebody's bytes to an upright sRGB image."""

import io
import struct
import warnings

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "JPEG2000", "AVIF")
"""What is decoded; MPO comes with JPEG. Formats that start other programs (EPS, PDF) do not."""

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp", ".ppm", ".jp2", ".avif"}
)
"""File endings that are taken for images when a folder is read."""

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
_SRGB = ImageCms.createProfile("sRGB")

# Pillow warns of half the pixels that it refuses. Works are photographed that large, and what is
# refused is reported. (To silence it for a while would not be safe, as many threads decode.)
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class BadImage(Exception):
    """A file that is no usable image; the message is the reason, in a few words."""


def decode(data: bytes, size: int | None = None) -> Image.Image:
    """Decode an image file to an upright sRGB image, its short side `size` pixels at most.

    Raises:
        BadImage: If the bytes are no usable image.
    """
    return upright(open_image(data), size)


def open_image(data: bytes) -> Image.Image:
    """Decode an image file to its pixels as they are.

    Raises:
        BadImage: If the bytes are no usable image.
    """
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


def orientation_of(image: Image.Image) -> int | None:
    """Return the EXIF orientation, 1 to 8; None where there is none.

    Raises:
        BadImage: If the EXIF data is broken.
    """
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


def grey(image: Image.Image) -> Image.Image:
    """Return an image of any mode in grey."""
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


def upright(image: Image.Image, size: int | None) -> Image.Image:
    """Return an opened image as upright sRGB, its short side `size` pixels at most.

    Raises:
        BadImage: If its pixels or its EXIF data are not usable.
    """
    orientation, flat = orientation_of(image), _flatten(image)
    # Scaled first, since colour management then has far fewer pixels to move.
    if size is not None and min(flat.size) > size:
        flat = flat.resize(scaled(flat.size, size), Image.Resampling.BICUBIC, reducing_gap=3.0)
    colour = _to_srgb(flat, image.info.get("icc_profile"))
    return colour if orientation in (None, 1) else colour.transpose(_UPRIGHT[orientation])


def scaled(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Return (width, height) with the short side `size` and the aspect kept, 1 pixel at least."""
    short = min(shape)
    width, height = (max(1, round(side * size / short)) for side in shape)
    return width, height


def is_srgb(profile: bytes | None) -> bool:
    """Whether a colour profile is that of sRGB, or none, which stands for it."""
    if profile is None:
        return True
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return False
    return "sRGB" in name


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    lab = image.mode == "LAB"
    if not lab and (profile is None or (image.mode == "RGB" and is_srgb(profile))):
        return image if image.mode == "RGB" else image.convert("RGB")
    try:
        source = io.BytesIO(profile) if profile and not lab else ImageCms.createProfile("LAB")
        own = ImageCms.ImageCmsProfile(source)
        converted = ImageCms.profileToProfile(image, own, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):  # a broken profile says nothing: take it as sRGB
        return image.convert("RGB")
    if converted is None:
        raise BadImage("the colour profile could not be applied")
    converted.info.pop("icc_profile", None)
    return converted
