"""How the invented painters lay paint on a canvas: strokes along a direction, contours, relief."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from morelli.invented.subjects import Array

FINE = 2  # strokes are drawn at twice the size and averaged down, so that their edges are smooth
COARSE = 2  # sketches are made at half the size, as strokes hide what is smaller


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


def lay_strokes(
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
    values: Array = field[rows.clip(0, field.shape[0] - 1), columns.clip(0, field.shape[1] - 1)]
    return values


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


def draw_contours(picture: Image.Image, brush: Brush, sketch: Array, palette: Array) -> None:
    """Draw a dark line, in place, wherever the sketch changes colour at once."""
    down, across = (np.diff(sketch, axis=k, append=sketch.take([-1], axis=k)) for k in (0, 1))
    change = np.maximum(abs(down), abs(across)).max(axis=2)
    ink = 255 * brush.contour * ((change - 10) / 12).clip(0, 1)
    lines = Image.fromarray(ink.astype(np.uint8)).resize(picture.size, Image.Resampling.BICUBIC)
    lines = lines.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.GaussianBlur(0.8))
    red, green, blue = (int(value * 0.6) for value in palette[5])
    picture.paste((red, green, blue), mask=lines)


def raise_paint(picture: Image.Image, brush: Brush, rng: Generator) -> Image.Image:
    """Light the paint from the upper left, as if the brighter were thicker, and let canvas show."""
    pixels = np.asarray(picture, np.float32)
    thickness = pixels.mean(axis=2)
    slope = np.diff(thickness, axis=0, prepend=thickness[:1])
    slope += np.diff(thickness, axis=1, prepend=thickness[:, :1])
    canvas = 2.5 * rng.standard_normal(thickness.shape, np.float32)
    lit = pixels + (0.7 * brush.relief * slope + canvas)[..., None]
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))
