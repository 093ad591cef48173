"""Options that are fields: what a dataclass says of a setting becomes a command's option."""

import inspect
from collections.abc import Callable, Container, Mapping
from dataclasses import Field, fields
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast, get_args, get_origin

import typer
from rich.markup import escape

from morelli.cli.complete import backbones, completing
from morelli.errors import UserError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Setting: TypeAlias = Field[object]

Settings = Mapping[str, Any]
"""The settings that were asked for, by the names of their fields; the others are not in it."""

Command = Callable[..., int | None]


def settings_from(
    defaults: "DataclassInstance", parameter: str = "settings", *, without: Container[str] = ()
) -> Callable[[Command], Command]:
    """Give a command an option for each setting of a dataclass, in place of one parameter.

    Args:
        defaults: The settings where nothing is asked for, as the help shows them.
        parameter: The command's parameter that takes those asked for, as `Settings`.
        without: Settings that are no options.
    """
    settings = [one for one in fields(defaults) if one.metadata["panel"]]
    settings = [one for one in settings if one.name not in without]
    options = [_parameter(one, getattr(defaults, one.name)) for one in settings]

    def with_options(command: Command) -> Command:
        @wraps(command)
        def settled(**values: object) -> int | None:
            asked = [(one, values.pop(one.name)) for one in settings]
            values[parameter] = {
                one.name: _value(one, value) for one, value in asked if value is not None
            }
            return command(**values)

        signature = inspect.signature(command)
        parameters: list[inspect.Parameter] = []
        for own in signature.parameters.values():
            by_keyword = own.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            parameters += options if own.name == parameter else [by_keyword]
        settled.__annotations__ = {one.name: one.annotation for one in parameters}
        settled.__dict__["__signature__"] = signature.replace(parameters=parameters)
        return settled

    return with_options


def option(settings: "type[DataclassInstance]", name: str) -> object:
    """Return what makes a command's own parameter the option of one setting."""
    (one,) = (one for one in fields(settings) if one.name == name)
    return _option(one, show_default=True)


def _parameter(one: "Setting", default: object) -> inspect.Parameter:
    """Return the parameter that takes one setting; None where it is not asked for."""
    kind = cast("type", one.type)
    if get_origin(kind) is tuple:
        kind = str if one.metadata["example"] else list[str]
    return inspect.Parameter(
        one.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, _option(one, *_default(one, default))],
    )


def _option(one: "Setting", *more: str, show_default: bool = False) -> object:
    said = one.metadata
    example = [f"Such as {said['example']}."] if said["example"] else []
    return typer.Option(
        said["option"] or f"--{one.name.replace('_', '-')}",
        help=escape(" ".join([said["help"], *example, *more])),
        metavar=said["metavar"],
        rich_help_panel=said["panel"].capitalize(),
        show_default=show_default,
        autocompletion=backbones
        if one.name.startswith("backbone")
        else completing(said["choices"]),
    )


def _default(one: "Setting", default: object) -> list[str]:
    """Return how the help shows a default, if there is one to speak of."""
    if isinstance(default, bool):
        on, _, off = one.metadata["option"].replace("--", "").partition("/")
        default = on if default else off
    if isinstance(default, tuple):
        default = ",".join(map(str, default))
    return [] if default in (None, "") else [f"[default: {default}]"]


def _value(one: "Setting", value: object) -> object:
    """Return a setting's value; several come as a text, such as 0.3,0.5, or as a list."""
    if get_origin(one.type) is not tuple:
        return value
    if not isinstance(value, str):
        return tuple(cast("list[str]", value))
    element, example = get_args(one.type)[0], one.metadata["example"]
    separator = "/" if "/" in example else ","
    try:
        return tuple(element(part.strip()) for part in value.split(separator) if part.strip())
    except ValueError:
        raise UserError(f"--{one.name} is {value!r}; it must be like {example}") from None
