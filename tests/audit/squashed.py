"""The small paintings with a shortcut on purpose: one painter's works alone are square."""

import shutil
from pathlib import Path

from PIL import Image

from morelli.data.collection import Collection
from morelli.data.ingest import ingest


def squashed(paintings: Path, folder: Path) -> tuple[Collection, str]:
    """Return a collection of the same paintings and painters, and whose works were squashed."""
    shutil.copytree(paintings, folder / "paintings")
    painter = sorted((folder / "paintings").iterdir())[2]
    for path in painter.iterdir():
        Image.open(path).resize((48, 48)).save(path)
    return ingest(folder / "paintings", folder / "collection", size=32), painter.name
