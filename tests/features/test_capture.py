"""Capture views: the same on every run, each change doing what it says; and the kinds of views."""

from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from morelli.errors import UnknownName
from morelli.features.augment import STUDY, view_of
from morelli.features.backbones import BACKBONES, Backbone
from morelli.features.capture import CAPTURE, Capture, capture_of
from morelli.features.extractor import Extractor, View
from morelli.features.otherwise import OTHERWISE
from morelli.features.preprocess import Pixels, preprocess
from morelli.features.views import KINDS, Kind, draw, find_kind

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


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_draws_the_same_for_the_same_seed_work_and_view(
    image: Image.Image, small: Backbone, kind: Kind
) -> None:
    once, again = (draw(image, small, kind, seed=1, work="a", view=2) for _ in range(2))

    assert once.shape == (small.crop, small.crop, 3)
    assert once.dtype == np.uint8
    assert np.array_equal(once, again)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_draws_another_view_for_another_seed_work_or_number(
    image: Image.Image, small: Backbone, kind: Kind
) -> None:
    drawn = [(1, "a", 2), (2, "a", 2), (1, "b", 2), (1, "a", 3), (12, "a", 2), (1, "a", 22)]
    views = {
        draw(image, small, kind, seed=seed, work=work, view=view).tobytes()
        for seed, work, view in drawn
    }

    assert len(views) == len(drawn)


@settings(max_examples=40)
@given(
    kind=st.sampled_from([CAPTURE, OTHERWISE]),
    width=st.integers(1, 700),
    height=st.integers(1, 700),
    seed=st.integers(0, 2**32),
)
def test_images_of_any_size_have_capture_views_and_other_photographs(
    kind: Kind, width: int, height: int, seed: int
) -> None:
    backbone = replace(BACKBONES["squeezenet1_1"], resize=72, crop=64)

    found = draw(Image.new("RGB", (width, height)), backbone, kind, seed=seed, work="a", view=0)

    assert found.shape == (64, 64, 3)


@pytest.mark.parametrize("kind", [CAPTURE, OTHERWISE], ids=["capture", "otherwise"])
@pytest.mark.parametrize("size", [(1, 40_000), (40_000, 1), (1, 1), (2000, 3000)])
def test_strips_and_large_images_have_them_too(
    kind: Kind, size: tuple[int, int], small: Backbone
) -> None:
    found = draw(Image.new("RGB", size), small, kind, seed=0, work="a", view=0)

    assert found.shape == (small.crop, small.crop, 3)


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

    found = _view(white, small, replace(STILL, squash=(factor, factor)))

    dark = found.mean(axis=2) < 128
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


def test_all_settings_and_the_kind_are_described() -> None:
    for kind in (CAPTURE, OTHERWISE):
        assert set(kind.described()) == {"kind", *(field.name for field in fields(kind))}
    assert replace(CAPTURE, blur=0.1).described() != CAPTURE.described()
    assert len({str(kind.described()) for kind in KINDS.values()}) == len(KINDS)


def test_the_extractor_draws_the_kind_that_a_view_says(
    image: Image.Image, using: Extractor, tmp_path: str
) -> None:
    image.save(f"{tmp_path}/a.png")
    with open(f"{tmp_path}/a.png", "rb") as file:  # noqa: PTH123
        data = file.read()

    for kind in KINDS.values():
        wanted = draw(image, using.frozen.backbone, kind, seed=4, work="a", view=3)
        assert np.array_equal(using.pixels("a", data, View(3, 4, kind)), wanted)


def test_the_study_s_views_and_their_key_are_as_they_were(
    image: Image.Image, using: Extractor, small: Backbone
) -> None:
    by_kind = draw(image, small, KINDS["study"], seed=1, work="a", view=2)

    assert np.array_equal(by_kind, view_of(image, small, STUDY, seed=1, work="a", view=2))
    key = using.described(View(2, 1))
    assert key["augment"] == {
        "size": 256,
        "scale": (0.8, 1.0),
        "ratio": (3 / 4, 4 / 3),
        "degrees": 15.0,
        "flip": 0.5,
    }
    assert set(key) - set(using.described(None)) == {"augment", "seed", "view"}


def test_a_kind_is_found_by_its_name_or_the_nearest_told() -> None:
    assert find_kind("capture") is CAPTURE

    with pytest.raises(UnknownName, match="capture"):
        find_kind("captur")
