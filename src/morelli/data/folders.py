"""Folders of results: begun, finished by a manifest that vouches for their files, and read back."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morelli.data.aside import file_digest, sweep, write_text
from morelli.errors import BadFolder, holds_other, writing

Manifest = dict[str, Any]
"""What a manifest holds: `format`, `files` and `digest`, and what a kind of folder has besides."""


@dataclass(frozen=True)
class ResultFolder:
    """A kind of folder that a command makes: what it holds, and when it is finished.

    Attributes:
        kind: What it holds, as a refusal names it, such as "finished run".
        manifest: The JSON file that finishes it: it holds the SHA-256 of the other files.
        format: Number of the format that is written, and the newest that is read.
        command: Makes one; `{folder}` stands for the folder.
        oldest: The oldest format that is read.
        contents: Names of all that it may hold; None if there may be anything beside `begun`.
        begun: The file that shows a folder to be of this kind before it is finished; without one,
            any of `contents` may be there.
        before: Names of what may be there before `begun` is.
        missing: The refusal of a folder that is not finished.
    """

    kind: str
    manifest: str
    format: int
    command: str = ""
    oldest: int = 1
    contents: frozenset[str] | None = None
    begun: str = ""
    before: frozenset[str] = frozenset()
    missing: str = "{folder} holds no {kind} (it has no {manifest}); make one with: {command}"

    def is_finished(self, folder: Path) -> bool:
        """Whether a folder has the manifest of this kind; its files are not looked at."""
        return (folder / self.manifest).is_file()

    def check_others(self, folder: Path) -> None:
        """Refuse a folder that holds something else; one that is not there is fine.

        Raises:
            BadFolder: It names what the folder holds.
        """
        with writing(folder):
            if not folder.exists():
                return
            sweep(folder)
            names = {path.name for path in folder.iterdir()}
        others = set() if self.contents is None else names - self.contents
        if not others and self.begun and self.begun not in names:
            others = {name for name in names - self.before if not name.endswith(".partial")}
        if others:
            raise holds_other(folder, others)

    def claim(self, folder: Path) -> None:
        """Make a folder, or take one that is empty or of this kind.

        Raises:
            BadFolder: If it holds something else, or cannot be written.
        """
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.check_others(folder)

    def reopen(self, folder: Path) -> None:
        """Take the manifest away: the folder is not finished any more."""
        with writing(folder):
            (folder / self.manifest).unlink(missing_ok=True)

    def finish(
        self, folder: Path, names: Iterable[str], about: Mapping[str, object] | None = None
    ) -> None:
        """Write the manifest of files that are there.

        Args:
            folder: Where they are.
            names: The files that it vouches for, relative to the folder.
            about: What else it holds.

        Raises:
            BadFolder: If it cannot be written.
        """
        with writing(folder):
            digests = {name: file_digest(folder / name) for name in names}
            self.write_manifest(folder, digests, about)

    def write_manifest(
        self, folder: Path, digests: Mapping[str, str], about: Mapping[str, object] | None = None
    ) -> None:
        """Write the manifest of files that may not be there yet.

        Args:
            folder: Where they will be.
            digests: For the name of each, the SHA-256 of its bytes in hexadecimal.
            about: What else it holds.
        """
        content = {"format": self.format, **(about or {}), "files": dict(digests)}
        write_checked(folder / self.manifest, content)

    def read(self, folder: Path) -> Manifest:
        """Read the manifest, and check it and the files that it names.

        Raises:
            BadFolder: If the folder is not finished, if something is missing or was altered, or if
                another Morelli wrote it.
        """
        if not self.is_finished(folder):
            raise BadFolder(
                self.missing.format(
                    folder=folder,
                    kind=self.kind,
                    manifest=self.manifest,
                    command=self.command.format(folder=folder),
                )
            )
        return read_checked(folder / self.manifest, self.format, self.oldest)


def checksum(content: Mapping[str, object]) -> str:
    """Return the SHA-256 of what a JSON file holds, but for its own `digest`.

    It tells damage and edits by hand; it proves nothing about who wrote the file.
    """
    rest = {key: value for key, value in content.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def write_checked(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file with its own checksum.

    Args:
        path: The file.
        content: What it holds, `format` and `files` among it: for each file's name, relative to
            the folder, the SHA-256 of its bytes in hexadecimal.
    """
    checked = {**content, "digest": checksum(content)}
    write_text(path, json.dumps(checked, indent=2, ensure_ascii=False) + "\n")


def read_checked(path: Path, newest: int, oldest: int = 1) -> Manifest:
    """Read a JSON file, and check it and the files that it names.

    Args:
        path: The file.
        newest: The newest format that is understood.
        oldest: The oldest.

    Raises:
        BadFolder: It names what is missing or was altered, or says that its format is not
            understood.
    """
    try:
        content: Manifest = json.loads(path.read_text(encoding="utf-8"))
        newer, older = content["format"] > newest, content["format"] < oldest
        altered = content["digest"] != checksum(content)
        digests = dict(content["files"])
    except (ValueError, KeyError, TypeError, RecursionError):
        newer, older, altered, digests = False, False, True, {}
    if newer:
        raise BadFolder(f"{path.parent} was written by a newer Morelli; upgrade to read it")
    if older:
        raise BadFolder(f"{path.parent} was written by an older Morelli; make it anew")
    if altered:
        raise BadFolder(f"{path} was altered or is damaged; make it anew")
    _check_files(path.parent, digests)
    return content


def _check_files(folder: Path, digests: dict[str, str]) -> None:
    root = folder.resolve()
    outside = [name for name in digests if not (folder / name).resolve().is_relative_to(root)]
    if outside:
        raise BadFolder(f"{folder} is not as it was saved: it names {outside[0]!r} outside it")
    missing = [name for name in digests if not (folder / name).is_file()]
    altered = [
        name
        for name, digest in digests.items()
        if name not in missing and file_digest(folder / name) != digest
    ]
    wrong = [f"{name} is missing" for name in missing] + [f"{name} was altered" for name in altered]
    if wrong:
        raise BadFolder(f"{folder} is not as it was saved: {'; '.join(wrong[:5])}")
