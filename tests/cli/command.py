"""The command line as a test uses it: in this process, in one of its own, and on a terminal."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from morelli.cli.main import app

INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from morelli.cli.main import main
main()
"""
"""Listens to Ctrl-C even where the tests run in a shell's background, which ignores it."""

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


def start(*words: object, **options: Any) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    command = [sys.executable, "-c", INTERRUPTIBLE, *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **options)


def ended(process: subprocess.Popen[str]) -> Output:
    """Wait for a process to end."""
    out, err = process.communicate(timeout=60)
    return Output(process.returncode, out, err)


def on_terminal(*words: object, columns: int = 80) -> Output:
    """Run a command on a terminal of that width; all it shows is `out`."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "morelli", *map(str, words)],
        stdin=its,
        stdout=its,
        stderr=its,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(its)
    shown = all_shown(ours)
    return Output(process.wait(60), shown, "")


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
