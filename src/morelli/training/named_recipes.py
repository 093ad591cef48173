"""Recipes by name, from settings, and from and to TOML files."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

from morelli.data.aside import read_toml
from morelli.errors import UserError
from morelli.settings import check_known
from morelli.training.recipe import Recipe

T = TypeVar("T")

RECIPES: dict[str, Recipe] = {
    "default": Recipe(),
    # Each work as the fixed preprocessing has it and one head: one forward pass a work.
    "plain": Recipe(views=0, heads=1, hidden=256, lr=1e-3, epochs=20, patience=5),
    # The study's way, at its best setting for ResNet18; Adam is our assumption.
    "study": Recipe(
        augment="study",
        views=7,
        plain=0.0,
        heads=1,
        hidden=256,
        standardise=False,
        dropout=0.3,
        lr=1e-5,
        label_smoothing=0.0,
        batch=32,
        epochs=7,
        patience=0,
    ),
}
"""The recipes that have a name."""


def recipe_from(settings: Mapping[str, object], base: Recipe | None = None) -> Recipe:
    """Make a recipe from settings by name, the rest as in `base`.

    Raises:
        UnknownName: If a setting does not exist; it names the nearest.
        UserError: If a value is impossible.
    """
    check_known("recipe key", settings, [field.name for field in fields(Recipe)])
    changed: dict[str, Any] = dict(settings)
    if "counts" in changed:
        counts = changed["counts"]
        if not isinstance(counts, list | tuple):
            raise UserError(f"counts is {counts!r}; it must be three numbers: train, val, test")
        changed["counts"] = tuple(counts)
    return Recipe(**(asdict(base or Recipe()) | changed))


def read_recipe(name: str | Path) -> Recipe:
    """Read a recipe: one of the named ones, or a TOML file.

    Raises:
        UserError: If there is none of that name, or it is no recipe.
    """
    return named_or_read(name, RECIPES, "recipe", recipe_from)


def named_or_read(
    name: str | Path,
    named: Mapping[str, T],
    kind: str,
    from_settings: Callable[[Mapping[str, object]], T],
) -> T:
    """Return the entry of a name, or what a TOML file's settings make.

    Raises:
        UserError: If there is none of that name and no such file, or the file cannot be read.
    """
    if str(name) in named:
        return named[str(name)]
    path = Path(name)
    if not path.is_file():
        raise UserError(f"there is no {kind} {path}; the named ones are {', '.join(named)}")
    return from_settings(read_toml(path))


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write a recipe as TOML, every setting."""
    import tomli_w

    path.write_text(tomli_w.dumps(recipe.as_dict()), encoding="utf-8", newline="\n")
