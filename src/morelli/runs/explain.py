"""Images explained: attributions with their evidence, and its pages in a folder."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from morelli.classifier import Unreadable
from morelli.data.given import ImageLike
from morelli.errors import UserError, writing
from morelli.runs.audit import Audit
from morelli.runs.evidence import NEIGHBOURS, Evidence, evidence_for
from morelli.runs.evidence_page import write_evidence
from morelli.runs.folder import Run
from morelli.runs.grounds import Grounds, grounds_of, pictures_for, with_audit

_LONGEST = 60
"""Characters of a folder's name; in UTF-8 they fit into any file system's 255 bytes."""


@dataclass(frozen=True)
class Explained:
    """An image's evidence and its page."""

    evidence: Evidence
    page: Path


def explain(
    given: Run | Grounds | str | Path,
    image: ImageLike,
    out: str | Path | None = None,
    *,
    neighbours: int = NEIGHBOURS,
    without_itself: bool = False,
    audit: Audit | str | Path | None = None,
) -> Evidence:
    """Attribute an image and gather what speaks for the answer, and against it.

    Args:
        given: A run or its folder, or what `grounds_of` makes of it, which is quicker for many
            images.
        image: In any form; of an animated file the first picture is taken.
        out: Folder for a page and pictures of the evidence; by default none are written.
        neighbours: How many of the closest known works; fewer where there are no more.
        without_itself: Whether to leave the work itself and its exact copies out of them.
        audit: A finished audit of what it learned from, or its folder: what it found in files that
            may mislead is told. For many images it is quicker to give it to `grounds_of`.

    Raises:
        UserError: If the run, the image or the audit cannot be read, if the audit is of other
            classes, or if the folder cannot be written.
    """
    grounds = given if isinstance(given, Grounds) else grounds_of(given)
    if audit is not None:
        grounds = with_audit(grounds, audit)
    found = evidence_for(grounds, image, neighbours=neighbours, without_itself=without_itself)
    if out is not None:
        write_evidence(out, found, *pictures_for(grounds, found.neighbours))
    return found


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
            found = evidence_for(grounds, path, neighbours=neighbours)
        except UserError as error:
            yield Unreadable(str(path), str(error).removeprefix(f"{path}: "))
            continue
        folder = out / folder_name(path.name, taken)
        yield Explained(
            found, write_evidence(folder, found, *pictures_for(grounds, found.neighbours))
        )


def folder_name(image: str, taken: set[str]) -> str:
    """Return a safe name for the folder of an image's evidence, and take it.

    Letters and digits of any script stay; of the rest only "-", "_" and single dots inside.

    Args:
        image: The image file's name.
        taken: Names that are taken already, in small letters, since some disks know no others.
    """
    stem = image.rpartition(".")[0] or image
    plain = "".join(each if each.isalnum() or each in "-_." else "-" for each in stem)
    plain = re.sub(r"\.+", ".", plain).strip(".-")[:_LONGEST].rstrip(".") or "image"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name.casefold())
    return name
