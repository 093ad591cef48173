"""Small pictures of works: as small as a page needs, and never an error."""

import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from morelli.invented.painters import PAINTERS, paint
from morelli.reporting.thumbnails import thumbnail

JPEG = "data:image/jpeg;base64,"


def stored(size: tuple[int, int] = (320, 240), kind: str = "JPEG", **options: object) -> bytes:
    """The bytes of a painting of some size."""
    buffer = io.BytesIO()
    paint(PAINTERS[0], 1, size=size).save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(address: str) -> Image.Image:
    assert address.startswith(JPEG)
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix(JPEG), validate=True)))


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((320, 240), (160, 120)),
        ((240, 320), (120, 160)),
        ((640, 20), (160, 5)),
        ((40, 30), (40, 30)),
    ],
)
def test_the_longer_side_is_what_was_asked_and_nothing_is_enlarged(
    size: tuple[int, int], small: tuple[int, int]
) -> None:
    assert decoded(thumbnail(stored(size), 160)).size == small


def test_a_line_of_pixels_stays_one() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (2000, 1), "red").save(buffer, "PNG")

    assert decoded(thumbnail(buffer.getvalue(), 100)).size == (100, 1)


def test_a_painting_takes_a_few_kilobytes() -> None:
    sizes = []
    for painter in PAINTERS:
        buffer = io.BytesIO()
        paint(painter, 0).save(buffer, "PNG")
        sizes.append(len(thumbnail(buffer.getvalue())))

    assert 3_000 < sum(sizes) / len(sizes) < 9_000


def test_what_a_file_says_beside_its_pixels_is_left_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret description"

    small = thumbnail(stored(comment=b"a secret comment", exif=exif))

    assert b"secret" not in base64.b64decode(small.removeprefix(JPEG))


@pytest.mark.parametrize("data", [b"", b"no picture", stored()[:400]])
def test_a_damaged_work_gives_an_empty_frame(data: bytes) -> None:
    address = thumbnail(data)

    assert address.startswith("data:image/svg+xml;base64,")
    assert address == thumbnail(b"damaged as well")


@given(st.binary(max_size=300))
def test_no_bytes_are_an_error(data: bytes) -> None:
    assert thumbnail(data).startswith("data:image/")
