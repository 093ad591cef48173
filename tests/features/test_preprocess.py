"""The fixed way from an image to pixels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from morelli.features.backbones import BACKBONES
from morelli.features.preprocess import described, preprocess

SIDES = st.integers(8, 120)
TINY = replace(BACKBONES["resnet18"], resize=32, crop=27)


@given(width=SIDES, height=SIDES, method=st.sampled_from(["bilinear", "bicubic"]))
def test_sizes_and_offsets_round_as_torchvision_rounds_them(
    width: int, height: int, method: str
) -> None:
    assume(max(width, height) <= 8 * min(width, height))
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    image = Image.fromarray(pixels)

    seen = preprocess(image, replace(TINY, interpolation=method))

    resized = transforms.resize(image, [32], interpolation=InterpolationMode(method))
    assert np.array_equal(seen, np.asarray(transforms.center_crop(resized, [27])))


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (1, 1)])
def test_a_strip_of_one_pixel_gives_a_whole_square(size: tuple[int, int]) -> None:
    seen = preprocess(Image.new("RGB", size, (9, 8, 7)), TINY)

    assert seen.shape == (27, 27, 3)
    assert (seen == (9, 8, 7)).all()


@pytest.mark.parametrize(
    "changed",
    [{"resize": 40}, {"crop": 20}, {"interpolation": "bicubic"}, {"mean": (0.5, 0.5, 0.5)}],
)
def test_all_that_pixels_depend_on_is_described(changed: dict[str, object]) -> None:
    other = replace(TINY, **changed)  # type: ignore[arg-type]

    assert described(other) != described(TINY)
    assert described(replace(TINY, width=3)) == described(TINY)


def test_of_a_long_strip_only_the_middle_is_scaled() -> None:
    pixels = np.zeros((2, 60_000, 3), np.uint8)
    pixels[:, 29_990:30_010] = 200
    seen = preprocess(Image.fromarray(pixels), BACKBONES["resnet18"])
    assert seen.shape == (224, 224, 3)
    assert seen.min() == 200
