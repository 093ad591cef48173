"""Random views: the same on every run, by the study's rule."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import RandomResizedCrop

from morelli.features.augment import STUDY, Augmentation, _crop, view_of
from morelli.features.backbones import BACKBONES, Backbone

DRAWS = 600
STILL = Augmentation(size=80, scale=(1.0, 1.0), ratio=(1.0, 1.0), degrees=0.0, flip=0.0)


def test_the_same_seed_work_and_view_give_the_same_pixels(
    image: Image.Image, small: Backbone
) -> None:
    once, again = (view_of(image, small, STUDY, seed=1, work="a", view=2) for _ in range(2))

    assert once.shape == (small.crop, small.crop, 3)
    assert once.dtype == np.uint8
    assert np.array_equal(once, again)


def test_another_seed_work_or_view_gives_other_pixels(image: Image.Image, small: Backbone) -> None:
    drawn = [(1, "a", 2), (2, "a", 2), (1, "b", 2), (1, "a", 3), (12, "a", 2), (1, "a", 22)]
    views = {
        view_of(image, small, STUDY, seed=seed, work=work, view=view).tobytes()
        for seed, work, view in drawn
    }

    assert len(views) == len(drawn)


@given(
    width=st.integers(1, 4000),
    height=st.integers(1, 4000),
    seed=st.integers(0, 2**32),
    least=st.floats(0.05, 1.0),
)
def test_every_crop_lies_within_its_image(width: int, height: int, seed: int, least: float) -> None:
    augmentation = replace(STUDY, scale=(least, 1.0))

    left, top, across, down = _crop(np.random.default_rng(seed), width, height, augmentation)

    assert across >= 1
    assert down >= 1
    assert 0 <= left <= width - across
    assert 0 <= top <= height - down


@pytest.mark.parametrize("size", [(1, 300), (300, 1), (1, 1), (2, 5000)])
def test_strips_of_a_pixel_or_two_have_views_too(size: tuple[int, int], small: Backbone) -> None:
    still = replace(STUDY, degrees=0.0)

    pixels = view_of(Image.new("RGB", size, (5, 6, 7)), small, still, seed=0, work="a", view=0)

    assert (pixels == (5, 6, 7)).all()


@pytest.mark.parametrize("size", [(300, 200), (200, 210), (500, 100)])
def test_area_and_aspect_are_distributed_as_in_torchvision(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    ours = np.array([_crop(random, *size, STUDY)[2:] for _ in range(DRAWS)], np.float64)
    theirs = _torchvision_crops(size)

    for measure in (_area, _aspect):
        mine, its = measure(ours), measure(theirs)
        error = math.hypot(mine.std(), its.std()) / math.sqrt(DRAWS)
        assert abs(mine.mean() - its.mean()) <= 4 * error + 1e-9
        assert mine.std() == pytest.approx(its.std(), rel=0.2, abs=1e-9)


def _torchvision_crops(size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """(draws, 2) width and height of torchvision's crops."""
    image = Image.new("L", size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        drawn = [
            RandomResizedCrop.get_params(image, list(STUDY.scale), list(STUDY.ratio))
            for _ in range(DRAWS)
        ]
    return np.array([(width, height) for _, _, height, width in drawn], np.float64)


def _area(crops: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    area: npt.NDArray[np.float64] = crops.prod(axis=1)
    area /= area.max()
    return area


def _aspect(crops: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    aspect: npt.NDArray[np.float64] = np.log(crops[:, 0] / crops[:, 1])
    return aspect


def test_without_any_chance_a_view_is_the_scaled_image(image: Image.Image, small: Backbone) -> None:
    square = image.crop((0, 0, 90, 90))

    pixels = view_of(square, small, STILL, seed=0, work="a", view=0)

    wanted = square.resize((80, 80), Image.Resampling.BILINEAR).crop((8, 8, 72, 72))
    assert np.array_equal(pixels, np.asarray(wanted))


def test_about_half_of_the_views_are_flipped(image: Image.Image, small: Backbone) -> None:
    square, flipping = image.crop((0, 0, 90, 90)), replace(STILL, flip=0.5)
    plain = view_of(square, small, STILL, seed=0, work="a", view=0)

    views = [view_of(square, small, flipping, seed=0, work="a", view=v) for v in range(200)]

    same = sum(np.array_equal(view, plain) for view in views)
    flipped = sum(np.array_equal(view, plain[:, ::-1]) for view in views)
    assert same + flipped == 200
    assert 70 <= flipped <= 130


def test_a_rotated_view_has_black_corners() -> None:
    turning = replace(STUDY, size=224, degrees=15.0)
    white = Image.new("RGB", (300, 300), "white")

    views = [
        view_of(white, BACKBONES["resnet18"], turning, seed=0, work="a", view=view)
        for view in range(8)
    ]

    black = [float((view == 0).all(axis=2).mean()) for view in views]
    assert max(black) > 0.01
    assert all(view[112, 112].tolist() == [255, 255, 255] for view in views)
    assert set(np.unique(np.stack(views))) == {0, 255}


def test_all_that_a_view_depends_on_is_described() -> None:
    assert STUDY.described() == {
        "size": 256,
        "scale": (0.8, 1.0),
        "ratio": (3 / 4, 4 / 3),
        "degrees": 15.0,
        "flip": 0.5,
    }
