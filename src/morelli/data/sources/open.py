"""Open whatever the user names as a source of works."""

import os
from pathlib import Path

from morelli.data.sources.files import csv_source, folder_source
from morelli.data.sources.hub import hub_source
from morelli.data.sources.parquet import parquet_folder
from morelli.data.sources.source import Source
from morelli.data.tasks import check_task
from morelli.errors import BadSource

HUB = "hub:"


def open_source(place: str | Path, task: str = "artist") -> Source:
    """Open a source of works.

    Args:
        place: `hub:OWNER/NAME` or `hub:OWNER/NAME@REVISION`, a folder of Parquet shards, a folder
            of images with a folder for each class, or a CSV file.
        task: What the folders of a folder of images stand for.

    Raises:
        BadSource: If nothing there can be read.
    """
    check_task(task)
    named = os.fspath(place)
    if not named:
        raise BadSource("the source has no name; give a folder, a CSV file or hub:OWNER/NAME")
    if named.startswith(HUB):
        return hub_source(named.removeprefix(HUB))
    path = Path(named)
    named = os.path.normpath(named)  # ./works and works are one place
    if path.is_dir():
        return _folder(path, named, task)
    if path.suffix.lower() == ".parquet" and path.is_file():
        return parquet_folder(path.parent, [path], named)
    if path.is_file():
        return csv_source(path, named)
    raise BadSource(
        f"{named} is neither a folder nor a file; give a folder of Parquet shards, "
        "a folder of images for each class, a CSV file, or hub:OWNER/NAME"
    )


def _folder(folder: Path, place: str, task: str) -> Source:
    """Open a folder: of Parquet shards if it has any, else of images."""
    files = (path for path in folder.rglob("*.parquet") if path.is_file())
    shards = sorted(path for path in files if not _hidden(path, folder))
    if not shards:
        return folder_source(folder, place, task)
    top = Path(os.path.commonpath([path.parent for path in shards]))
    return parquet_folder(top, shards, place)


def _hidden(path: Path, below: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(below).parts)
