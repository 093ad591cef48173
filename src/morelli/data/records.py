"""Frozen dataclasses as JSON, and back: what is read has the types that it says."""

import json
from pathlib import Path
from typing import Any, TypeVar

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_unstructure_fn

from morelli.data.aside import write_text
from morelli.errors import BadFolder

T = TypeVar("T")

_CONVERTER = Converter(forbid_extra_keys=False)


def _exactly(value: Any, kind: type[T]) -> T:
    """Take a value for what it is, and turn nothing into anything else."""
    if type(value) is not kind:
        raise TypeError(f"{value!r} is of the kind {type(value).__name__}, not {kind.__name__}")
    return value


for _kind in (str, int, bool):
    _CONVERTER.register_structure_hook(_kind, _exactly)


@_CONVERTER.register_structure_hook
def _number(value: Any, _: type[float]) -> float:
    """Take whole numbers for floats as well: JSON knows one kind of number."""
    return float(value) if type(value) is int else _exactly(value, float)


def sparse(kind: type[T]) -> type[T]:
    """Leave fields that are as they are by default out of a dataclass's JSON; a class decorator."""
    hook = make_dict_unstructure_fn(kind, _CONVERTER, _cattrs_omit_if_default=True)
    _CONVERTER.register_unstructure_hook(kind, hook)
    return kind


def as_json(record: object) -> Any:
    """Return a dataclass as JSON can hold it: its fields by name, in their order."""
    return _CONVERTER.unstructure(record)


def from_json(value: Any, kind: type[T], where: Path) -> T:
    """Make a dataclass of what a JSON file holds.

    Args:
        value: As `json.loads` gives it.
        kind: The dataclass, or a type made of them, such as `dict[str, Figures]`.
        where: The file, which an error names.

    Raises:
        BadFolder: If something is missing or of another type; it says what.
    """
    try:
        return _CONVERTER.structure(value, kind)
    except (BaseValidationError, TypeError, ValueError, KeyError) as error:
        reason = "; ".join(transform_error(error)[:3])
        raise BadFolder(f"{where} is damaged: {reason}; make it anew") from None


def record_text(record: object) -> str:
    """Return what `write_record` writes."""
    return json.dumps(as_json(record), indent=2, ensure_ascii=False) + "\n"


def write_record(path: Path, record: object) -> None:
    """Write a dataclass, or several in a list or a mapping, as JSON."""
    write_text(path, record_text(record))


def read_json(path: Path) -> Any:
    """Read a JSON file, whatever it holds.

    Raises:
        BadFolder: If it cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadFolder(f"{path} is damaged: {error}; make it anew") from None


def read_record(path: Path, kind: type[T]) -> T:
    """Read what `write_record` wrote.

    Raises:
        BadFolder: If it cannot be read, is no JSON, or holds something else.
    """
    return from_json(read_json(path), kind, path)
