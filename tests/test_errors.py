"""Errors say what was asked for, what is known, and what the disk refused."""

import errno
import os
from pathlib import Path

import pytest

from morelli.errors import BadFolder, holds_other, nearest_names, plain, unknown_name, writing

NAMES = ["Claude Monet", "Édouard Manet", "Édouard Vuillard", "Rembrandt"]


def test_names_are_compared_without_case_accents_and_punctuation() -> None:
    assert plain("Édouard  MANET.") == plain("edouard-manet") == "edouardmanet"


def test_the_nearest_names_hold_what_was_typed_or_look_like_it() -> None:
    assert nearest_names("edouard", NAMES)[:2] == ["Édouard Manet", "Édouard Vuillard"]
    assert nearest_names("Remrandt", NAMES)[0] == "Rembrandt"
    assert nearest_names("", NAMES) == []


def test_an_unknown_name_is_answered_with_the_nearest_or_with_those_known() -> None:
    assert str(unknown_name("artist", "Monnet", NAMES)).startswith(
        "unknown artist 'Monnet'; did you mean Claude Monet"
    )
    assert "known: Claude Monet, Édouard Manet" in str(unknown_name("artist", "xyz", NAMES))


def test_a_folder_of_something_else_is_named_with_what_it_holds() -> None:
    error = holds_other(Path("out"), ["d", "a", "c", "b"])

    assert str(error) == "out holds something else (a, b, c); choose an empty or new folder"


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "no space"), (errno.EROFS, "only")])
def test_what_the_disk_refuses_is_put_in_words(number: int, words: str) -> None:
    with pytest.raises(BadFolder, match=f"cannot write to out: .*{words}"), writing(Path("out")):
        raise OSError(number, os.strerror(number))


def test_another_error_while_writing_comes_through_as_it_is() -> None:
    with pytest.raises(OSError, match="Interrupted"), writing(Path("out")):
        raise OSError(errno.EINTR, "Interrupted")
