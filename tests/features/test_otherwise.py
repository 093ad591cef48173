"""The other photograph: the same for every run, each change doing what it says, still the work."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from morelli.data import decoding
from morelli.features.backbones import BACKBONES, Backbone
from morelli.features.otherwise import (
    OTHERWISE,
    SEED,
    Otherwise,
    _glaring,
    _perspective,
    _screened,
    _shaken,
    otherwise_of,
)
from morelli.features.preprocess import Pixels, preprocess

NEVER = (0.0, 0.0)
STILL = Otherwise(
    tilt=0.0,
    rescale=(1.0, 1.0),
    gamma=(1.0, 1.0),
    warmth=0.0,
    saturation=(1.0, 1.0),
    glare=NEVER,
    screen=NEVER,
    shake=NEVER,
    noise=NEVER,
    quality=(100, 100),
)
"""Changes nothing but what a WebP of the best quality does."""


@pytest.fixture(scope="module")
def image() -> Image.Image:
    """Smooth colours."""
    y, x = np.mgrid[:90, :130]
    waves = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + 2 * y) / 11)], axis=2)
    return Image.fromarray((128 + 80 * waves).astype(np.uint8))


def _photograph(image: Image.Image, backbone: Backbone, otherwise: Otherwise, n: int = 0) -> Pixels:
    return otherwise_of(image, backbone, otherwise, seed=SEED, work="a", view=n)


def test_without_any_chance_it_is_the_preprocessed_work(
    image: Image.Image, small: Backbone
) -> None:
    apart = np.abs(_photograph(image, small, STILL).astype(float) - preprocess(image, small))

    assert apart.mean() < 4


@given(
    cut=st.lists(st.floats(0, 0.3), min_size=8, max_size=8),
    size=st.tuples(st.integers(20, 600), st.integers(20, 600)),
)
def test_a_perspective_brings_each_corner_to_its_place(
    cut: list[float], size: tuple[int, int]
) -> None:
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * size
    inwards = np.array(cut).reshape(4, 2) * size * [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    a, b, c, d, e, f, g, h = _perspective(corners, corners + inwards)

    places = [
        ((a * x + b * y + c) / (g * x + h * y + 1), (d * x + e * y + f) / (g * x + h * y + 1))
        for x, y in corners
    ]

    np.testing.assert_allclose(places, corners + inwards, atol=1e-6 * max(size))


def test_a_tilt_moves_the_work_and_leaves_no_empty_edge(
    image: Image.Image, small: Backbone
) -> None:
    tilted = replace(STILL, tilt=0.08)
    white = Image.new("RGB", (130, 90), "white")

    moved = np.abs(_photograph(image, small, tilted).astype(float) - preprocess(image, small))

    assert moved.mean() > 8
    assert all(_photograph(white, small, tilted, n).min() >= 253 for n in range(20))


def test_glare_brightens_a_place_and_never_darkens() -> None:
    values = np.random.default_rng(0).uniform(0, 255, (60, 80, 3)).astype(np.float32)

    added = _glaring(np.random.default_rng(1), values, 0.5) - values

    share = added / (255 - values)
    assert added.min() >= 0
    assert share.max() == pytest.approx(0.5, abs=0.05)
    assert np.quantile(share, 0.2) < 0.05


def test_a_screen_is_a_fine_wave_of_its_amplitude() -> None:
    values = np.full((64, 64, 3), 100, np.float32)

    screened = _screened(np.random.default_rng(3), values, 0.1)

    waves = np.abs(np.fft.fft2(screened[:, :, 0] - screened[:, :, 0].mean()))
    across, down = (np.fft.fftfreq(64)[n] for n in np.unravel_index(waves.argmax(), waves.shape))
    assert screened.mean() == pytest.approx(100, abs=0.5)
    assert 107 < screened.max() <= 110.01
    assert 1 / 7.5 < math.hypot(across, down) < 1 / 2.3


@pytest.mark.parametrize("change", [_glaring, _screened])
def test_a_change_that_is_left_out_draws_as_much_and_changes_nothing(
    change: Callable[[np.random.Generator, npt.NDArray[np.float32], float], object],
) -> None:
    values = np.full((30, 40, 3), 100, np.float32)
    left_out, applied = np.random.default_rng(2), np.random.default_rng(2)

    assert change(left_out, values, 0.0) is values
    assert change(applied, values, 0.1) is not values
    assert left_out.bit_generator.state == applied.bit_generator.state


@pytest.mark.parametrize(("angle", "kept"), [(0.0, False), (math.pi / 2, True)])
def test_blur_by_motion_runs_along_its_line(angle: float, kept: bool) -> None:
    edge = np.zeros((40, 40, 3), np.uint8)
    edge[:, 20:] = 200

    blurred = np.asarray(_shaken(Image.fromarray(edge), 4.0, angle))

    assert bool(np.abs(blurred.astype(int) - edge).max() <= 1) is kept
    assert blurred[20, 10, 0] == 0
    assert blurred[20, 30, 0] == 200
    assert blurred.mean() == pytest.approx(edge.mean(), abs=1)


def test_what_is_smaller_than_the_blur_or_does_not_move_stays_sharp(image: Image.Image) -> None:
    tiny = image.crop((0, 0, 4, 60))

    assert _shaken(tiny, 4.0, 1.0) is tiny
    assert _shaken(image, 0.0, 1.0) is image


@pytest.mark.parametrize(
    ("change", "least"),
    [
        ({"gamma": (0.75, 0.75)}, 8),
        ({"warmth": 0.1}, 2),
        ({"saturation": (0.7, 0.7)}, 5),
        ({"glare": (1.0, 0.5)}, 2),
        ({"screen": (1.0, 0.1)}, 1),
        ({"shake": (1.0, 4.0)}, 0.5),
        ({"noise": (1.0, 8.0)}, 2),
        ({"rescale": (0.5, 0.5)}, 0.5),
        ({"quality": (0, 0)}, 2),
    ],
    ids=lambda photograph: next(iter(photograph)) if isinstance(photograph, dict) else "",
)
def test_every_setting_changes_the_photograph(
    image: Image.Image, small: Backbone, change: dict[str, tuple[float, float]], least: float
) -> None:
    still = _photograph(image, small, STILL).astype(float)

    changed = [_photograph(image, small, replace(STILL, **change), n) for n in range(8)]  # type: ignore[arg-type]

    assert np.mean([np.abs(photograph - still).mean() for photograph in changed]) > least


def test_a_change_of_some_probability_is_made_that_often(
    image: Image.Image, small: Backbone
) -> None:
    still, sometimes = _photograph(image, small, STILL), replace(STILL, noise=(0.4, 8.0))

    same = sum(np.array_equal(_photograph(image, small, sometimes, n), still) for n in range(100))

    assert 45 <= same <= 75


def _thumbnail(pixels: Pixels) -> npt.NDArray[np.float64]:
    """Return an eighth of the detail in grey, with mean 0 and norm 1, flat."""
    grey = Image.fromarray(pixels).convert("L").resize((16, 16), Image.Resampling.BOX)
    flat = np.asarray(grey, np.float64).ravel()
    flat = flat - flat.mean()
    return np.asarray(flat / np.linalg.norm(flat))


@pytest.mark.real
def test_nearly_every_other_photograph_of_real_works_is_closest_to_its_own_work(
    shared: Path,
) -> None:
    shard = shared / "paintings/wikiart-mini/data/train-00000-of-00012.parquet"
    with pq.ParquetFile(shard) as file:
        rows = next(file.iter_batches(60, columns=["image"]))["image"].to_pylist()
    works = [decoding.decode(row["bytes"]) for row in rows]
    backbone = BACKBONES["mobilenet_v2"]

    plain = np.stack([_thumbnail(preprocess(work, backbone)) for work in works])
    other = np.stack(
        [
            _thumbnail(otherwise_of(work, backbone, OTHERWISE, seed=SEED, work=str(n), view=0))
            for n, work in enumerate(works)
        ]
    )

    # Not all: pixels in the same place are compared, and the work has moved and its light changed.
    likeness = other @ plain.T
    assert (likeness.argmax(axis=1) == np.arange(len(works))).mean() >= 0.9
    assert np.median(np.diag(likeness)) > 0.75
