"""Collections for "none of these": three of the six invented painters, and works by others."""

import csv
from pathlib import Path

from PIL import Image

from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.selection import Selection


def three_of_six(paintings: Path, folder: Path, *, size: int | None = 48) -> Collection:
    """Return the collection of the first three painters, by name."""
    names = tuple(each.name for each in sorted(paintings.iterdir())[:3])
    return ingest(paintings, folder, Selection(classes=names), size=size)


def mixed(paintings: Path, folder: Path, *, names: dict[str, int]) -> Collection:
    """Return works by makers of these names, of each the works of the painter of that number.

    The files are encoded anew, so that none of them is a known one, but for those of "A Copyist".
    """
    folder.mkdir(parents=True)
    painters, rows = sorted(paintings.iterdir()), []
    for number, (name, painter) in enumerate(names.items()):
        for path in sorted(painters[painter].iterdir())[:5]:
            new = folder / f"{number}-{path.name}"
            if name == "A Copyist":
                new.write_bytes(path.read_bytes())
            else:
                Image.open(path).save(new, quality=90 - number)
            rows.append((new.name, name))
    with (folder / "works.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "artist"), *rows])
    chosen = Selection(include_unknown=True)
    return ingest(folder / "works.csv", folder / "collection", chosen, size=48)
