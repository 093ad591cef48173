"""Files are whole or not there, whatever happens while they are written."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from data.small import files_of

from morelli.data.aside import aside, file_digest, sweep, write_text


def dead_process() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    with aside(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "a.txt").exists()
    assert files_of(tmp_path) == {"a.txt": b"whole"}


def test_an_error_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def interrupted() -> None:
        with aside(tmp_path / "a.txt") as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert files_of(tmp_path) == {"a.txt": b"old"}


def test_text_is_utf_8_with_plain_line_ends_and_replaces_what_was_there(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    write_text(tmp_path / "a.txt", "Dürer\n")
    assert files_of(tmp_path) == {"a.txt": "Dürer\n".encode()}


def test_only_what_dead_processes_left_is_swept(tmp_path: Path) -> None:
    for name in (
        f".a.{dead_process()}.partial",
        f".b.{os.getpid()}.partial",
        ".c.partial",
        "d.txt",
    ):
        (tmp_path / name).write_text("half")
    sweep(tmp_path)
    assert sorted(files_of(tmp_path)) == [f".b.{os.getpid()}.partial", ".c.partial", "d.txt"]


def test_what_another_user_s_process_writes_is_not_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_yours(*_: int) -> None:
        raise PermissionError

    (tmp_path / ".a.1.partial").write_text("half")
    with monkeypatch.context() as patched:
        patched.setattr(os, "kill", not_yours)
        sweep(tmp_path)
    assert sorted(files_of(tmp_path)) == [".a.1.partial"]


def test_nothing_is_swept_where_processes_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f".a.{dead_process()}.partial").write_text("half")
    with monkeypatch.context() as patched:
        patched.setattr(os, "name", "nt")
        sweep(tmp_path)
    assert len(files_of(tmp_path)) == 1


def test_the_digest_is_sha_256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"paint")
    assert file_digest(tmp_path / "a") == hashlib.sha256(b"paint").hexdigest()
