"""Capture views: the same on every run, each change doing what it says; and the kinds of views."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from morelli.features.backbones import Backbone
from morelli.features.capture import Capture, capture_of
from morelli.features.preprocess import Pixels, preprocess

STILL = Capture(
    crop=(1.0, 1.0),
    squash=(1.0, 1.0),
    rescale=(1.0, 1.0),
    blur=0.0,
    exposure=0.0,
    balance=0.0,
    quality=(100, 100),
    flip=0.0,
)
"""Changes nothing but what a JPEG of the best quality does."""


@pytest.fixture(scope="module")
def image() -> Image.Image:
    """Smooth colours with some grain, as a photograph has."""
    y, x = np.mgrid[:90, :130]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + 2 * y) / 11)], axis=2)
    grain = np.random.default_rng(0).normal(0, 6, waves.shape)
    return Image.fromarray((128 + 80 * waves + grain).clip(0, 255).astype(np.uint8))


def _view(image: Image.Image, backbone: Backbone, capture: Capture, view: int = 0) -> Pixels:
    return capture_of(image, backbone, capture, seed=0, work="a", view=view)


def _apart(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def _laplacian(pixels: Pixels) -> float:
    grey = pixels.astype(float).mean(axis=2)
    return float(np.var(np.diff(grey, 2, axis=0)[:, 1:-1] + np.diff(grey, 2, axis=1)[1:-1]))


def test_without_any_chance_a_capture_view_is_the_preprocessed_work(
    image: Image.Image, small: Backbone
) -> None:
    assert _apart(_view(image, small, STILL), preprocess(image, small)) < 4


def test_about_half_of_the_capture_views_are_flipped(image: Image.Image, small: Backbone) -> None:
    square = image.crop((0, 0, 80, 80))
    plain, flipping = _view(square, small, STILL), replace(STILL, flip=0.5)

    views = [_view(square, small, flipping, number) for number in range(100)]

    flipped = sum(_apart(view, plain[:, ::-1]) < _apart(view, plain) for view in views)
    assert 30 <= flipped <= 70


@pytest.mark.parametrize("factor", [0.75, 1.0, 4 / 3])
def test_squashing_changes_the_aspect_by_its_factor(small: Backbone, factor: float) -> None:
    white = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(white).ellipse((70, 70, 130, 130), fill="black")

    pixels = _view(white, small, replace(STILL, squash=(factor, factor)))

    dark = pixels.mean(axis=2) < 128
    assert dark.any(axis=0).sum() / dark.any(axis=1).sum() == pytest.approx(factor, rel=0.08)


def test_a_crop_is_drawn_from_anywhere_within_its_image(small: Backbone) -> None:
    ramp = np.tile(np.linspace(0, 255, 256), (256, 1)).astype(np.uint8)
    image, half = Image.fromarray(ramp).convert("RGB"), replace(STILL, crop=(0.5, 0.5))

    middles = [_view(image, small, half, number).mean() for number in range(60)]

    assert 60 < min(middles) < 75
    assert 180 < max(middles) < 195


def test_rescaling_and_blur_take_detail_away(image: Image.Image, small: Backbone) -> None:
    sharp = _laplacian(_view(image, small, STILL))

    halved = _laplacian(_view(image, small, replace(STILL, rescale=(0.45, 0.45))))
    blurred = [_laplacian(_view(image, small, replace(STILL, blur=1.0), n)) for n in range(20)]

    assert halved < 0.6 * sharp
    assert min(blurred) < 0.7 * sharp
    assert max(blurred) <= 1.05 * sharp


def test_a_lower_quality_leaves_less_of_the_work(image: Image.Image, small: Backbone) -> None:
    plain = preprocess(image, small)

    lost = [
        _apart(_view(image, small, replace(STILL, quality=(quality, quality))), plain)
        for quality in (95, 70, 40, 10)
    ]

    assert lost == sorted(lost)
    assert lost[0] < 0.5 * lost[-1]


def test_exposure_changes_all_channels_alike_and_balance_each_by_itself(small: Backbone) -> None:
    grey = Image.new("RGB", (80, 80), (100, 100, 100))

    exposed = _means(grey, small, replace(STILL, exposure=0.2))
    balanced = _means(grey, small, replace(STILL, balance=0.1))

    assert np.ptp(exposed, axis=1).max() < 2
    assert 78 < exposed.min() < 90
    assert 110 < exposed.max() < 122
    assert np.ptp(balanced, axis=1).max() > 8
    assert 88 < balanced.min() < 95
    assert 105 < balanced.max() < 112


def _means(image: Image.Image, small: Backbone, capture: Capture) -> npt.NDArray[np.float64]:
    """Return (60, 3) mean of each channel in views."""
    views = [_view(image, small, capture, number) for number in range(60)]
    return np.array([view.mean(axis=(0, 1)) for view in views])
