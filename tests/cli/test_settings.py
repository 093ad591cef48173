"""Options that are fields: their names, help, values, and what the command is given."""

import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from morelli.cli.settings import Settings, option, settings_from
from morelli.cli.show import STARTS_ANEW, answering
from morelli.settings import setting


@dataclass(frozen=True)
class Easel:
    """What a picture stands on."""

    wood: str = setting(
        "oak", "What it is of [oiled].", panel="machine", metavar="NAME", choices=("oak", "ash")
    )
    high_legs: int | None = setting(3, "How many legs.", panel="head", metavar="N")
    folds: bool = setting(True, "Whether it folds.", panel="head", option="--folds/--stiff")
    pegs: tuple[float, ...] = setting(
        (), "Where the pegs are.", panel="head", metavar="CM,...", example="80,95.5"
    )
    colours: tuple[str, ...] = setting(
        (), "Paint it so.", panel="head", metavar="NAME", option="--colour"
    )
    owner: str = setting("nobody", "Whose it is; no option.")


app = typer.Typer()


@app.command()
@answering(STARTS_ANEW)
@settings_from(Easel(), "easel")
def stand(
    picture: Annotated[str, typer.Argument(help="What stands.")],
    easel: Settings,
    wood_again: Annotated[str, option(Easel, "wood")] = "ash",
) -> int:
    """Stand a picture on an easel."""
    typer.echo(f"{picture} {easel}")
    return 0


def stood(*words: str) -> str:
    result = CliRunner().invoke(app, ["picture", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.strip().removeprefix("picture ")


def test_only_what_is_asked_for_reaches_the_command() -> None:
    assert stood() == "{}"
    assert stood("--high-legs", "4") == "{'high_legs': 4}"


def test_a_switch_has_a_word_for_yes_and_one_for_no() -> None:
    assert stood("--folds") == "{'folds': True}"
    assert stood("--stiff") == "{'folds': False}"


def test_several_values_come_as_one_text_or_one_by_one() -> None:
    assert stood("--pegs", "80, 95.5,") == "{'pegs': (80.0, 95.5)}"
    assert stood("--colour", "red", "--colour", "blue") == "{'colours': ('red', 'blue')}"


def test_a_text_that_is_no_values_is_refused_with_an_example() -> None:
    result = CliRunner().invoke(app, ["picture", "--pegs", "80;95"])
    assert result.exit_code == 2
    assert result.stderr == "morelli: --pegs is '80;95'; it must be like 80,95.5\n"


def test_an_option_has_the_help_panel_example_and_default_of_its_field() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert [panel for panel in ("Machine", "Head") if f"─ {panel} ─" not in shown] == []
    for text in ("of [oiled]. [default: oak]", "Such as 80,95.5.", "--high-legs", "[default: 3]"):
        assert text in shown
    assert "[default: folds]" in shown
    assert "owner" not in shown


def test_an_option_stands_where_the_parameter_stood() -> None:
    names = list(inspect.signature(stand).parameters)
    assert names[:2] == ["picture", "wood"]
    assert names[-1] == "wood_again"


def test_settings_can_be_left_out() -> None:
    command = settings_from(Easel(), "easel", without=("wood", "pegs"))(lambda easel: 0)
    assert list(inspect.signature(command).parameters) == ["high_legs", "folds", "colours"]


@pytest.mark.parametrize(("begun", "completed"), [("a", ["ash"]), ("", ["oak", "ash"])])
def test_names_that_a_setting_may_be_are_completed(begun: str, completed: list[str]) -> None:
    wood = inspect.signature(stand).parameters["wood"]
    assert wood.annotation.__metadata__[0].autocompletion(begun) == completed
