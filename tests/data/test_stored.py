"""A stored work keeps its bytes where it can, and its short side is the one asked for."""

import pytest
from data.small import encoded, opened, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from morelli.data.decoding import BadImage
from morelli.data.stored import store, work_id


def test_a_plain_small_jpeg_keeps_its_bytes() -> None:
    data = encoded(picture())
    for size in (None, 30, 100):
        stored = store(data, size)
        assert (stored.data, stored.suffix) == (data, ".jpg")


def test_the_original_size_keeps_a_png_s_bytes_too() -> None:
    data = encoded(picture(), "PNG")
    stored = store(data, None)
    assert (stored.data, stored.suffix) == (data, ".png")
    assert store(data, 30).suffix == ".jpg"


@given(st.tuples(st.integers(1, 90), st.integers(1, 90)), st.integers(16, 60))
@settings(max_examples=40)
def test_the_short_side_is_the_size_asked_for_and_never_enlarged(
    shape: tuple[int, int], size: int
) -> None:
    stored_size = opened(store(encoded(Image.new("RGB", shape), "PNG"), size).data).size
    if min(shape) <= size:
        assert stored_size == shape
    else:
        assert min(stored_size) == size
        assert abs(max(stored_size) - size * max(shape) / min(shape)) <= 0.5


def test_what_is_longer_than_a_jpeg_can_be_is_refused() -> None:
    data = encoded(Image.new("L", (70_000, 1)), "PNG")
    with pytest.raises(BadImage, match="longer than a JPEG"):
        store(data, None)


def test_equal_bytes_are_one_work_and_others_another() -> None:
    assert work_id(b"one") == work_id(b"one") != work_id(b"other")
    assert work_id(b"").startswith("e3b0c44298fc1c14")
