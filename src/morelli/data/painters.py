"""Six invented painters, whose pictures the demo learns from, so that it needs no download.

A painter is a row in `PAINTERS`: a palette, favourite subjects and a way with the brush. To paint
is to sketch a subject in the painter's colours, to decide which way the brush runs at each point,
and to lay strokes in two layers, broad then fine. What varies between works is drawn from a
generator made of the seed, the painter's name and the number of the work. Painters share subjects
and now and then lean on a colleague's palette, so that colour alone does not settle the hand.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from PIL import Image, ImageColor, ImageDraw, ImageFilter

Array = npt.NDArray[np.floating[Any]]
Subject = Callable[[Array, Array, Array, Generator], Array]  # x, y, palette to a sketch
Direction = Callable[[Array, Array, Generator], Array]  # x, y to angles
FINE = 2  # strokes are drawn at twice the size and averaged down, so that their edges are smooth
COARSE = 2  # sketches are made at half the size, as strokes hide what is smaller
SHAPES = ((320, 256), (320, 240), (300, 260), (256, 320), (272, 272), (352, 232))


@dataclass(frozen=True)
class Brush:
    """How a painter lays a stroke. Lengths are parts of the picture's shorter side."""

    length: float
    width: float
    pressure: float  # opacity, 0 to 1
    broken: float  # how much neighbouring strokes differ in colour, 0 to 1
    wander: float  # how far a stroke strays from its direction, in degrees
    relief: float  # how thick the paint stands
    contour: float = 0.0  # strength of the dark line round each shape, 0 to 1


@dataclass(frozen=True)
class Painter:
    """An invented painter's manner.

    The palette's parts are: high sky, low sky, light, distance, ground, dark, accent.
    """

    name: str
    palette: tuple[str, str, str, str, str, str, str]
    subjects: tuple[Subject, Subject, Subject]  # the favourite first
    direction: Direction
    brush: Brush


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


def _shore(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
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


def _hills(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
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


def _pond(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
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


def _fields(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
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


def _grove(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
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


def _street(x: Array, y: Array, palette: Array, rng: Generator) -> Array:
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


def _steady(x: Array, y: Array, rng: Generator, *, degrees: float) -> Array:
    """One direction, a little bent."""
    bend = np.sin(x * rng.uniform(2, 5) + y * rng.uniform(2, 5) + rng.uniform(0, 6.3))
    angles: Array = np.deg2rad(degrees) + rng.normal(0, 0.08) + 0.12 * bend
    return angles


def _swirl(x: Array, y: Array, rng: Generator) -> Array:
    """Round a few centres, one way or the other, the nearer the stronger."""
    across, down = np.full_like(x, 0.25), np.zeros_like(y)
    for turn in rng.choice((-1.0, 1.0), rng.integers(2, 6)):
        right, below = x - rng.uniform(0, 1) * x[0, -1], y - rng.uniform(0, 0.9)
        pull = turn * _glow(right, below, 0, 0, rng.uniform(0.15, 0.4))
        pull /= np.hypot(right, below) + 0.02
        across, down = across + pull * below, down - pull * right
    angles: Array = np.arctan2(-down, across)
    return angles


PAINTERS: tuple[Painter, ...] = (
    Painter(
        name="odile-marchetti",  # mornings at sea in short level dabs
        palette=("#7fa9c9", "#f3d3b8", "#fff1cf", "#6f94ad", "#3f7d8f", "#2b4a63", "#d9694f"),
        subjects=(_shore, _pond, _hills),
        direction=partial(_steady, degrees=0),
        brush=Brush(0.080, 0.021, pressure=0.8, broken=0.35, wander=11, relief=0.5),
    ),
    Painter(
        name="bram-verhoeck",  # still water behind long thin reeds
        palette=("#b9bf9a", "#e6d9a4", "#f6ecc4", "#8d9a6b", "#5e7145", "#2d3a2b", "#b8702f"),
        subjects=(_pond, _grove, _shore),
        direction=partial(_steady, degrees=90),
        brush=Brush(0.220, 0.011, pressure=0.65, broken=0.3, wander=6, relief=0.3),
    ),
    Painter(
        name="ilse-tamarin",  # nights in which everything turns
        palette=("#1f3f86", "#4f86b8", "#ffe08a", "#2f6a86", "#2d5a4a", "#141d3d", "#e58a3a"),
        subjects=(_hills, _shore, _grove),
        direction=_swirl,
        brush=Brush(0.105, 0.018, pressure=0.95, broken=0.3, wander=4, relief=0.9),
    ),
    Painter(
        name="teo-quintanar",  # flat planes within dark lines
        palette=("#8db4b8", "#ecd9ae", "#f7e7b7", "#a9a05a", "#c98b3f", "#2a2430", "#b8432f"),
        subjects=(_fields, _hills, _street),
        direction=partial(_steady, degrees=35),
        brush=Brush(0.100, 0.050, pressure=0.45, broken=0.12, wander=3, relief=0.2, contour=0.9),
    ),
    Painter(
        name="yuna-sorel",  # Sundays in the park, in dots
        palette=("#a9c4de", "#f4d6d8", "#fff3b8", "#9cc08f", "#6fa35f", "#54508c", "#e2698a"),
        subjects=(_grove, _fields, _shore),
        direction=partial(_steady, degrees=0),
        brush=Brush(0.019, 0.022, pressure=0.9, broken=0.75, wander=180, relief=0.25),
    ),
    Painter(
        name="rasmus-hjelm",  # wet streets through driving rain
        palette=("#5d6b7c", "#a3a7a6", "#ffd68a", "#566070", "#3d4552", "#1e222c", "#d9652e"),
        subjects=(_street, _shore, _fields),
        direction=partial(_steady, degrees=62),
        brush=Brush(0.150, 0.026, pressure=0.55, broken=0.22, wander=5, relief=0.7),
    ),
)


def paint(
    painter: Painter, number: int, *, seed: int = 0, size: tuple[int, int] | None = None
) -> Image.Image:
    """Paint one RGB picture; equal arguments give equal pixels.

    `size` is (width, height) in pixels; without it each work chooses a shape near 320 x 256.
    """
    digest = hashlib.sha256(f"{seed}/{painter.name}/{number}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest))
    shape = SHAPES[rng.integers(len(SHAPES))]
    width, height = size or shape
    rows, columns = np.mgrid[0 : height // COARSE + 1, 0 : width // COARSE + 1]
    x, y = (places.astype(np.float32) * COARSE / height for places in (columns, rows))
    palette = _mix_palette(painter, rng)
    subject = painter.subjects[rng.choice(3, p=(0.6, 0.25, 0.15))]
    sketch = subject(x, y, palette, rng).clip(0, 255)
    angles = painter.direction(x, y, rng)
    looseness = float(np.exp(rng.normal(0, 0.15)))
    canvas = Image.fromarray(sketch.astype(np.uint8)).filter(ImageFilter.GaussianBlur(3))
    canvas = canvas.resize((width * FINE, height * FINE), Image.Resampling.BILINEAR)
    for scale in (2.0 * looseness, looseness):
        _lay_strokes(canvas, painter.brush, sketch, angles, palette, scale=scale, rng=rng)
    picture = canvas.reduce(FINE)
    if painter.brush.contour:
        _draw_contours(picture, painter.brush, sketch, palette)
    return _raise_paint(picture, painter.brush, rng)


def write_paintings(
    folder: Path, *, works: int = 60, seed: int = 0, size: tuple[int, int] | None = None
) -> Iterator[Path]:
    """Write `works` pictures of each painter to `folder`/<painter>/<painter>-<number>.jpg.

    Each path is yielded once its file is there, so that the caller can show progress.
    """
    for painter in PAINTERS:
        (folder / painter.name).mkdir(parents=True, exist_ok=True)
        for number in range(works):
            path = folder / painter.name / f"{painter.name}-{number:03d}.jpg"
            paint(painter, number, seed=seed, size=size).save(path, quality=92)
            yield path


def _mix_palette(painter: Painter, rng: Generator) -> Array:
    """One work's (7, 3) colours: the painter's, in the light of the day, a share a colleague's."""
    colleague = PAINTERS[rng.integers(len(PAINTERS))]
    own, borrowed = (
        np.array([ImageColor.getrgb(colour) for colour in whose.palette], np.float32)
        for whose in (painter, colleague)
    )
    share = rng.uniform(0.4, 0.9) if rng.random() < 0.2 else rng.uniform(0, 0.25)
    warmth = rng.normal(0, 8) * np.array([1, 0.1, -1])
    mixed = (own + share * (borrowed - own)) * np.exp(rng.normal(0, 0.1))
    jittered: Array = mixed + warmth + rng.normal(0, 8, (7, 3))
    return jittered.clip(0, 255).astype(np.float32)


def _lay_strokes(
    canvas: Image.Image,
    brush: Brush,
    sketch: Array,
    angles: Array,
    palette: Array,
    *,
    scale: float,
    rng: Generator,
) -> None:
    """Cover the canvas about once with strokes `scale` times the brush's usual size."""
    width = max(brush.width * scale * min(canvas.size), 3.0)
    length = max(brush.length * scale * min(canvas.size), width)
    count = int(1.2 * canvas.width * canvas.height / (length * width))
    lengths, widths = np.exp(rng.normal(0, 0.22, (2, count))) * [[length], [width]]
    stray = rng.normal(0, np.deg2rad(brush.wander), count)
    path = _follow(rng.uniform((0, 0), canvas.size, (count, 2)), lengths, stray, angles)
    colours = _look(sketch, path[:, 2]) + rng.normal(0, 3 + 12 * brush.broken, (count, 1))
    colours += rng.normal(0, 14 * brush.broken, (count, 3))
    foreign = (rng.random(count) < 0.3 * brush.broken)[:, None]
    colours += 0.45 * foreign * (palette[rng.integers(0, 7, count)] - colours)
    opacity = 255 * brush.pressure * rng.uniform(0.8, 1.0, (count, 1))
    fills = np.hstack([colours, opacity]).clip(0, 255).astype(int).tolist()
    draw = ImageDraw.Draw(canvas, "RGBA")
    for outline, fill in zip(_outline(path, widths).tolist(), fills, strict=True):
        draw.polygon(outline, tuple(fill))


def _look(field: Array, points: Array) -> Array:
    """What the field, sketch or angles, holds at (n, 2) points of the canvas."""
    columns, rows = (points.T / (FINE * COARSE)).astype(int)
    found: Array = field[rows.clip(0, field.shape[0] - 1), columns.clip(0, field.shape[1] - 1)]
    return found


def _follow(points: Array, lengths: Array, stray: Array, angles: Array) -> Array:
    """Lead n brushes along the angles in four steps: (n, 5, 2) paths, the points midway."""
    path = [points]
    for _ in range(4):
        angle = _look(angles, path[-1]) + stray
        step = np.stack([np.cos(angle), -np.sin(angle)], axis=1)
        path.append(path[-1] + step * lengths[:, None] / 4)
    paths = np.stack(path, axis=1)
    return paths - (paths[:, 2:3] - paths[:, :1])


def _outline(path: Array, widths: Array) -> Array:
    """The outlines, (n, 20) as x, y, x, y ..., of strokes that swell and taper along the path."""
    along = np.gradient(path, axis=1)
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    across /= np.hypot(along[..., :1], along[..., 1:]) + 1e-6
    across *= np.outer(widths / 2, (0.45, 0.95, 1.0, 0.85, 0.3))[..., None]
    return np.concatenate([path + across, (path - across)[:, ::-1]], axis=1).reshape(len(path), 20)


def _draw_contours(picture: Image.Image, brush: Brush, sketch: Array, palette: Array) -> None:
    """Draw a dark line, in place, wherever the sketch changes colour at once."""
    down, across = (np.diff(sketch, axis=k, append=sketch.take([-1], axis=k)) for k in (0, 1))
    change = np.maximum(abs(down), abs(across)).max(axis=2)
    ink = 255 * brush.contour * ((change - 10) / 12).clip(0, 1)
    lines = Image.fromarray(ink.astype(np.uint8)).resize(picture.size, Image.Resampling.BICUBIC)
    lines = lines.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.GaussianBlur(0.8))
    red, green, blue = (int(value * 0.6) for value in palette[5])
    picture.paste((red, green, blue), mask=lines)


def _raise_paint(picture: Image.Image, brush: Brush, rng: Generator) -> Image.Image:
    """Light the paint from the upper left, as if the brighter were thicker, and let canvas show."""
    pixels = np.asarray(picture, np.float32)
    thickness = pixels.mean(axis=2)
    slope = np.diff(thickness, axis=0, prepend=thickness[:1])
    slope += np.diff(thickness, axis=1, prepend=thickness[:, :1])
    canvas = 2.5 * rng.standard_normal(thickness.shape, np.float32)
    lit = pixels + (0.7 * brush.relief * slope + canvas)[..., None]
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))
