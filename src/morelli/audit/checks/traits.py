"""What the source files of works are like, beside the picture: sizes, compression, borders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.data.collection import Collection
from morelli.data.traits import FileTraits

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SMALL = 224
"""Short side in pixels below which a source is called small: what most networks take in."""

_SQUARE = 0.01
_BORDER = 0.02
_SIDES = ("left", "top", "right", "bottom")
_NUMBERS = ("width", "height", "byte_count", "sharpness", *(f"border_{side}" for side in _SIDES))
_NAMES = ("format", "mode", "compression", "has_profile", "orientation")


@dataclass(frozen=True)
class Traits:
    """What the source files of works were like, in groups.

    Attributes:
        groups: For each group of traits, (n, traits) numbers; names are replaced by numbers.
        facts: For a few plain facts in words, (n,) whether they hold of a work.
        usual: The commonest short side in pixels, which a fact names; 0 without works.
    """

    groups: dict[str, Floats]
    facts: dict[str, Mask]
    usual: int = 0


def source_traits(collection: Collection) -> Traits:
    """Return what the source files of a collection's works were like, in its table's order."""
    table = collection.table([*_NUMBERS, *_NAMES])
    values = {name: np.array(table[name].to_pylist(), np.float64) for name in _NUMBERS}
    width, height, short = _sizes(values)
    groups = {
        "size": [short],
        "aspect": [width / height],
        "bytes": [values["byte_count"], values["byte_count"] / (width * height)],
        "compression": [_numbered(table[name].to_pylist()) for name in _NAMES],
        "sharpness": [values["sharpness"]],
        "borders": _borders(values),
    }
    sides, counts = np.unique(short, return_counts=True)
    usual = int(sides[counts.argmax()]) if len(short) else 0
    numbers = {name: np.stack(columns, axis=1) for name, columns in groups.items()}
    return Traits(numbers, _facts(values, usual), usual)


def facts_of(traits: FileTraits, usual: int) -> frozenset[str]:
    """Return the facts in words that hold of one image file.

    Args:
        traits: What the file is like.
        usual: The collection's commonest short side in pixels, as its `Shortcuts` say.
    """
    values = {name: np.array([getattr(traits, name)], np.float64) for name in _NUMBERS}
    return frozenset(fact for fact, holds in _facts(values, usual).items() if holds[0])


def _facts(values: Mapping[str, Floats], usual: int) -> dict[str, Mask]:
    """Return for each fact in words (n,) whether it holds; `values` has (n,) of each number."""
    width, height, short = _sizes(values)
    return {
        "exactly square": np.abs(np.log(width / height)) < _SQUARE,
        f"smaller than the commonest short side ({usual} pixels)": short < usual,
        f"smaller than {SMALL} pixels": short < SMALL,
        "bordered": np.max(_borders(values), axis=0, initial=0) >= _BORDER,
    }


def _sizes(values: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """Return width, height and short side of works, (n,) each, at least 1."""
    width, height = np.maximum(values["width"], 1), np.maximum(values["height"], 1)
    return width, height, np.minimum(width, height)


def _borders(values: Mapping[str, Floats]) -> list[Floats]:
    """Return the uniform borders of works, (n,) shares of width or height for each side."""
    along = zip(_SIDES, ("width", "height") * 2, strict=True)
    return [values[f"border_{side}"] / np.maximum(values[of], 1) for side, of in along]


def _numbered(values: Sequence[object]) -> Floats:
    """Replace names by numbers, the commonest first, so that trees part common from rare."""
    _, inverse, counts = np.unique(
        [str(value) for value in values], return_inverse=True, return_counts=True
    )
    return np.asarray(np.argsort(np.argsort(-counts, kind="stable"))[inverse], np.float64)
