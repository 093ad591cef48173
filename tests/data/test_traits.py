"""Traits tell what a source file was like, whatever is stored of it."""

import numpy as np
from data.small import encoded, picture
from PIL import Image, ImageFilter

from morelli.data.stored import store


def test_traits_tell_what_the_file_was_like() -> None:
    data = encoded(picture())
    traits = store(data, 16).traits
    assert (traits.width, traits.height) == (40, 30)
    assert (traits.format, traits.mode, traits.byte_count) == ("JPEG", "RGB", len(data))
    assert traits.orientation is None
    assert not traits.has_profile


def test_equal_qualities_have_equal_tables_and_others_have_not() -> None:
    def tables(seed: int, quality: int) -> str | None:
        return store(encoded(picture(seed), quality=quality), 16).traits.compression

    assert tables(0, 80) == tables(1, 80) != tables(0, 81)
    assert tables(0, 80) is not None
    assert store(encoded(picture(), "PNG"), 16).traits.compression is None


def test_a_blurred_picture_is_less_sharp() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 700, 3), dtype=np.uint8)
    sharp = Image.fromarray(noise)
    levels = [
        store(encoded(sharp.filter(ImageFilter.GaussianBlur(radius)), "PNG"), 16).traits.sharpness
        for radius in (0, 1, 3)
    ]
    assert levels[0] > levels[1] > levels[2] > 0


def test_what_is_too_small_to_measure_has_no_sharpness() -> None:
    assert store(encoded(Image.new("RGB", (2, 9)), "PNG"), 16).traits.sharpness == 0


def test_borders_are_measured_on_each_side() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    framed = np.full((40 + 3 + 4, 50 + 1 + 2), 128, np.uint8)
    framed[3:43, 1:51] = noise
    traits = store(encoded(Image.fromarray(framed), "PNG"), 16).traits
    assert (traits.border_left, traits.border_right) == (1, 2)
    assert (traits.border_top, traits.border_bottom) == (3, 4)


def test_an_even_picture_is_all_border_and_not_sharp() -> None:
    traits = store(encoded(Image.new("RGB", (20, 30), "grey"), "PNG"), 16).traits
    assert (traits.border_left, traits.border_top) == (20, 30)
    assert traits.sharpness == 0
