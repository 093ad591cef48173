"""What the invented painters paint, and which way their brushes run."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Array = npt.NDArray[np.floating[Any]]
Subject = Callable[[Array, Array, Array, Generator], Array]  # x, y, palette to a sketch
Direction = Callable[[Array, Array, Generator], Array]  # x, y to angles

# Subjects take x and y, (rows, columns) in parts of the height, a palette and a generator, and give
# a sketch, (rows, columns, 3) from 0 to 255.


def _lay(sketch: Array, mask: Array, colour: Array) -> None:
    """Lay a colour, or a sketch of colours, where the mask, 0 to 1, lets it."""
    sketch += mask[..., None] * (colour - sketch)


def _edge(inside: Array) -> Array:
    """The mask of what lies at a positive distance inside, soft over a hundredth of the height."""
    return (inside * 100 + 0.5).clip(0, 1)


def _disc(x: Array, y: Array, centre: tuple[float, float], radii: tuple[float, float]) -> Array:
    away = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])
    return _edge((1 - away) * min(radii))


def _glow(x: Array, y: Array, across: float, down: float, reach: float) -> Array:
    glow: Array = np.exp(-((x - across) ** 2 + (y - down) ** 2) / reach**2)
    return glow


def _ridge(x: Array, level: float, rise: float, rng: Generator) -> Array:
    """The line of hills about a level: a sum of three waves."""
    waves = [np.sin(x * rng.uniform(2, 4) * k + rng.uniform(0, 6.3)) / k for k in (1, 2, 3)]
    line: Array = level + rise * np.sum(waves, axis=0)
    return line


def _sky(x: Array, y: Array, palette: Array, horizon: float, rng: Generator) -> Array:
    depth = (y / horizon).clip(0, 1)[..., None] ** rng.uniform(0.7, 1.6)
    sketch: Array = palette[0] + depth * (palette[1] - palette[0])
    for _ in range(rng.integers(1, 5)):
        cloud = _glow(x / 3, y, rng.uniform(0, 0.4), rng.uniform(0, horizon), 0.06)
        _lay(sketch, 0.7 * cloud, palette[rng.integers(1, 4)])
    return sketch


def shore(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
    """A low sun over the sea, with sails."""
    width, horizon = x[0, -1], rng.uniform(0.35, 0.65)
    sun, height = rng.uniform(0.15, 0.85) * width, horizon * rng.uniform(0.3, 0.9)
    sketch = _sky(x, y, palette, horizon, rng)
    _lay(sketch, 0.7 * _glow(x, y, sun, height, 0.22), palette[2])
    _lay(sketch, _disc(x, y, (sun, height), (0.06, 0.06)), palette[2])
    depth = ((y - horizon) / (1 - horizon)).clip(0, 1)
    _lay(sketch, _edge(y - horizon), palette[3] + depth[..., None] * (palette[4] - palette[3]))
    ripples = np.sin(y * 90 + 4 * np.sin(x * 23 + y * 31)) > 0.2
    _lay(sketch, ripples * _edge(0.03 + 0.1 * depth - abs(x - sun)) * (depth > 0), palette[2])
    if rng.random() < 0.6:
        _lay(sketch, _edge(y - _ridge(x, rng.uniform(0.85, 1.0), 0.04, rng)), palette[5])
    for _ in range(rng.integers(0, 5)):
        mast, foot = rng.uniform((0, horizon), (width, 0.8))
        tall = rng.uniform(0.1, 0.3)
        sail = np.minimum(np.minimum(x - mast, (y - foot + tall) * 0.5 - x + mast), foot - y)
        _lay(sketch, _edge(sail), palette[rng.choice((2, 2, 6))])
        _lay(sketch, _disc(x, y, (mast + tall / 6, foot + 0.01), (tall * 0.4, 0.02)), palette[5])
    return sketch


def hills(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
    """Hills under stars, with cypresses."""
    width, horizon = x[0, -1], rng.uniform(0.45, 0.8)
    sketch = _sky(x, y, palette, horizon, rng)
    for size in (0.06, *rng.uniform(0.015, 0.035, rng.integers(0, 9))):
        star = rng.uniform(0, 1) * width, rng.uniform(0.05, 0.85) * horizon
        _lay(sketch, 0.7 * _glow(x, y, *star, 2.5 * size), palette[2])
        _lay(sketch, _disc(x, y, star, (size, size)), palette[2])
    for depth in np.linspace(0, 1, rng.integers(2, 5)):
        line = _ridge(x, horizon + depth * (0.95 - horizon), rng.uniform(0.02, 0.07), rng)
        colour = palette[3] + depth * (palette[4] - palette[3])
        shade = ((y - line) * 3).clip(0, 0.5)[..., None]
        _lay(sketch, _edge(y - line), colour + shade * (palette[5] - colour))
    for tall in rng.uniform(0.06, 0.3, rng.integers(0, 6)):
        left, foot = rng.uniform(0, 1) * width, rng.uniform(horizon + 0.1, 1.0)
        _lay(sketch, _disc(x, y, (left, foot - tall), (tall * 0.25, tall)), palette[5])
    return sketch


def pond(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
    """Still water with lilies behind a clump of reeds."""
    width, bank = x[0, -1], rng.uniform(0.05, 0.4)
    sketch = _sky(x, 1 - y, palette, 0.9, rng)
    _lay(sketch, 0.8 * _edge(_ridge(x, bank, 0.03, rng) - y), palette[4])
    _lay(sketch, 0.6 * (1 - abs(y - bank) * 4).clip(0, 1), palette[3])
    for size in rng.uniform(0.03, 0.09, rng.integers(2, 12)):
        left, down = rng.uniform(0, width), rng.uniform(bank + 0.1, 0.95)
        _lay(sketch, _disc(x, y, (left, down), (size, size * 0.35)), palette[rng.choice((2, 3, 4))])
    clump = rng.uniform(0, width)
    for lean in rng.normal(0, 0.08, rng.integers(16, 44)):
        left, top = clump + rng.normal(0, 0.25), rng.uniform(0.05, 0.7)
        blade = rng.uniform(0.004, 0.012) - abs(x - left - lean * (1 - y) ** 2)
        _lay(sketch, _edge(np.minimum(blade, y - top)), palette[rng.choice((4, 5, 5, 6))])
    return sketch


def fields(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
    """A patchwork of crops with houses."""
    width, horizon = x[0, -1], rng.uniform(0.25, 0.5)
    sketch = _sky(x, y, palette, horizon, rng)
    depth = np.log1p(((y - horizon) * 4).clip(0)) / np.log1p((1 - horizon) * 4)
    middles = rng.uniform((-0.1, 0), (width + 0.1, 1), (rng.integers(10, 26), 2))
    nearest = np.argmin([(x - a) ** 2 + (depth - d) ** 2 for a, d in middles], axis=0)
    crops = palette[rng.choice((1, 2, 3, 3, 4, 4, 5, 6), len(middles))]
    crops += rng.normal(0, 10, crops.shape).astype(np.float32)
    _lay(sketch, _edge(y - _ridge(x, horizon, 0.02, rng)), crops[nearest])
    for foot in np.sort(rng.uniform(horizon + 0.08, 0.95, rng.integers(2, 7))):
        size, aside = 0.04 + 0.12 * (foot - horizon), abs(x - rng.uniform(0.1, 0.9) * width)
        eaves = foot - 1.2 * size
        _lay(sketch, _edge(np.minimum(size - aside, np.minimum(foot - y, y - eaves))), palette[2])
        _lay(sketch, _edge(size / 4 - np.maximum(aside, abs(y - foot + size / 3))), palette[5])
        _lay(sketch, _edge(np.minimum(1.3 * size - aside + y - eaves, eaves - y)), palette[6])
    return sketch


def grove(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
    """Trees with their shadows, and people."""
    width, horizon = x[0, -1], rng.uniform(0.35, 0.6)
    sketch = _sky(x, y, palette, horizon, rng)
    _lay(sketch, _edge(y - _ridge(x, horizon, 0.03, rng)), palette[3])
    _lay(sketch, 0.6 * _edge(y - _ridge(x, rng.uniform(0.6, 0.8), 0.05, rng)), palette[2])
    for foot in np.sort(rng.uniform(horizon, 0.95, rng.integers(2, 7))):
        size, left = 0.1 + 0.35 * (foot - horizon), rng.uniform(0, width)
        crown = foot - rng.uniform(1.6, 2.4) * size
        trunk = np.minimum(size * 0.12 - abs(x - left), np.minimum(foot - y, y - crown))
        _lay(sketch, 0.7 * _disc(x, y, (left + size, foot), (1.6 * size, 0.2 * size)), palette[5])
        _lay(sketch, _edge(trunk), palette[5])
        _lay(sketch, _disc(x, y, (left, crown), (size, size * rng.uniform(0.8, 1.4))), palette[4])
        _lay(sketch, 0.8 * _glow(x, y, left - size / 3, crown - size / 3, size / 2), palette[2])
    for foot in np.sort(rng.uniform(0.65, 0.98, rng.integers(0, 8))):
        left = rng.uniform(0.05, 0.95) * width
        _lay(sketch, _disc(x, y, (left, foot - 0.06), (0.03, 0.06)), palette[rng.choice((5, 6, 6))])
        _lay(sketch, _disc(x, y, (left, foot - 0.13), (0.018, 0.018)), palette[1])
    return sketch


def street(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
    """A street towards a far point, lamps and their mirror images on wet ground."""
    width, horizon = x[0, -1], rng.uniform(0.45, 0.65)
    far = rng.uniform(0.3, 0.7) * width
    sketch = _sky(x, y, palette, horizon, rng)
    _lay(sketch, _edge(y - horizon), palette[4])
    wet = (1 - abs(x - far) / (0.1 + 0.8 * (y - horizon).clip(0.01))).clip(0, 1)
    _lay(sketch, 0.8 * wet * (y > horizon), palette[1])
    for near in np.repeat(np.linspace(0.12, 1, rng.integers(3, 6)), 2):
        aside = (x - far) * rng.choice((-1, 1))
        block = np.minimum(aside - 0.05 - 0.4 * near, y - horizon + near * rng.uniform(0.3, 0.8))
        colour = palette[3] + near * (palette[5] - palette[3])
        _lay(sketch, _edge(np.minimum(block, horizon + 0.4 * aside - y)), colour)
    for up in rng.uniform(0, 0.3, rng.integers(4, 12)):
        lamp, colour = rng.uniform(0.05, 0.95) * width, palette[rng.choice((2, 2, 6))]
        _lay(sketch, 0.8 * _glow(x, y, lamp, horizon - up, 0.07), colour)
        _lay(sketch, _disc(x, y, (lamp, horizon - up), (0.02, 0.025)), palette[2])
        mirrored = _glow(x, y / 5, lamp, (horizon + up + 0.1) / 5, 0.045)
        _lay(sketch, 0.8 * mirrored * (y > horizon), colour)
    for foot in rng.uniform(0.75, 0.98, rng.integers(0, 4)):
        left = rng.uniform(0.15, 0.85) * width
        _lay(sketch, _disc(x, y, (left, foot - 0.1), (0.03, 0.1)), palette[5])
        umbrella = _disc(x, y, (left, foot - 0.18), (0.075, 0.06)) * (y < foot - 0.18)
        _lay(sketch, umbrella, palette[rng.choice((5, 6, 6))])
    return sketch


# Directions take x, y and a generator, and give the angles, (rows, columns) in radians
# anticlockwise from the horizontal, at which the brush runs.


def steady(x: Array, y: Array, rng: Generator, *, degrees: float) -> Array:
    """One direction, a little bent."""
    bend = np.sin(x * rng.uniform(2, 5) + y * rng.uniform(2, 5) + rng.uniform(0, 6.3))
    angles: Array = np.deg2rad(degrees) + rng.normal(0, 0.08) + 0.12 * bend
    return angles


def swirl(x: Array, y: Array, rng: Generator) -> Array:
    """Round a few centres, one way or the other, the nearer the stronger."""
    across, down = np.full_like(x, 0.25), np.zeros_like(y)
    for turn in rng.choice((-1.0, 1.0), rng.integers(2, 6)):
        right, below = x - rng.uniform(0, 1) * x[0, -1], y - rng.uniform(0, 0.9)
        pull = turn * _glow(right, below, 0, 0, rng.uniform(0.15, 0.4))
        pull /= np.hypot(right, below) + 0.02
        across, down = across + pull * below, down - pull * right
    angles: Array = np.arctan2(-down, across)
    return angles
