"""The settings of a selection, and what they may be."""

import json

import pytest

from morelli.data.records import as_json
from morelli.data.selection import Selection
from morelli.errors import UnknownName, UserError


@pytest.mark.parametrize("name", ["top", "min_works", "sample"])
def test_settings_below_one_are_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"{name} is 0; it must be 1 or more"):
        Selection(**{name: 0})  # type: ignore[arg-type]


def test_an_unknown_task_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown task 'artists'; did you mean artist"):
        Selection(task="artists")


def test_settings_are_plain_values_for_json() -> None:
    assert json.loads(json.dumps(as_json(Selection(top=4, classes=("a",))))) == {
        "task": "artist",
        "top": 4,
        "classes": ["a"],
        "min_works": 1,
        "sample": None,
        "include_unknown": False,
        "seed": 0,
    }
