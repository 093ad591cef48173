"""The command line as a test uses it: in this process, in one of its own, and on a terminal."""

import fcntl
import os
import pty
import resource
import shutil
import signal
import struct
import sys
import termios
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import mkdtemp

import pytest
from processes import process
from typer.testing import CliRunner

from morelli.cli.main import app, main

Shards = Callable[[Path, int, int], Path]
"""The fixture `shards`: a folder, a number of shards, and a factor of scale."""


@dataclass(frozen=True)
class Output:
    """A command's exit code and what it printed."""

    code: int
    out: str
    err: str


def morelli(*words: object) -> Output:
    """Run a command in this process; what is no answer but a bug is raised."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return Output(result.exit_code, result.stdout, result.stderr)


def printed(*words: object) -> str:
    """Run a command that ends well and return what it printed."""
    output = morelli(*words)
    assert output.code == 0, output
    return output.out


def refusal(*words: object, announced: bool = False) -> str:
    """Run a command that is refused in one line and return the line.

    Args:
        words: What is typed.
        announced: Whether lines about progress may precede it.
    """
    output = morelli(*words)
    assert (output.code, output.out) == (2, ""), output
    *before, line = output.err.splitlines()
    assert line.startswith("morelli: "), output
    assert announced or not before, output
    assert not [line for line in before if line.startswith(("morelli: ", "Traceback"))], output
    return line


@dataclass(frozen=True)
class Started:
    """A command at work in a process of its own, which writes what it prints to two files."""

    process: BaseProcess
    streams: Path

    def ended(self) -> Output:
        """Wait until it has ended."""
        self.process.join(60)
        out, err = ((self.streams / name).read_text("utf-8") for name in ("out", "err"))
        shutil.rmtree(self.streams)
        assert self.process.exitcode is not None, (out, err)
        return Output(self.process.exitcode, out, err)


def start(*words: object, cwd: Path | None = None, largest: int | None = None) -> Started:
    """Start a command as a process of its own.

    Args:
        words: What is typed.
        cwd: The folder to work in.
        largest: The most bytes that fit into a file, as if the disk were full; all by default.
    """
    streams = Path(mkdtemp())
    for name in ("out", "err"):
        (streams / name).touch()
    files = os.devnull, str(streams / "out"), str(streams / "err")
    return Started(process(_command, words, files, cwd, largest), streams)


def on_terminal(*words: object, columns: int = 80) -> Output:
    """Run a command on a terminal of that width; all it shows is `out`."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor() as reader:
        patch.setenv("TERM", "xterm-256color")
        shown = reader.submit(all_shown, ours)
        command = process(_command, words, [os.ttyname(its)] * 3, None, None)
        command.join(60)
        os.close(its)
        assert command.exitcode is not None, shown.result()
        return Output(command.exitcode, shown.result(), "")


def _command(
    words: Sequence[object], streams: Sequence[str], cwd: Path | None, largest: int | None
) -> None:
    """Run a command with these files as its standard streams."""
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, closefd=False)  # noqa: SIM115
        for number, mode in enumerate("rww")
    )
    if cwd is not None:
        os.chdir(cwd)
    if largest is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    # Listens to Ctrl-C even where the tests run in a shell's background, which ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["morelli", *map(str, words)]
    main()


def all_shown(terminal: int) -> str:
    """Read a terminal until nothing writes to it any more, and close it."""
    shown = b"".join(iter(lambda: _read(terminal), b""))
    os.close(terminal)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side has closed
        return b""
