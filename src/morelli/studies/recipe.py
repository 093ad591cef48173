"""The recipe of a study: which networks and settings are compared, the same words everywhere."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from morelli.errors import UserError
from morelli.features.backbones import BACKBONES
from morelli.settings import check_settings, documented, setting
from morelli.training.named_recipes import RECIPES, recipe_from
from morelli.training.recipe import Recipe

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
            self._check_values(name)
        plain = {name: getattr(RECIPES["plain"], name) for name in self.varied}
        object.__setattr__(self, "base", replace(self.base, **plain))  # so that equals are equal
        self.settings()  # every combination is checked now, not when its turn comes

    def _check_values(self, name: str) -> None:
        values = getattr(self, name)
        if not values and not self.rows:
            raise UserError(f"the grid is empty: {name} names no value")
        twice = [value for value in values if values.count(value) > 1]
        if twice:
            raise UserError(f"{name} names {twice[0]} twice")

    def settings(self) -> list[Recipe]:
        """Return the recipe of each setting by its trial's number; a search has one a network."""
        if self.rows:
            return [
                self._setting(row.backbone, row.dropout, row.lr, row.epochs) for row in self.rows
            ]
        if self.search == "tpe":
            return [replace(self.base, backbone=backbone) for backbone in self.backbones]
        return [self._setting(*point) for point in product(self.backbones, self.dropout, self.lr)]

    def _setting(
        self, backbone: str, dropout: float, lr: float, epochs: int | None = None
    ) -> Recipe:
        changed = {"backbone": backbone, "dropout": dropout, "lr": lr}
        return recipe_from(changed | ({} if epochs is None else {"epochs": epochs}), self.base)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as TOML and JSON can hold them; what they do not use is left out."""
        own: dict[str, object] = {"seeds": self.seeds}
        if self.rows:
            own["rows"] = [
                {name: value for name, value in vars(row).items() if value is not None}
                for row in self.rows
            ]
        elif self.search == "tpe":
            own |= {"backbones": list(self.backbones), "search": "tpe", "trials": self.trials}
        else:
            own |= {name: list(getattr(self, name)) for name in ("backbones", "dropout", "lr")}
        rest = self.base.as_dict()
        return own | {"recipe": {k: v for k, v in rest.items() if k not in self.varied}}

    @property
    def varied(self) -> frozenset[str]:
        """The settings of the base that stand for nothing, since each trial has its own."""
        names = {"backbone", "dropout", "lr", "heads"}
        if self.rows:
            names.add("epochs")
        if self.search == "tpe":
            names |= {"hidden", "weight_decay", "label_smoothing"}
        return frozenset(names)
