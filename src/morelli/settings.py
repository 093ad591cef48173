"""Settings that say what they are: fields of a dataclass with their help, check and option.

A setting stands in one place. The docstring of its class, the check of its value and the option of
the command line are made of what its field says.
"""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal, TypeVar

from morelli.errors import UserError, unknown_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
Settings = TypeVar("Settings", bound="DataclassInstance")

Panel = Literal["collection", "grid", "network", "views", "head", "training", "split", "machine"]
"""What a setting is about; the command line's help groups options by it."""


@dataclass(frozen=True)
class Allowed:
    """Which numbers a setting may be.

    Attributes:
        fits: Whether a number is allowed.
        words: Which are, to complete "it must be".
    """

    fits: Callable[[float], bool]
    words: str


ONE_OR_MORE = Allowed(lambda number: number >= 1, "1 or more")
ZERO_OR_MORE = Allowed(lambda number: number >= 0, "0 or more")
SHARE = Allowed(lambda number: 0 <= number < 1, "at least 0 and below 1")
SEED = Allowed(lambda number: 0 <= number < 2**63, "at least 0 and below 2 ** 63")


def setting(
    default: T,
    text: str,
    *,
    panel: Panel | None = None,
    metavar: str = "",
    choices: Sequence[str] = (),
    allowed: Allowed | None = None,
    option: str = "",
    example: str = "",
) -> T:
    """Return a field of a dataclass; what is said here becomes its metadata.

    Args:
        default: Its value where nothing is said.
        text: Its help, a sentence or two, for the docstring and the command line.
        panel: What it is about; None for one that is no option of the command line.
        metavar: What stands for its value in the command line's help; empty for a switch.
        choices: Names that it may be, beside its default; empty for any.
        allowed: Numbers that it may be, beside None; None for any.
        option: Its option on the command line, such as "--standardise/--raw" for a switch; empty
            for one named like the field.
        example: How one option has several values, such as "0.3,0.5"; empty if it has one, or is
            given once for each.
    """
    metadata = {
        "help": text,
        "panel": panel,
        "metavar": metavar,
        "choices": tuple(choices),
        "allowed": allowed,
        "option": option,
        "example": example,
    }
    value: T = field(default=default, metadata=metadata)
    return value


def documented(settings: type[Settings]) -> type[Settings]:
    """Add to the docstring of a dataclass what its settings say; a decorator above `dataclass`."""
    lines = [f"{one.name}: {one.metadata['help']}" for one in fields(settings)]
    wrapped = [textwrap.fill(line, 88, subsequent_indent="    ") for line in lines]
    attributes = textwrap.indent("\n".join(wrapped), " " * 8)
    settings.__doc__ = f"{(settings.__doc__ or '').rstrip()}\n\n    Attributes:\n{attributes}\n    "
    return settings


def check_known(kind: str, names: Iterable[str], known: Sequence[str]) -> None:
    """Refuse settings that do not exist.

    Raises:
        UnknownName: It names the nearest.
    """
    for name in names:
        if name not in known:
            raise unknown_name(kind, name, known)


def check_settings(settings: "DataclassInstance") -> None:
    """Refuse a value that its field does not allow.

    Raises:
        UnknownName: If a name is not among its choices; it names the nearest.
        UserError: If a number is not allowed.
    """
    for one in fields(settings):
        value = getattr(settings, one.name)
        choices, allowed = one.metadata["choices"], one.metadata["allowed"]
        if choices and value != one.default and value not in choices:
            raise unknown_name(one.name.replace("_", " "), value, choices)
        if allowed and value is not None and not allowed.fits(value):
            raise UserError(f"{one.name} is {value}; it must be {allowed.words}")
