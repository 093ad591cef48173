"""Images in whatever form they are given become files in memory that show the same."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from morelli.data import decoding
from morelli.data.forms import named_bytes
from morelli.errors import UserError


@pytest.fixture(scope="module")
def painting(paintings: Path) -> Path:
    """One painting's file."""
    return min(min(paintings.iterdir()).iterdir())


def shown(image: Any) -> Any:
    """The pixels that an image shows, (h, w, 3) int, after it has become a file."""
    return np.asarray(decoding.decode(named_bytes(image)[1])).astype(int)


def differ(one: Any, other: Any) -> float:
    """The mean difference of two images' pixels, of 255."""
    assert one.shape == other.shape
    return float(np.abs(one - np.asarray(other, int)).mean())


def test_a_path_and_a_string_are_named_by_themselves_and_their_bytes_are_as_they_are(
    painting: Path,
) -> None:
    data = painting.read_bytes()

    assert named_bytes(painting) == (str(painting), data)
    assert named_bytes(str(painting)) == (str(painting), data)
    assert named_bytes(data) == ("image", data)


def test_a_pillow_image_is_named_by_its_file_and_an_array_is_not(painting: Path) -> None:
    with Image.open(painting) as image:
        assert named_bytes(image)[0] == str(painting)
        pixels = np.asarray(image)

    assert named_bytes(pixels)[0] == "image"
    assert named_bytes(Image.fromarray(pixels))[0] == "image"


def test_arrays_and_pillow_images_keep_every_pixel(painting: Path) -> None:
    with Image.open(painting) as image:
        pixels = np.asarray(image)
        opened = shown(image)
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])

    assert np.array_equal(opened, pixels)
    for same in (pixels, np.asfortranarray(pixels), opaque, Image.fromarray(pixels)):
        assert np.array_equal(shown(same), pixels)
    assert np.array_equal(shown(pixels[::2, ::-1]), pixels[::2, ::-1])
    grey = pixels[:, :, 0]
    assert np.array_equal(shown(grey), np.dstack([grey] * 3))


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "La", "P", "PA", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"]
)
def test_pillow_images_of_any_mode_are_taken_for_what_they_show(painting: Path, mode: str) -> None:
    via = {"La": "LA", "PA": "P", "RGBa": "RGBA", "LAB": "RGB"}.get(mode, mode)
    with Image.open(painting) as image:
        changed = image.convert(via)
    changed = to_lab(changed) if mode == "LAB" else changed.convert(mode)
    wanted = image.convert("RGB") if mode == "LAB" else changed.convert(via).convert("RGB")

    assert differ(shown(changed), np.asarray(wanted)) < 3


def to_lab(image: Image.Image) -> Image.Image:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    converted = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    assert converted is not None
    return converted


@pytest.mark.parametrize("mode", ["I", "I;16"])
def test_grey_of_16_bits_shows_what_grey_of_8_bits_shows(painting: Path, mode: str) -> None:
    with Image.open(painting) as image:
        grey = np.asarray(image.convert("L"))
    kind = {"I": np.int32, "I;16": np.uint16}[mode]
    wide = Image.fromarray(grey.astype(kind) * kind(257))
    assert wide.mode == mode

    assert differ(shown(wide), np.dstack([grey] * 3)) <= 1


def test_a_pillow_image_is_turned_upright_like_its_file(painting: Path) -> None:
    with Image.open(painting) as image:
        exif = image.getexif()
        exif[0x0112] = 6
        buffer = io.BytesIO()
        image.save(buffer, "PNG", exif=exif)
        pixels = np.asarray(image)
    data = buffer.getvalue()

    for form in (data, Image.open(io.BytesIO(data))):
        assert np.array_equal(shown(form), np.rot90(pixels, -1))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_images_of_one_pixel_or_one_line_are_images(size: tuple[int, int]) -> None:
    assert shown(Image.new("RGB", size, "red")).shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint16),
        np.zeros((8, 8), np.bool_),
        np.zeros((3, 8, 8), np.uint8),
        np.zeros((8, 8, 2), np.uint8),
        np.zeros((1, 8, 8, 3), np.uint8),
        np.zeros(8, np.uint8),
        np.zeros((0, 8, 3), np.uint8),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_an_array_of_another_kind_is_refused(array: Any) -> None:
    with pytest.raises(UserError, match=r"^the array is .*; it must be uint8 \(h, w, 3\)"):
        named_bytes(array)


def cut(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Image.open(io.BytesIO(buffer.getvalue()[:600]))


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image.new("RGB", (0, 8)), "image: cannot be decoded"),
        (cut(Image.effect_noise((64, 64), 50)), "image: cannot be decoded: .*truncated"),
        ("/nowhere/at all.jpg", "/nowhere/at all.jpg: No such file"),
        (Path("/"), "/: Is a directory"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_read_is_named_with_the_reason(image: Any, reason: str) -> None:
    with pytest.raises(UserError, match=f"^{reason}") as refused:
        named_bytes(image)

    assert "\n" not in str(refused.value)
