"""What is shown while the library works: lines, bars, notes, and what an interruption says."""

import os
import pty
import re
import signal
import sys
import warnings

import pytest
import typer
from cli.command import all_shown

from morelli.cli.show import Bars, Lines, answering, showing
from morelli.markup import counted


def test_lines_say_when_a_step_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    with showing() as progress:
        assert isinstance(progress, Lines)
        progress.note("1,200 works to read")
        for done in range(1, 1201):
            progress.step("ingest", done, 1200, "works")
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"1,200 works to read\ningest: 1,200 works in 0\.\d s\n", err)


def test_a_terminal_is_given_bars(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, its = pty.openpty()
    with os.fdopen(its, "w", encoding="utf-8") as terminal, monkeypatch.context() as patched:
        patched.setenv("TERM", "xterm-256color")
        patched.setattr(sys, "stderr", terminal)
        with showing() as progress:
            assert isinstance(progress, Bars)
            progress.note("[8] works to read")
            for done in range(9):
                progress.step("ingest", done, 8, "works")
    shown = all_shown(ours)
    assert "[8] works to read" in shown
    assert "ingest" in shown
    assert re.search(r"8/8.* works, [\d,]+/s", shown)


def test_what_was_done_at_first_sight_counts_for_no_rate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Bars() as bars:
        bars.step("features", 32, 32, "works")
    assert "/s" not in capsys.readouterr().err


def test_an_interruption_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(typer.Exit) as ended:
        answering("try again")(lambda: signal.raise_signal(signal.SIGINT))()
    signal.signal(signal.SIGINT, before)
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "morelli: stopped; try again\n"


def test_what_is_no_user_error_is_a_bug_and_comes_through() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answering("")(broken)()


def test_warnings_for_users_become_notes_and_others_are_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def command() -> int:
        warnings.warn("two classes are left out", stacklevel=1)
        warnings.warn("for developers", RuntimeWarning, stacklevel=1)
        return 0

    shown = warnings.showwarning
    answering("")(command)()
    assert capsys.readouterr().err == "note: two classes are left out\n"
    assert warnings.showwarning is shown


def test_a_command_gives_its_exit_code_on() -> None:
    with pytest.raises(typer.Exit) as ended:
        answering("")(lambda: 1)()
    assert ended.value.exit_code == 1


@pytest.mark.parametrize(
    ("number", "output"), [(0, "0 shards"), (1, "1 shard"), (1200, "1,200 shards")]
)
def test_numbers_agree_with_their_units(number: int, output: str) -> None:
    assert counted(number, "shard") == output
