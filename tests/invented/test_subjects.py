"""Subjects and directions: of the canvas's size, and drawn from the generator alone."""

import numpy as np
import pytest

from morelli.invented import subjects
from morelli.invented.subjects import Direction, Subject

Y, X = np.mgrid[0:1:24j, 0:1.25:30j].astype(np.float32)
PALETTE = np.linspace(0, 255, 21, dtype=np.float32).reshape(7, 3)
SUBJECTS = (
    subjects.fields,
    subjects.grove,
    subjects.hills,
    subjects.pond,
    subjects.shore,
    subjects.street,
)


def sketched(subject: Subject, seed: int) -> subjects.Array:
    return subject(X, Y, PALETTE, np.random.default_rng(seed))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_sketch_has_the_canvas_size_and_colours_about_the_palettes(subject: Subject) -> None:
    sketch = sketched(subject, 0)

    assert sketch.shape == (24, 30, 3)
    assert np.isfinite(sketch).all()
    assert sketch.min() > -60
    assert sketch.max() < 315


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_generator_alone_draws_a_sketch(subject: Subject) -> None:
    assert np.array_equal(sketched(subject, 3), sketched(subject, 3))
    assert not np.array_equal(sketched(subject, 3), sketched(subject, 4))


def level(x: subjects.Array, y: subjects.Array, rng: np.random.Generator) -> subjects.Array:
    return subjects.steady(x, y, rng, degrees=0)


@pytest.mark.parametrize("direction", [level, subjects.swirl])
def test_a_direction_has_an_angle_at_every_point(direction: Direction) -> None:
    angles = direction(X, Y, np.random.default_rng(0))

    assert angles.shape == (24, 30)
    assert np.isfinite(angles).all()


def test_a_steady_brush_strays_little_from_its_direction_and_a_swirl_turns_all_ways() -> None:
    rng = np.random.default_rng(0)

    assert np.abs(level(X, Y, rng)).max() < np.deg2rad(35)
    assert np.ptp(subjects.swirl(X, Y, rng)) > np.pi / 2
