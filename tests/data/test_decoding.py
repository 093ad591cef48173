"""Any image file becomes an upright sRGB JPEG with true traits, or is refused in a few words."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pytest
from data.small import encoded, opened, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from morelli.data import decoding
from morelli.data.decoding import BadImage, decode
from morelli.data.stored import store

UPRIGHT = Image.fromarray(
    np.kron(
        np.array(
            [
                [[200, 40, 40], [40, 200, 40], [40, 40, 200]],
                [[200, 200, 40], [40, 200, 200], [90, 90, 90]],
            ]
        ),
        np.ones((16, 16, 1), np.int64),
    ).astype(np.uint8)
)
"""Six squares of different colours: any turn or mirroring shows."""

TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera stores an upright picture under each EXIF orientation."""

ORIENTATION = 0x0112

WITHOUT_LOSS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
}
"""How to encode without (visible) loss, where that is not the default."""


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures' pixels."""
    a, b = (np.asarray(image.convert("RGB"), dtype=np.int64) for image in (one, other))
    return float(np.abs(a - b).mean())


def turned(orientation: int) -> Image.Image:
    return UPRIGHT.transpose(TURNED[orientation]) if orientation in TURNED else UPRIGHT


def exif(orientation: object) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def exif_entry(kind: int, count: int, value: bytes, order: str = "<") -> bytes:
    """EXIF of one entry, the orientation, with a value of any kind."""
    head = {"<": b"II*\x00", ">": b"MM\x00*"}[order] + struct.pack(order + "IH", 8, 1)
    return b"Exif\x00\x00" + head + struct.pack(order + "HHI4s4x", ORIENTATION, kind, count, value)


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG file whose header claims a size, whatever its pixels are."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def s15(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def swapped_profile() -> bytes:
    """An RGB profile, made by hand, in which red and green have changed places."""
    red, green, blue = (
        (0.4360, 0.2225, 0.0139),
        (0.3851, 0.7169, 0.0971),
        (0.1431, 0.0606, 0.7141),
    )

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \x00\x00\x00\x00" + b"".join(s15(value) for value in values)

    name = b"Swapped\x00"
    described = b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    tags = {
        b"desc": described + bytes(-len(described) % 4),
        b"cprt": b"text" + bytes(4) + b"none",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"rXYZ": xyz(green),
        b"gXYZ": xyz(red),
        b"bXYZ": xyz(blue),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += s15(0.9642) + s15(1.0) + s15(0.8249)
    return head.ljust(128, b"\x00") + table + body


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_an_embedded_profile_is_applied() -> None:
    data = encoded(Image.new("RGB", (20, 20), (200, 30, 90)), "PNG", icc_profile=swapped_profile())
    pixel = decode(data).getpixel((5, 5))
    assert np.abs(np.array(pixel) - (30, 200, 90)).max() <= 12  # gamma 2.2 is not quite sRGB's
    stored = store(data, None)
    assert stored.suffix == ".jpg"
    assert stored.traits.has_profile
    assert np.abs(np.array(opened(stored.data).getpixel((5, 5))) - (30, 200, 90)).max() <= 14
    assert "icc_profile" not in opened(stored.data).info


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()[:140]])
def test_a_broken_profile_is_taken_for_srgb(profile: bytes) -> None:
    image = picture()
    data = encoded(image, "PNG", icc_profile=profile)
    assert apart(decode(data), image) == 0
    assert store(data, 16).traits.has_profile


def test_a_profile_that_does_not_fit_the_pixels_is_taken_for_srgb() -> None:
    grey = picture().convert("L")
    assert apart(decode(encoded(grey, "PNG", icc_profile=swapped_profile())), grey) == 0


def test_a_jpeg_with_the_srgb_profile_keeps_its_bytes() -> None:
    data = encoded(picture(), icc_profile=srgb_profile())
    assert store(data, 30).data == data


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_exif_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    data = encoded(turned(orientation), kind, exif=exif(orientation), **WITHOUT_LOSS.get(kind, {}))
    assert decode(data).size == UPRIGHT.size
    assert apart(decode(data), UPRIGHT) < 3
    assert opened(store(data, None).data).size == UPRIGHT.size
    assert apart(opened(store(data, None).data), UPRIGHT) < 5
    assert opened(store(data, 16).data).size == (24, 16)


def test_a_turned_file_tells_its_own_size_and_its_orientation() -> None:
    traits = store(encoded(turned(6), exif=exif(6)), 16).traits
    assert (traits.width, traits.height, traits.orientation) == (32, 48, 6)


def test_a_stored_picture_is_not_turned_again() -> None:
    stored = store(encoded(turned(6), exif=exif(6)), None).data
    assert opened(stored).getexif().get(ORIENTATION) is None
    assert apart(ImageOps.exif_transpose(opened(stored)), UPRIGHT) < 5


def test_exif_without_an_orientation_changes_nothing() -> None:
    tags = Image.Exif()
    tags[0x010E] = "a title"
    data = encoded(picture(), exif=tags)
    assert store(data, 30).data == data
    assert store(data, 30).traits.orientation is None


def test_big_endian_exif_is_read_too() -> None:
    data = encoded(turned(3), exif=exif_entry(3, 1, struct.pack(">HH", 3, 0), ">"))
    assert store(data, 16).traits.orientation == 3


def test_cmyk_becomes_rgb() -> None:
    cmyk = picture().convert("CMYK")
    stored = store(encoded(cmyk, "JPEG", quality=95), None)
    assert stored.traits.mode == "CMYK"
    assert opened(stored.data).mode == "RGB"
    assert apart(opened(stored.data), picture()) < 6


def test_grey_becomes_rgb_of_equal_channels() -> None:
    stored = store(encoded(picture().convert("L")), None)
    assert stored.traits.mode == "L"
    pixels = np.asarray(opened(stored.data)).astype(int)
    assert pixels.shape == (30, 40, 3)
    assert np.abs(pixels - pixels[..., :1]).max() <= 1


def test_palette_becomes_rgb() -> None:
    image = picture().quantize(64)
    for kind in ("PNG", "GIF"):
        stored = store(encoded(image, kind), None)
        assert (stored.traits.mode, stored.traits.format) == ("P", kind)
        assert apart(opened(stored.data), image) < 6


def test_a_transparent_palette_entry_becomes_white() -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 200, 30, 90])
    image.paste(0, (0, 0, 10, 20))
    decoded = decode(encoded(image, "PNG", transparency=0))
    assert decoded.getpixel((2, 2)) == (255, 255, 255)
    assert decoded.getpixel((15, 2)) == (200, 30, 90)


def test_alpha_is_laid_over_white() -> None:
    image = Image.new("RGBA", (20, 20), (200, 30, 90, 0))
    image.paste((200, 30, 90, 255), (10, 0, 20, 20))
    decoded = decode(encoded(image, "PNG"))
    assert decoded.getpixel((2, 2)) == (255, 255, 255)
    assert decoded.getpixel((15, 2)) == (200, 30, 90)


def test_half_transparent_grey_is_laid_over_white() -> None:
    decoded = decode(encoded(Image.new("LA", (20, 20), (100, 51)), "PNG"))
    assert decoded.getpixel((2, 2)) == (224, 224, 224)


@pytest.mark.parametrize(("mode", "colour"), [("RGB", (200, 30, 90)), ("L", 100)])
def test_a_transparent_colour_becomes_white(mode: str, colour: object) -> None:
    image = Image.new(mode, (20, 20), 7)
    image.paste(colour, (0, 0, 10, 20))  # type: ignore[arg-type]
    data = encoded(image, "PNG", transparency=colour)
    assert decode(data).getpixel((2, 2)) == (255, 255, 255)
    assert store(data, None).suffix == ".jpg"


def test_16_bit_grey_is_scaled_to_8_bits_not_cut_off() -> None:
    wide = np.arange(0, 65536, 137, dtype=np.uint16)[:400].reshape(20, 20)
    data = encoded(Image.fromarray(wide), "PNG")
    decoded = np.asarray(decode(data))[..., 0].astype(int)
    assert np.abs(decoded - wide / 257).max() <= 1
    assert store(data, None).traits.mode.startswith("I")


def test_32_bit_grey_counts_as_16_bit() -> None:
    wide = Image.fromarray(np.full((20, 20), 25_700, np.int32))
    assert decode(encoded(wide, "TIFF")).getpixel((3, 3)) == (100, 100, 100)


def test_one_bit_becomes_black_and_white() -> None:
    image = Image.new("1", (20, 20), 0)
    image.paste(1, (0, 0, 10, 20))
    decoded = decode(encoded(image, "PNG"))
    assert (decoded.getpixel((2, 2)), decoded.getpixel((15, 2))) == ((255,) * 3, (0,) * 3)
    assert store(encoded(image, "TIFF"), 16).traits.mode == "1"


def test_lab_becomes_rgb() -> None:
    lab = ImageCms.profileToProfile(
        Image.new("RGB", (20, 20), (200, 30, 90)),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    assert lab is not None
    stored = store(encoded(lab, "TIFF"), None)
    assert stored.traits.mode == "LAB"
    assert np.abs(np.array(opened(stored.data).getpixel((5, 5))) - (200, 30, 90)).max() <= 4


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "JPEG2000", "AVIF"]
)
def test_every_format_is_decoded(kind: str) -> None:
    image = picture().quantize(256) if kind == "GIF" else picture()
    data = encoded(image, kind)
    assert store(data, 16).traits.format == kind
    assert apart(decode(data), picture()) < 7


def test_a_camera_s_multi_picture_file_is_decoded() -> None:
    data = encoded(picture(), "MPO", save_all=True, append_images=[picture(1)])
    stored = store(data, 30)
    assert stored.traits.format == "MPO"
    assert apart(opened(stored.data), picture()) < 7


def test_all_suffixes_are_of_formats_that_are_decoded() -> None:
    known = Image.registered_extensions()
    assert {known[suffix] for suffix in decoding.SUFFIXES} <= set(decoding.FORMATS)


def test_a_side_is_never_scaled_away() -> None:
    assert decoding.scaled((1, 900), 1) == (1, 900)
    assert decoding.scaled((400, 300), 30) == (40, 30)


BAD = {
    "empty": (b"", "the file is empty"),
    "text": (b"This is not a painting.\n" * 20, "not an image of a known format"),
    "html": (b"<!doctype html><title>404</title>", "not an image"),
    "truncated JPEG": (encoded(picture())[:-100], "cannot be decoded: image file is truncated"),
    "truncated PNG": (encoded(picture(), "PNG")[:400], "cannot be decoded"),
    "bomb": (png(50_000, 50_000), "decompression bomb"),
    "no width": (png(0, 20), "not an image|no pixels"),
    "no height": (png(20, 0), "not an image|no pixels"),
    "empty PPM": (b"P6 0 0 255\n", "not an image|no pixels|cannot be decoded"),
    "floating point": (encoded(Image.new("F", (20, 20)), "TIFF"), "floating-point"),
    "PostScript": (encoded(picture(), "EPS"), "not an image of a known format"),
    "EXIF that is text": (encoded(picture(), exif=b"Exif\x00\x00hello there"), "no TIFF header"),
    "EXIF of four bytes": (encoded(picture(), exif=b"Exif\x00\x00II*\x00"), "no TIFF header"),
    "EXIF elsewhere": (
        encoded(picture(), exif=b"Exif\x00\x00II*\x00" + struct.pack("<I", 9999)),
        "its directory lies outside",
    ),
    "EXIF cut off": (
        encoded(picture(), exif=exif_entry(3, 1, b"\x06\x00\x00\x00")[:-10]),
        "its directory is cut off",
    ),
    "orientation 9": (
        encoded(picture(), exif=exif_entry(3, 1, struct.pack("<HH", 9, 0))),
        "broken EXIF: orientation 9",
    ),
    "orientation in words": (
        encoded(picture(), exif=exif_entry(2, 3, b"up\x00\x00")),
        "broken EXIF: orientation 'up",
    ),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_image_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage, match=reason) as caught:
        store(data, 32)
    assert "\n" not in str(caught.value)
    with pytest.raises(BadImage, match=reason):
        decode(data, 32)


WHOLE = [
    encoded(picture(), kind, exif=exif(6)) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
] + [encoded(picture().convert("P"), "GIF"), encoded(picture(), "BMP")]


@given(st.sampled_from(WHOLE), st.data())
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore")  # Pillow warns of much that is odd in damaged files
def test_damage_anywhere_gives_a_picture_or_a_reason_and_nothing_else(
    whole: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    kept = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    try:
        stored = store(bytes(damaged[:kept]), 16).data
    except BadImage:
        stored = encoded(picture())
    assert opened(stored).mode == "RGB"


def test_an_error_without_words_still_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def speechless(*_: object) -> None:
        raise EOFError

    data = encoded(picture(), "PNG")
    with monkeypatch.context() as patched:
        patched.setattr(Image.Image, "load", speechless)
        patched.setattr("PIL.ImageFile.ImageFile.load", speechless)
        with pytest.raises(BadImage, match="cannot be decoded: EOFError"):
            store(data, 16)


def test_decoding_scales_down_and_never_up() -> None:
    data = encoded(picture(size=(80, 60)))
    assert decode(data, 30).size == (40, 30)
    assert decode(data, 300).size == (80, 60)
    assert decode(data).mode == "RGB"


def as_array(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(image)


def test_decoding_equals_what_pillow_shows_of_a_plain_picture() -> None:
    data = encoded(picture())
    expected = Image.open(io.BytesIO(data)).convert("RGB")
    assert (as_array(decode(data)) == as_array(expected)).all()
