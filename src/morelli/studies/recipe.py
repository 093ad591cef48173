"""The recipe of a study: which networks and settings are compared, the same words everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from morelli.errors import UserError
from morelli.features.backbones import BACKBONES
from morelli.settings import check_known, check_settings, documented, setting
from morelli.training.recipe import Recipe
from morelli.training.recipes import RECIPES, named_or_read, recipe_from

SEARCHES = ("grid", "tpe")
"""How settings are chosen to be tried: all of them, or the likeliest to be better one by one."""

SEARCH_SEEDS = 3
"""Heads of each trial where a search is asked for and nothing is said: of one, the best of many
trials is mostly luck."""


@dataclass(frozen=True)
class Row:
    """One setting of a study that lists its rows.

    Attributes:
        backbone: The network.
        dropout: Share of hidden values dropped.
        lr: Learning rate.
        epochs: Most epochs.
        published: Test accuracy that somebody published for it; None where none is known.
        published_seconds: Mean seconds an epoch that were published.
    """

    backbone: str
    dropout: float
    lr: float
    epochs: int
    published: float | None = None
    published_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("published", "published_seconds"):
            value = getattr(self, name)
            if value is not None and type(value) not in (int, float):
                raise UserError(f"{name} is {value!r}; it must be a number")


@documented
@dataclass(frozen=True)
class StudyRecipe:
    """Which networks and settings are compared on one collection and split."""

    backbones: tuple[str, ...] = setting(
        ("resnet18",),
        f"The networks: {', '.join(BACKBONES)}.",
        panel="grid",
        metavar="NAME,...",
        example="resnet18,alexnet",
    )
    dropout: tuple[float, ...] = setting(
        (0.3, 0.5, 0.7),
        "Shares of hidden values dropped, for the grid.",
        panel="grid",
        metavar="SHARE,...",
        example="0.3,0.5",
    )
    lr: tuple[float, ...] = setting(
        (3e-4, 1e-3, 3e-3),
        "Learning rates, for the grid.",
        panel="grid",
        metavar="RATE,...",
        example="1e-4,1e-3",
    )
    seeds: int = setting(
        1,
        f"Heads trained for each setting, by seeds from the recipe's on; a search has "
        f"{SEARCH_SEEDS}.",
        panel="grid",
        metavar="N",
    )
    search: str = setting(
        "grid",
        "grid tries every combination; tpe (Bergstra et al. 2011) searches dropout, learning rate, "
        "hidden width, weight decay and label smoothing.",
        panel="grid",
        metavar="NAME",
        choices=SEARCHES,
    )
    trials: int = setting(100, "Settings that a search tries.", panel="grid", metavar="N")
    rows: tuple[Row, ...] = setting(
        (), "Settings in place of a grid, each of which is tested; empty for a grid or search."
    )
    base: Recipe = setting(  # noqa: RUF009  # a recipe is frozen, like every default here
        RECIPES["plain"],
        "All that is not varied, as in a run's recipe; what is varied has its default there, and "
        "heads is 1, since seeds gives a setting several.",
    )

    def __post_init__(self) -> None:
        if not isinstance(self.search, str):
            raise UserError(f"search is {self.search!r}; it must be {' or '.join(SEARCHES)}")
        check_settings(self)
        for name in ("seeds", "trials"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise UserError(f"{name} is {value!r}; it must be 1 or more")
        if self.rows and self.search == "tpe":
            raise UserError("a recipe that lists its rows cannot be searched; leave out search")
        for name in ("backbones", "dropout", "lr"):
            values = getattr(self, name)
            if not values and not self.rows:
                raise UserError(f"the grid is empty: {name} names no value")
            twice = [value for value in values if values.count(value) > 1]
            if twice:
                raise UserError(f"{name} names {twice[0]} twice")
        plain = {name: getattr(RECIPES["plain"], name) for name in self._varied}
        object.__setattr__(self, "base", replace(self.base, **plain))  # so that equals are equal
        self.settings()  # every combination is checked now, not when its turn comes

    def settings(self) -> list[Recipe]:
        """Return the recipe of each setting by its trial's number; a search has one a network."""
        if self.rows:
            return [
                self._setting(row.backbone, row.dropout, row.lr, row.epochs) for row in self.rows
            ]
        if self.search == "tpe":
            return [replace(self.base, backbone=backbone) for backbone in self.backbones]
        return [self._setting(*each) for each in product(self.backbones, self.dropout, self.lr)]

    def _setting(
        self, backbone: str, dropout: float, lr: float, epochs: int | None = None
    ) -> Recipe:
        changed: dict[str, Any] = {"backbone": backbone, "dropout": dropout, "lr": lr}
        return recipe_from(changed | ({} if epochs is None else {"epochs": epochs}), self.base)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as TOML and JSON can hold them; what they do not use is left out."""
        said: dict[str, Any] = {"seeds": self.seeds}
        if self.rows:
            said["rows"] = [_without_none(vars(row)) for row in self.rows]
        elif self.search == "tpe":
            said |= {"backbones": list(self.backbones), "search": "tpe", "trials": self.trials}
        else:
            varied = ("backbones", "dropout", "lr")
            said |= {name: list(getattr(self, name)) for name in varied}
        rest = self.base.as_dict()
        return said | {"recipe": {k: v for k, v in rest.items() if k not in self._varied}}

    @property
    def _varied(self) -> frozenset[str]:
        """The settings of the base that stand for nothing, since each trial has its own."""
        each = {"backbone", "dropout", "lr", "heads"}
        if self.rows:
            each.add("epochs")
        if self.search == "tpe":
            each |= {"hidden", "weight_decay", "label_smoothing"}
        return frozenset(each)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


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


def study_from(settings: Mapping[str, Any], base: StudyRecipe | None = None) -> StudyRecipe:
    """Make a study's recipe from settings by name, the rest as in `base`.

    A setting of a run's recipe goes into the table `recipe`. Where a search is asked for and no
    seeds are named, each trial has `SEARCH_SEEDS`.

    Raises:
        UnknownName: If a setting does not exist; it names the nearest.
        UserError: If a value is impossible, or the grid is empty.
    """
    base = base or StudyRecipe()
    if settings.get("search") == "tpe" and base.search != "tpe":
        networks = tuple(dict.fromkeys(each.backbone for each in base.settings()))
        base = replace(base, search="tpe", seeds=SEARCH_SEEDS, rows=(), backbones=networks)
    known = [each.name for each in fields(StudyRecipe) if each.name != "base"] + ["recipe"]
    check_known("study key", settings, known)
    changed = dict(settings)
    inner = changed.pop("recipe", {})
    if not isinstance(inner, Mapping):
        raise UserError(f"recipe is {inner!r}; it must be a table: [recipe]")
    for name in ("backbones", "dropout", "lr", "rows"):
        if name in changed:
            changed[name] = tuple(_as_list(name, changed[name]))
    if "rows" in changed:
        changed["rows"] = tuple(_row(each) for each in changed["rows"])
    elif {"backbones", "dropout", "lr"} & set(changed) and base.rows:
        changed["rows"] = ()  # who names a grid does not want the rows
    elif "epochs" in inner:
        changed["rows"] = tuple(replace(row, epochs=inner["epochs"]) for row in base.rows)
    _check_used(settings, base, inner)
    made = replace(base, **changed, base=recipe_from(inner, base.base))
    unused = sorted(set(inner) & made._varied - {"epochs"})
    if unused:
        raise UserError(f"{unused[0]} of [recipe] stands for nothing here: each trial has its own")
    return made


def _check_used(settings: Mapping[str, Any], base: StudyRecipe, inner: Mapping[str, Any]) -> None:
    """Refuse settings that would be passed over without a word."""
    search = settings.get("search", base.search)
    drawn = sorted({"dropout", "lr"} & set(settings))
    if search == "tpe" and drawn:
        raise UserError(f"a search draws {drawn[0]} itself; leave it out, or search a grid")
    if search == "grid" and type(settings.get("trials")) is int:
        raise UserError("trials is a number for a search; add --search tpe, or leave it out")


def _as_list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise UserError(f"{name} is {value!r}; it must be a list")
    return list(value)


def _row(given: Any) -> Row:
    if isinstance(given, Row):
        return given
    if not isinstance(given, Mapping):
        raise UserError(f"a row is {given!r}; it must be a table: [[rows]]")
    check_known("row key", given, [each.name for each in fields(Row)])
    try:
        return Row(**given)
    except TypeError as error:
        raise UserError(f"a row lacks {str(error).rpartition(':')[2].strip()}") from None


def read_study_recipe(given: str | Path) -> StudyRecipe:
    """Read a study's recipe: one of the named ones, or a TOML file.

    Raises:
        UserError: If there is none of that name, or it is no recipe.
    """
    return named_or_read(given, STUDIES, "study recipe", study_from)
