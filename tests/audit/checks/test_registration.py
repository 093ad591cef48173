"""Two pictures laid over one another: crops are found, and light and colour do not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from morelli.audit.checks.registration import (
    REACH,
    Floats,
    correlation,
    crops,
    overlaid,
    register,
    shrunk,
    texture,
)

STEP = 0.02
ENDS = round(REACH / STEP)


def pictures(seed: int, count: int = 4, side: int = 32) -> Floats:
    """Grey pictures without hard edges, drawn by chance."""
    noise = np.random.default_rng(seed).normal(size=(count, side, side))
    soft = gaussian_filter(noise, (0, 2, 2))
    picture: Floats = (128 + 40 * soft / soft.std()).astype(np.float32)
    return picture


def test_uncropped_pictures_correlate_as_numpy_says() -> None:
    one, other = pictures(0), pictures(1)
    plain = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(one, other, strict=True)]
    among = crops(32, STEP)
    centre = len(among.first) // 2
    only = type(among)(
        among.windows,
        among.first[centre : centre + 1],
        among.second[centre : centre + 1],
        among.own,
        among.both[:, centre : centre + 1],
        among.sums,
    )
    windows, correlations = register(one, other, only, rounds=1)
    assert (windows == 0).all()
    assert correlations == pytest.approx(plain, abs=1e-4)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.tuples(*[st.integers(-ENDS, ENDS)] * 4))
def test_a_crop_is_found(seed: int, cut: tuple[int, int, int, int]) -> None:
    left, right, top, bottom = cut
    among = crops(32, STEP)

    def windows(sign: int) -> list[int]:
        ends = [(left, right), (top, bottom)]
        return [max(sign * a, 0) * (ENDS + 1) + max(sign * b, 0) for a, b in ends]

    # What each has of its own at its ends comes from the same larger picture.
    whole = pictures(seed, count=1)
    chosen = np.array([[*windows(-1), *windows(1)]])
    one, other = overlaid(whole, whole, chosen, step=STEP)
    places, alike = register(one, other, among, rounds=3)
    laid = overlaid(one, other, places, step=STEP)
    assert alike[0] > 0.98
    assert correlation(*laid, margin=2)[0] > 0.98


def test_strangers_do_not_correlate_in_texture_wherever_they_are_laid() -> None:
    one, other = (texture(pictures(seed, 40), 2.0) for seed in (0, 1))
    windows, _ = register(one, other, crops(32, STEP), rounds=2)
    laid = overlaid(one, other, windows, step=STEP)
    assert correlation(*laid, margin=4).max() < 0.6


def test_texture_is_blind_to_light_and_slow_shadow() -> None:
    one = pictures(0)
    shadow = np.linspace(-30, 30, 32, dtype=np.float32)
    other = 0.7 * one + 20 + shadow
    assert correlation(texture(one, 2.0), texture(other, 2.0), margin=4).min() > 0.97


def test_there_is_no_texture_in_one_colour_and_faint_noise() -> None:
    noise = np.random.default_rng(0).normal(0, 0.4, (1, 32, 32)).astype(np.float32)
    faint = texture(128 + noise, 2.0)
    assert correlation(faint, faint, margin=4)[0] < 0.5
    bare = texture(np.full((1, 32, 32), 9), 2.0)
    assert abs(correlation(bare, faint, margin=4)[0]) < 1e-6


def test_shrinking_takes_means() -> None:
    picture = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert shrunk(picture, 2).tolist() == [[[2.5, 4.5], [10.5, 12.5]]]
