"""Settings files that vouch for themselves and for the files beside them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from morelli.data.aside import file_digest, write_text
from morelli.errors import BadFolder


def settings_digest(said: dict[str, Any]) -> str:
    """Return the SHA-256 of what a JSON file says, but for its own `digest`."""
    rest = {key: value for key, value in said.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def write_signed(path: Path, said: dict[str, Any]) -> None:
    """Write settings as JSON with their own digest.

    Args:
        path: The file.
        said: The settings, `format` and `files` among them: for each file's name, relative to the
            folder, the SHA-256 of its bytes in hexadecimal.
    """
    signed = said | {"digest": settings_digest(said)}
    write_text(path, json.dumps(signed, indent=2, ensure_ascii=False) + "\n")


def read_signed(path: Path, newest: int, oldest: int = 1) -> dict[str, Any]:
    """Read settings, and check them and the files that they name.

    Args:
        path: The file.
        newest: The newest format that is understood.
        oldest: The oldest.

    Raises:
        BadFolder: It names what is missing or was altered, or says that its format is not
            understood.
    """
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        newer, older = said["format"] > newest, said["format"] < oldest
        altered = said["digest"] != settings_digest(said)
        digests = dict(said["files"])
    except (ValueError, KeyError, TypeError):
        newer, older, altered, digests = False, False, True, {}
    if newer:
        raise BadFolder(f"{path.parent} was written by a newer Morelli; upgrade to read it")
    if older:
        raise BadFolder(f"{path.parent} was written by an older Morelli; make it anew")
    if altered:
        raise BadFolder(f"{path} was altered or is damaged; make it anew")
    _check_files(path.parent, digests)
    return said


def _check_files(folder: Path, digests: dict[str, str]) -> None:
    root = folder.resolve()
    outside = [name for name in digests if not (folder / name).resolve().is_relative_to(root)]
    if outside:
        raise BadFolder(f"{folder} is not as it was saved: it names {outside[0]!r} outside it")
    missing = [name for name in digests if not (folder / name).is_file()]
    altered = [
        name
        for name, known in digests.items()
        if name not in missing and file_digest(folder / name) != known
    ]
    wrong = [f"{name} is missing" for name in missing] + [f"{name} was altered" for name in altered]
    if wrong:
        raise BadFolder(f"{folder} is not as it was saved: {'; '.join(wrong[:5])}")
