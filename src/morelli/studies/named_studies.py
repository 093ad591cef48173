"""Recipes of studies by name, from settings, and from TOML files."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from morelli.errors import UserError
from morelli.settings import check_known
from morelli.studies.recipe import SEARCH_SEEDS, Row, StudyRecipe
from morelli.training.named_recipes import RECIPES, named_or_read, recipe_from

_STUDY_WAY = replace(RECIPES["study"], views=7)

_SLIDES = (
    Row("resnet18", 0.3, 1e-5, 7, 0.6175, 3001.7386),
    Row("resnet18", 0.4, 1e-4, 7, 0.6137, 3251.9733),
    Row("resnet18", 0.4, 1e-3, 7, 0.4818, 3254.4813),
    Row("resnet18", 0.5, 1e-4, 7, 0.568, 4635.1241),
    Row("resnet18", 0.5, 1e-3, 7, 0.4732, 4208.1680),
    Row("resnet50", 0.3, 1e-5, 7, 0.6067, 3208.7387),
    Row("alexnet", 0.3, 1e-5, 7, 0.8604, 3074.4632),
    Row("alexnet", 0.4, 1e-4, 7, 0.7913, 3790.7962),
    Row("alexnet", 0.4, 1e-3, 5, None, 4546.2216),
    Row("alexnet", 0.5, 1e-4, 7, 0.8076, 4612.6680),
    Row("alexnet", 0.5, 1e-3, 7, 0.6330, 4568.5324),
)
"""The rows of the slides: accuracies as printed; seconds as their conclusion has them, else the
means of the printed epochs."""

STUDIES: dict[str, StudyRecipe] = {
    "default": StudyRecipe(),
    "wikiart-four-slides": StudyRecipe(rows=_SLIDES, base=_STUDY_WAY),
    "wikiart-four-grid": StudyRecipe(
        backbones=("resnet18", "resnet50", "alexnet"),
        dropout=(0.3, 0.4, 0.5),
        lr=(1e-5, 1e-4, 1e-3),
        base=replace(_STUDY_WAY, views=0),
    ),
}
"""The study recipes that have a name; they run on any collection."""


def study_from(settings: Mapping[str, object], base: StudyRecipe | None = None) -> StudyRecipe:
    """Make a study's recipe from settings by name, the rest as in `base`.

    A setting of a run's recipe goes into the table `recipe`. Where a search is asked for and no
    seeds are named, each trial has `SEARCH_SEEDS`.

    Raises:
        UnknownName: If a setting does not exist; it names the nearest.
        UserError: If a value is impossible, or the grid is empty.
    """
    base = base or StudyRecipe()
    if settings.get("search") == "tpe" and base.search != "tpe":
        networks = tuple(dict.fromkeys(setting.backbone for setting in base.settings()))
        base = replace(base, search="tpe", seeds=SEARCH_SEEDS, rows=(), backbones=networks)
    known = [field.name for field in fields(StudyRecipe) if field.name != "base"]
    check_known("study key", settings, [*known, "recipe"])
    inner = settings.get("recipe", {})
    if not isinstance(inner, Mapping):
        raise UserError(f"recipe is {inner!r}; it must be a table: [recipe]")
    changed = _changed(settings, inner, base)
    _check_used(settings, base)
    recipe = replace(base, **changed, base=recipe_from(inner, base.base))
    unused = sorted(set(inner) & recipe.varied - {"epochs"})
    if unused:
        raise UserError(f"{unused[0]} of [recipe] stands for nothing here: each trial has its own")
    return recipe


def _changed(
    settings: Mapping[str, object], inner: Mapping[str, Any], base: StudyRecipe
) -> dict[str, Any]:
    """Return the fields of a study's recipe that settings change, but for its base."""
    changed: dict[str, Any] = {
        name: _several(name, value) if name in _SEVERAL else value
        for name, value in settings.items()
        if name != "recipe"
    }
    if "rows" in changed:
        changed["rows"] = tuple(map(_row, changed["rows"]))
    elif {"backbones", "dropout", "lr"} & set(changed) and base.rows:
        changed["rows"] = ()  # who names a grid does not want the rows
    elif "epochs" in inner:
        changed["rows"] = tuple(replace(row, epochs=inner["epochs"]) for row in base.rows)
    return changed


_SEVERAL = ("backbones", "dropout", "lr", "rows")
"""Settings that are lists."""


def _several(name: str, value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise UserError(f"{name} is {value!r}; it must be a list")
    return tuple(value)


def _row(value: object) -> Row:
    if isinstance(value, Row):
        return value
    if not isinstance(value, Mapping):
        raise UserError(f"a row is {value!r}; it must be a table: [[rows]]")
    check_known("row key", value, [field.name for field in fields(Row)])
    try:
        return Row(**value)
    except TypeError as error:
        raise UserError(f"a row lacks {str(error).rpartition(':')[2].strip()}") from None


def _check_used(settings: Mapping[str, object], base: StudyRecipe) -> None:
    """Refuse settings that would be passed over without a word."""
    search = settings.get("search", base.search)
    drawn = sorted({"dropout", "lr"} & set(settings))
    if search == "tpe" and drawn:
        raise UserError(f"a search draws {drawn[0]} itself; leave it out, or search a grid")
    if search == "grid" and type(settings.get("trials")) is int:
        raise UserError("trials is a number for a search; add --search tpe, or leave it out")


def read_study_recipe(name: str | Path) -> StudyRecipe:
    """Read a study's recipe: one of the named ones, or a TOML file.

    Raises:
        UserError: If there is none of that name, or it is no recipe.
    """
    return named_or_read(name, STUDIES, "study recipe", study_from)
