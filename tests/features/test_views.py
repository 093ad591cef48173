"""The kinds of views: each draws the same for the same seed, work and number."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from morelli.errors import UnknownName
from morelli.features.augment import STUDY, view_of
from morelli.features.backbones import BACKBONES, Backbone
from morelli.features.capture import CAPTURE
from morelli.features.extractor import Extractor, View
from morelli.features.otherwise import OTHERWISE
from morelli.features.views import KINDS, Kind, draw, find_kind


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

    pixels = draw(Image.new("RGB", (width, height)), backbone, kind, seed=seed, work="a", view=0)

    assert pixels.shape == (64, 64, 3)


@pytest.mark.parametrize("kind", [CAPTURE, OTHERWISE], ids=["capture", "otherwise"])
@pytest.mark.parametrize("size", [(1, 40_000), (40_000, 1), (1, 1), (2000, 3000)])
def test_strips_and_large_images_have_them_too(
    kind: Kind, size: tuple[int, int], small: Backbone
) -> None:
    pixels = draw(Image.new("RGB", size), small, kind, seed=0, work="a", view=0)

    assert pixels.shape == (small.crop, small.crop, 3)


def test_all_settings_and_the_kind_are_described() -> None:
    for kind in (CAPTURE, OTHERWISE):
        assert set(kind.described()) == {"kind", *(field.name for field in fields(kind))}
    assert replace(CAPTURE, blur=0.1).described() != CAPTURE.described()
    assert len({str(kind.described()) for kind in KINDS.values()}) == len(KINDS)


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
