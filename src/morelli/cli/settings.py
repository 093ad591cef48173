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
    settings = [field for field in fields(defaults) if field.metadata["panel"]]
    settings = [field for field in settings if field.name not in without]
    options = [_parameter(field, getattr(defaults, field.name)) for field in settings]

    def with_options(command: Command) -> Command:
        @wraps(command)
        def with_settings(**values: object) -> int | None:
            asked = [(field, values.pop(field.name)) for field in settings]
            values[parameter] = {
                field.name: _value(field, value) for field, value in asked if value is not None
            }
            return command(**values)

        signature = _signature(command, parameter, options)
        annotations = {own.name: own.annotation for own in signature.parameters.values()}
        with_settings.__annotations__ = annotations
        with_settings.__dict__["__signature__"] = signature
        return with_settings

    return with_options


def _signature(
    command: Command, parameter: str, options: list[inspect.Parameter]
) -> inspect.Signature:
    """Return a command's signature with options in place of one parameter, for Typer to read."""
    signature = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for own in signature.parameters.values():
        by_keyword = own.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        parameters += options if own.name == parameter else [by_keyword]
    return signature.replace(parameters=parameters)


def option(settings: "type[DataclassInstance]", name: str) -> object:
    """Return what makes a command's own parameter the option of one setting."""
    (field,) = (field for field in fields(settings) if field.name == name)
    return _option(field, show_default=True)


def _parameter(field: "Setting", default: object) -> inspect.Parameter:
    """Return the parameter that takes one setting; None where it is not asked for."""
    kind = cast("type", field.type)
    if get_origin(kind) is tuple:
        kind = str if field.metadata["example"] else list[str]
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, _option(field, *_default(field, default))],
    )


def _option(field: "Setting", *more: str, show_default: bool = False) -> object:
    about = field.metadata
    example = [f"Such as {about['example']}."] if about["example"] else []
    backbone = field.name in ("backbone", "backbones")
    return typer.Option(
        _words(field),
        help=escape(" ".join([about["help"], *example, *more])),
        metavar=about["metavar"],
        rich_help_panel=about["panel"].capitalize(),
        show_default=show_default,
        autocompletion=backbones if backbone else completing(about["choices"]),
    )


def _words(field: "Setting") -> str:
    """Return what is typed for a setting."""
    return str(field.metadata["option"]) or f"--{field.name.replace('_', '-')}"


def _default(field: "Setting", default: object) -> list[str]:
    """Return how the help shows a default, if there is one to speak of."""
    if isinstance(default, bool):
        on, _, off = _words(field).replace("--", "").partition("/")
        default = on if default else off
    if isinstance(default, tuple):
        default = ",".join(map(str, default))
    return [] if default in (None, "") else [f"[default: {default}]"]


def _value(field: "Setting", value: object) -> object:
    """Return a setting's value; several come as a text, such as 0.3,0.5, or as a list."""
    if get_origin(field.type) is not tuple:
        return value
    if not isinstance(value, str):
        return tuple(cast("list[str]", value))
    element, example = get_args(field.type)[0], field.metadata["example"]
    separator = "/" if "/" in example else ","
    try:
        return tuple(element(part.strip()) for part in value.split(separator) if part.strip())
    except ValueError:
        raise UserError(f"{_words(field)} is {value!r}; it must be like {example}") from None
