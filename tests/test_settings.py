"""Settings: what a field says becomes docstring, check and option."""

import inspect
from dataclasses import dataclass, fields

import pytest

from morelli.data.selection import Selection
from morelli.errors import UnknownName, UserError
from morelli.settings import ONE_OR_MORE, check_settings, documented, setting
from morelli.training.recipe import Recipe


@documented
@dataclass(frozen=True)
class Easel:
    """What a picture stands on."""

    wood: str = setting("", "What it is of.", panel="machine", metavar="NAME", choices=("oak",))
    legs: int | None = setting(3, "How many.", panel="machine", metavar="N", allowed=ONE_OR_MORE)

    def __post_init__(self) -> None:
        check_settings(self)


def test_the_docstring_of_settings_says_what_each_is() -> None:
    assert inspect.getdoc(Easel) == (
        "What a picture stands on.\n\nAttributes:\n    wood: What it is of.\n    legs: How many."
    )


def test_a_default_a_choice_and_what_is_allowed_pass() -> None:
    assert Easel("oak", 1).wood == "oak"
    assert Easel(legs=None).wood == ""


def test_a_name_that_is_no_choice_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown wood 'oka'; did you mean oak"):
        Easel("oka")


def test_a_number_that_is_not_allowed_is_answered_with_what_is() -> None:
    with pytest.raises(UserError, match="legs is 0; it must be 1 or more"):
        Easel(legs=0)


@pytest.mark.parametrize("settings", [Recipe, Selection])
def test_every_setting_has_help_and_a_panel_and_stands_in_the_docstring(
    settings: type[Recipe] | type[Selection],
) -> None:
    documentation = " ".join((inspect.getdoc(settings) or "").split())

    for field in fields(settings):
        assert field.metadata["help"].endswith(".")
        assert field.metadata["panel"]
        assert bool(field.metadata["metavar"]) != (field.type in (bool, "bool"))
        assert f"{field.name}: {field.metadata['help']}" in documentation
