"""Loose image files as a source: a folder with a folder for each class, or a CSV file."""

import csv
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa

from morelli.data.columns import OWN_COLUMNS
from morelli.data.decoding import SUFFIXES
from morelli.data.sources.source import Labels, Raw, number_names
from morelli.data.tasks import TASKS
from morelli.errors import BadSource
from morelli.markup import counted
from morelli.progress import Progress

SHARD_WORKS = 256
"""Works in a shard that is made of loose image files."""

GROUP_WORKS = 64
"""Loose image files that are read at a time."""

IMAGE_COLUMNS = ("image", "file_name")
"""Names under which a CSV file may give its images' paths."""


@dataclass(frozen=True)
class FilesSource:
    """Loose image files with labels: a folder of folders, or a CSV file.

    Attributes:
        kind: "folder" or "csv".
        root: The folder that the paths are relative to.
        place: What the user gave.
        paths: (n,) paths of the images, relative to `root`, with forward slashes.
        tasks: For each label column, (n,) class names, None where there is none.
        extra: (n rows) further columns.
    """

    kind: str
    root: Path
    place: str
    paths: tuple[str, ...]
    tasks: dict[str, tuple[str | None, ...]]
    extra: pa.Table

    @property
    def about(self) -> dict[str, str]:
        """Kind and place."""
        return {"kind": self.kind, "place": self.place}

    @property
    def shards(self) -> tuple[str, ...]:
        """No names: the shards are only portions of the listing."""
        return ("",) * -(-len(self.paths) // SHARD_WORKS)

    @property
    def columns(self) -> dict[str, str]:
        """The image's path, the label columns and whatever else there is."""
        return (
            {"image": "path"}
            | dict.fromkeys(self.tasks, "class name")
            | {field.name: str(field.type) for field in self.extra.schema}
        )

    def labels(self, progress: Progress | None = None) -> Labels:
        """Number the class names, sorted, and deal the files out to shards."""
        index = np.arange(len(self.paths))
        tasks, names = {}, {}
        for task, values in self.tasks.items():
            tasks[task], names[task] = number_names(values)
        return Labels(
            shards=index // SHARD_WORKS,
            rows=index % SHARD_WORKS,
            groups=index % SHARD_WORKS // GROUP_WORKS,
            tasks=tasks,
            class_names=names,
            extra=self.extra,
        )

    def images(self, shard: int, group: int, rows: Sequence[int]) -> list[Raw]:
        """Read the chosen files; one that cannot be read is left to the quarantine."""
        return [self._read(self.paths[shard * SHARD_WORKS + row]) for row in rows]

    def _read(self, path: str) -> Raw:
        try:
            return Raw((self.root / path).read_bytes(), path)
        except OSError:
            return Raw(None, path)

    def cost(self, shard: int, group: int, rows: Sequence[int]) -> int:
        """Add up the sizes of the files."""
        chosen = (self.root / self.paths[shard * SHARD_WORKS + row] for row in rows)
        return sum(path.stat().st_size for path in chosen if path.exists())


def folder_source(folder: Path, place: str, task: str) -> FilesSource:
    """Read a folder of images with a folder for each class; its names are `task` classes.

    Raises:
        BadSource: If there are no such images.
    """
    images = sorted(
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    images = [path for path in images if not any(part.startswith(".") for part in path.parts)]
    loose = [path.name for path in images if len(path.parts) == 1]
    works = [path for path in images if len(path.parts) > 1]
    if loose and works:
        warnings.warn(
            f"{counted(len(loose), 'image')} of {folder} in no class folder, left out: "
            f"{', '.join(loose[:3])}",
            stacklevel=2,
        )
    if not works:
        has = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "nothing"
        raise BadSource(
            f"{folder} holds no works; it has {has}. Needed: Parquet shards, "
            "or a folder of images for each class"
        )
    return FilesSource(
        kind="folder",
        root=folder,
        place=place,
        paths=tuple(path.as_posix() for path in works),
        tasks={task: tuple(path.parts[0] for path in works)},
        extra=pa.table({}),
    )


def csv_source(file: Path, place: str) -> FilesSource:
    """Read a CSV file with a column of image paths, relative to it, and label columns.

    Raises:
        BadSource: If a column or a file is missing, or a path leads out of the CSV's folder.
    """
    columns, rows = _read_csv(file)
    image = next((name for name in IMAGE_COLUMNS if name in columns), None)
    tasks = [name for name in columns if name in TASKS]
    if image is None or not tasks:
        needed = "an image column ('image')" if image is None else f"one of {', '.join(TASKS)}"
        raise BadSource(f"{file} has the columns {', '.join(columns) or 'none'}; needed: {needed}")
    if not rows:
        raise BadSource(f"{file} lists no works")
    short = next((n for n, row in enumerate(rows, 2) if None in row or None in row.values()), None)
    if short:
        raise BadSource(f"{file}, line {short}: not as many values as there are columns")
    extra = [name for name in columns if name not in (image, *tasks, *OWN_COLUMNS)]
    return FilesSource(
        kind="csv",
        root=file.parent,
        place=place,
        paths=_checked_paths(file, [row[image] for row in rows]),
        tasks={task: tuple(row[task] or None for row in rows) for task in tasks},
        extra=pa.table({name: pa.array([row[name] for row in rows]) for name in extra}),
    )


def _read_csv(file: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of a CSV file, and its rows by their names."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.DictReader(opened, strict=True)
            rows = list(reader)
            return list(reader.fieldnames or ()), rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadSource(f"{file} is no CSV file in UTF-8: {error}") from None


def _checked_paths(file: Path, values: Sequence[str]) -> tuple[str, ...]:
    root = file.parent.resolve()
    paths = tuple(PurePosixPath(path.replace("\\", "/")).as_posix() for path in values)
    missing = [path for path in paths if not _is_file(root / path)]
    if missing:
        raise BadSource(
            f"{file} names {len(missing)} of {len(paths)} files that are not there: "
            f"{', '.join(path[:60] for path in missing[:3])}; paths are relative to the CSV file"
        )
    outside = [path for path in paths if not (root / path).resolve().is_relative_to(root)]
    if outside:
        raise BadSource(f"{file} names files outside its folder: {', '.join(outside[:3])}")
    return paths


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # what stands in the column may be no path at all, and too long for one
        return False
