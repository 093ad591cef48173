"""What a user can put right.

    UserError              the root: one line, exit code 2
    ├── UnknownName        a class, backbone, task or key that does not exist
    ├── BadSource          a source that cannot be read as a collection of works
    ├── BadWeights         weights that are missing or do not fit the backbone
    └── BadFolder          an output folder that cannot be written, or a saved one that was altered

Anything else that is raised is a bug and shows its traceback.
"""

import difflib
import errno
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class UserError(Exception):
    """Something that the user can put right; its message says what to type next."""


class UnknownName(UserError):
    """A name that is not among the known ones."""


class BadSource(UserError):
    """A source that cannot be read as a collection of works."""


class BadWeights(UserError):
    """Weights that cannot be had, or that do not fit the backbone."""


class BadFolder(UserError):
    """A folder that cannot be written, or a saved one whose files were altered."""


def plain(name: str) -> str:
    """Return a name without case, accents and punctuation, for comparing what people type."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in letters if character.isalnum())


def nearest_names(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names that look most like the one asked for, the likeliest first."""
    by_plain = {plain(candidate): candidate for candidate in known}
    asked = plain(name)
    inside = [candidate for key, candidate in by_plain.items() if asked and asked in key]
    close = [
        by_plain[key] for key in difflib.get_close_matches(asked, by_plain, n=count, cutoff=0.4)
    ]
    return list(dict.fromkeys(inside[:count] + close))[:count]


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownName:
    """Return the error for an unknown name; it lists the nearest known ones.

    Args:
        kind: What the name stands for, such as "backbone".
        name: The unknown name.
        known: All names that would be right.
    """
    known = list(known)
    near = nearest_names(name, known)
    hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known[:12])}"
    return UnknownName(f"unknown {kind} {name!r}; {hint}")


def holds_other(folder: Path, names: Iterable[str]) -> BadFolder:
    """Return the error for a folder that holds files of something else.

    Args:
        folder: The folder.
        names: Names of what it holds.
    """
    named = ", ".join(sorted(names)[:3])
    return BadFolder(f"{folder} holds something else ({named}); choose an empty or new folder")


_DISK = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file grew larger than is allowed there",
    errno.EACCES: "no permission to write",
    errno.EPERM: "no permission to write",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EEXIST: "a file of that name is in the way",
    errno.EISDIR: "a folder of that name is in the way",
}


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn an operating system's refusal to write below `folder` into a `BadFolder`."""
    try:
        yield
    except OSError as error:
        reason = _DISK.get(error.errno or 0)
        if reason is None:
            raise
        raise BadFolder(
            f"cannot write to {folder}: {reason}; what was finished is kept: "
            "make room or choose another folder, and run the same command again"
        ) from error
