"""A small collection with something wrong of each kind, planted on purpose."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from morelli.audit.checks import shortcuts
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.selection import Selection

EQUAL, ANOTHER, CONTRADICTING = "equal.jpg", "another.png", "contradicting.jpg"
"""File names of the planted copies: of equal pixels, photographed otherwise, and that under another
artist's name."""


def spoilt(paintings: Path, folder: Path) -> Collection:
    """Works by four painters, 12 each, of whom the first three have copies planted.

    The first painter's second work is there twice, byte for byte but for a comment; the second's
    smaller and brighter; the third's under the first's name as well. One work is grey, one has no
    known artist, one file is damaged. The column estate names the artist, the column seen nothing.
    """
    folder.mkdir(parents=True)
    painters = sorted(paintings.iterdir())[:4]
    rows = [
        _row(path, painter.name, number, folder)
        for painter in painters
        for number, path in enumerate(sorted(painter.iterdir()))
    ]
    first, second, third = (folder / sorted(painter.iterdir())[1].name for painter in painters[:3])
    data = first.read_bytes()
    # A comment right after the start of the image: other bytes, equal pixels.
    (folder / EQUAL).write_bytes(data[:2] + b"\xff\xfe\x00\x06mine" + data[2:])
    _altered(second).save(folder / ANOTHER)
    _altered(third).save(folder / CONTRADICTING, quality=90)
    with Image.open(folder / rows[5][0]) as image:
        image.convert("L").save(folder / rows[5][0], quality=95)
    (folder / "damaged.jpg").write_bytes(b"no image")
    names = [painter.name for painter in painters]
    rows += [(EQUAL, names[0], "Pond", names[0], "one")]
    rows += [(ANOTHER, names[1], "", names[1], "one")]
    rows += [(CONTRADICTING, names[0], "", names[0], "two")]
    rows += [("damaged.jpg", names[0], "", names[0], "two")]
    rows[40] = (rows[40][0], "Unknown Artist", *rows[40][2:])
    with (folder / "works.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "artist", "title", "estate", "seen"), *rows])
    chosen = Selection(include_unknown=True)
    return ingest(folder / "works.csv", folder / "collection", chosen, size=48, max_bad=0.1)


def _row(path: Path, artist: str, number: int, folder: Path) -> tuple[str, ...]:
    (folder / path.name).write_bytes(path.read_bytes())
    title = "Haystacks, morning" if number % 4 == 3 else f"Nowhere{chr(97 + number)} {path.stem}"
    return path.name, artist, title, artist, "one" if number % 2 else "two"


def _altered(path: Path) -> Image.Image:
    with Image.open(path) as image:
        small = image.convert("RGB").resize((60, 45), Image.Resampling.LANCZOS)
    return ImageEnhance.Brightness(small).enhance(1.15)


@contextmanager
def few_trees() -> Iterator[None]:
    """Let an audit grow fewer trees: on so few works more take long and find no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortcuts, "TREES", 8)
        yield
