"""Six invented painters, whose pictures the demo learns from, so that it needs no download.

A painter is a row in `PAINTERS`: a palette, favourite subjects and a way with the brush. To paint
is to sketch a subject in the painter's colours, to decide which way the brush runs at each point,
and to lay strokes in two layers, broad then fine. What varies between works is drawn from a
generator made of the seed, the painter's name and the number of the work. Painters share subjects
and now and then lean on a colleague's palette, so that colour alone does not settle the hand.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageColor, ImageFilter

from morelli.invented.strokes import COARSE, FINE, Brush, draw_contours, lay_strokes, raise_paint
from morelli.invented.subjects import (
    Array,
    Direction,
    Subject,
    fields,
    grove,
    hills,
    pond,
    shore,
    steady,
    street,
    swirl,
)

SHAPES = ((320, 256), (320, 240), (300, 260), (256, 320), (272, 272), (352, 232))


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


PAINTERS: tuple[Painter, ...] = (
    Painter(
        name="odile-marchetti",  # mornings at sea in short level dabs
        palette=("#7fa9c9", "#f3d3b8", "#fff1cf", "#6f94ad", "#3f7d8f", "#2b4a63", "#d9694f"),
        subjects=(shore, pond, hills),
        direction=partial(steady, degrees=0),
        brush=Brush(0.080, 0.021, pressure=0.8, broken=0.35, wander=11, relief=0.5),
    ),
    Painter(
        name="bram-verhoeck",  # still water behind long thin reeds
        palette=("#b9bf9a", "#e6d9a4", "#f6ecc4", "#8d9a6b", "#5e7145", "#2d3a2b", "#b8702f"),
        subjects=(pond, grove, shore),
        direction=partial(steady, degrees=90),
        brush=Brush(0.220, 0.011, pressure=0.65, broken=0.3, wander=6, relief=0.3),
    ),
    Painter(
        name="ilse-tamarin",  # nights in which everything turns
        palette=("#1f3f86", "#4f86b8", "#ffe08a", "#2f6a86", "#2d5a4a", "#141d3d", "#e58a3a"),
        subjects=(hills, shore, grove),
        direction=swirl,
        brush=Brush(0.105, 0.018, pressure=0.95, broken=0.3, wander=4, relief=0.9),
    ),
    Painter(
        name="teo-quintanar",  # flat planes within dark lines
        palette=("#8db4b8", "#ecd9ae", "#f7e7b7", "#a9a05a", "#c98b3f", "#2a2430", "#b8432f"),
        subjects=(fields, hills, street),
        direction=partial(steady, degrees=35),
        brush=Brush(0.100, 0.050, pressure=0.45, broken=0.12, wander=3, relief=0.2, contour=0.9),
    ),
    Painter(
        name="yuna-sorel",  # Sundays in the park, in dots
        palette=("#a9c4de", "#f4d6d8", "#fff3b8", "#9cc08f", "#6fa35f", "#54508c", "#e2698a"),
        subjects=(grove, fields, shore),
        direction=partial(steady, degrees=0),
        brush=Brush(0.019, 0.022, pressure=0.9, broken=0.75, wander=180, relief=0.25),
    ),
    Painter(
        name="rasmus-hjelm",  # wet streets through driving rain
        palette=("#5d6b7c", "#a3a7a6", "#ffd68a", "#566070", "#3d4552", "#1e222c", "#d9652e"),
        subjects=(street, shore, fields),
        direction=partial(steady, degrees=62),
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
        lay_strokes(canvas, painter.brush, sketch, angles, palette, scale=scale, rng=rng)
    picture = canvas.reduce(FINE)
    if painter.brush.contour:
        draw_contours(picture, painter.brush, sketch, palette)
    return raise_paint(picture, painter.brush, rng)


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
