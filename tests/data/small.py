"""Small real things for these tests: pictures, Parquet shards, a source that counts, a listener."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from morelli.data.sources.source import Labels, Raw, Source
from morelli.progress import Progress

ARTISTS = ("Claude Monet", "Camille Pissarro", "Unknown Artist", "Alfred Sisley")
"""Class names of these tests' shards, in no order, as on the Hub."""

ARTIST_OF = (0, 1, 3, 0, 2, 1, 0, None, 3, 1)
"""Artists of the ten works of a shard: three Monet, three Pissarro, two Sisley."""

HUB_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def picture(seed: int = 0, size: tuple[int, int] = (40, 30)) -> Image.Image:
    """A smooth picture of many colours, another for each seed."""
    dots = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(dots).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """What Pillow makes of the bytes of an image file."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pictures(count: int, start: int = 0) -> list[bytes]:
    """JPEG files of as many different pictures."""
    return [encoded(picture(start + number)) for number in range(count)]


def image_column(images: Sequence[bytes | None]) -> pa.Array:
    """An image column in the Hub's form; None is a null image."""
    rows = [data and {"bytes": data, "path": f"{n}.jpg"} for n, data in enumerate(images)]
    return pa.array(rows, HUB_IMAGE)


def hub_metadata(names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The Hub's description of label columns, for a Parquet file's metadata."""
    features = {
        task: {"_type": "ClassLabel", "names": list(class_names)}
        for task, class_names in names.items()
    }
    return {"huggingface": json.dumps({"info": {"features": features}})}


def write_shard(
    path: Path,
    images: Sequence[bytes | None],
    columns: Mapping[str, Any],
    names: Mapping[str, Sequence[str]] | None = None,
    row_group: int = 4,
) -> Path:
    """Write a Parquet shard as the Hub has it, in row groups of four works."""
    table = pa.table({"image": image_column(images), **columns})
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = hub_metadata(names) if names else None
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=row_group)
    return path


def write_shards(folder: Path, count: int = 2, bad: Mapping[int, bytes | None] = {}) -> Path:
    """Write shards of ten works each with artists, titles and years; `bad` replaces images."""
    for number in range(count):
        first = 10 * number
        images = [bad.get(first + n, data) for n, data in enumerate(pictures(10, first))]
        columns = {
            "artist": pa.array(ARTIST_OF, pa.int64()),
            "title": [f"Untitled {first + n}" for n in range(10)],
            "year": pa.array([1870 + n for n in range(10)], pa.int32()),
        }
        write_shard(folder / f"train-{number}.parquet", images, columns, {"artist": ARTISTS})
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their bytes, hidden ones too."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def times_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of all that a folder holds; it changes when a file is replaced."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@dataclass
class Counting:
    """A source that passes everything on and remembers which row groups were read."""

    source: Source
    read: list[tuple[int, int]] = field(default_factory=list)

    @property
    def about(self) -> dict[str, str]:
        return self.source.about

    @property
    def shards(self) -> tuple[str, ...]:
        return self.source.shards

    @property
    def columns(self) -> dict[str, str]:
        return self.source.columns

    def labels(self, progress: Progress | None = None) -> Labels:
        return self.source.labels(progress)

    def images(self, shard: int, group: int, rows: Sequence[int]) -> list[Raw]:
        self.read.append((shard, group))
        return self.source.images(shard, group, rows)

    def cost(self, shard: int, group: int, rows: Sequence[int]) -> int:
        return self.source.cost(shard, group, rows)


@dataclass
class Listening:
    """A progress that remembers what it heard and may be given something to do at each step."""

    notes: list[str] = field(default_factory=list)
    steps: list[tuple[str, int, int, str]] = field(default_factory=list)
    at_step: Callable[[int], None] = lambda _: None

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        self.steps.append((name, done, total, unit))
        self.at_step(done)
