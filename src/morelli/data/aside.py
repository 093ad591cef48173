"""Files that are whole or not there: written aside, flushed to the disk, then renamed."""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from morelli.errors import UserError

_PARTIAL = re.compile(r"^\..+\.(\d+)\.partial$")


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it to `path` when the block ends well.

    The name carries the process, so that two processes never write into one file. What a killed
    process leaves is removed by `sweep`.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        with suppress(OSError):  # what went wrong before is what the user must hear
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8 with plain line ends."""
    with aside(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def read_toml(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file.

    Raises:
        UserError: If it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # TOML's and UTF-8's own errors are among them
        raise UserError(f"{path} is no TOML file: {error}") from None


def sweep(folder: Path) -> None:
    """Remove what killed processes of this machine left half written in `folder`."""
    if os.name != "posix":  # elsewhere a process cannot be asked whether it lives
        return
    for path in folder.glob(".*.partial"):
        match = _PARTIAL.match(path.name)
        if match and not _alive(int(match[1])):
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
