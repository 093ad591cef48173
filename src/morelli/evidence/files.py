"""Image files explained, each on a page of its own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from morelli.classifier import Unreadable
from morelli.errors import UserError, writing
from morelli.evidence.gather import NEIGHBOURS, Evidence, evidence_for
from morelli.evidence.grounds import Grounds, pictures_for
from morelli.evidence.page import write_evidence

_LONGEST = 60
"""Characters of a folder's name; in UTF-8 they fit into any file system's 255 bytes."""


@dataclass(frozen=True)
class Explained:
    """An image's evidence and its page."""

    evidence: Evidence
    page: Path


def explained_files(
    grounds: Grounds, paths: Iterable[Path], out: Path, *, neighbours: int = NEIGHBOURS
) -> Iterator[Explained | Unreadable]:
    """Explain image files, in order, each on a page of its own; bad ones do not stop it.

    Args:
        grounds: Of a run.
        paths: The files.
        out: Gets a folder for each image, named after it; of two of one name the second gets a
            number.
        neighbours: How many of the closest known works.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for path in paths:
        try:
            evidence = evidence_for(grounds, path, neighbours=neighbours)
        except UserError as error:
            yield Unreadable(str(path), str(error).removeprefix(f"{path}: "))
            continue
        folder = out / folder_name(path.name, taken)
        pictures, missing = pictures_for(grounds, evidence.neighbours)
        yield Explained(evidence, write_evidence(folder, evidence, pictures, missing))


def folder_name(image: str, taken: set[str]) -> str:
    """Return a safe name for the folder of an image's evidence, and take it.

    Letters and digits of any script stay; of the rest only "-", "_" and single dots inside.

    Args:
        image: The image file's name.
        taken: Names that are taken already, in small letters, since some disks know no others.
    """
    stem = image.rpartition(".")[0] or image
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in stem)
    plain = re.sub(r"\.+", ".", plain).strip(".-")[:_LONGEST].rstrip(".") or "image"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name.casefold())
    return name
