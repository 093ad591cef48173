"""The recipe of a run: every setting that decides its numbers, the same words everywhere."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from morelli.data.aside import read_toml
from morelli.data.collection import TASKS
from morelli.errors import UserError, unknown_name
from morelli.features.backbones import find_backbones
from morelli.features.extractor import NUMBER_FORMATS

T = TypeVar("T")

AUGMENTS = ("capture", "study")
"""How random views of training works are drawn."""

SPLIT_WAYS = ("random", "grouped")
"""How works are dealt to train, val and test: each by itself, or copies and series together."""

SERIES = ("strict", "middle", "loose")
"""How alike works of one series are."""


@dataclass(frozen=True)
class Recipe:
    """How a classifier is made from a collection. The defaults are Morelli's own recipe.

    Attributes:
        task: The label column; empty takes the collection's default.
        backbone: The network whose features are used.
        weights: A safetensors file or folder, or "random"; empty looks for torchvision's.
        augment: How random views are drawn: "capture" as photographs of one work differ, "study"
            as the study did.
        views: Random views of each training work; 0 trains on the fixed preprocessing. Epoch e
            trains on view e modulo `views`.
        plain: Share of the works that are as the fixed preprocessing has them in each view, every
            work in its turn.
        view_seed: Draws the views.
        standardise: Whether features are brought to mean 0 and standard deviation 1 over the
            training works.
        heads: Heads that are trained by seeds from `seed` on and answer together, by the mean of
            their probabilities.
        hidden: Width of the head's hidden layer.
        dropout: Probability with which a hidden value is dropped in training.
        lr: Learning rate of Adam.
        weight_decay: Decoupled weight decay (Loshchilov and Hutter 2019); 0 is plain Adam.
        label_smoothing: Share of the target spread over all classes (Szegedy et al. 2016).
        batch: Works in a training batch.
        epochs: Most epochs.
        patience: Stop after this many epochs without a better one on val; 0 never stops early.
        calibrate: Whether a temperature is fitted on val, so that probabilities mean what they say.
        seed: Draws weights, dropout and order.
        split_seed: Draws the split.
        split: "random", or "grouped": copies of one work and works of one series stay on one
            side.
        series: How alike works of one series are, for a grouped split: strict, middle or loose.
        counts: Works in train, val and test; empty is the study's 60/20/20.
        split_by: A column whose equal values stay on one side of the split; empty for none.
        number_format: "auto", "float32" or "bfloat16", for the frozen backbone.
    """

    task: str = ""
    backbone: str = "resnet18"
    weights: str = ""
    augment: str = "capture"
    views: int = 4
    plain: float = 0.5
    view_seed: int = 0
    standardise: bool = True
    heads: int = 4
    hidden: int = 1024
    dropout: float = 0.5
    lr: float = 5e-4
    weight_decay: float = 0.0
    label_smoothing: float = 0.1
    batch: int = 128
    epochs: int = 40
    patience: int = 10
    calibrate: bool = True
    seed: int = 0
    split_seed: int = 0
    split: str = "random"
    series: str = "middle"
    counts: tuple[int, ...] = ()
    split_by: str = ""
    number_format: str = "auto"

    def __post_init__(self) -> None:
        _check_types(self)
        find_backbones(self.backbone)
        if self.task and self.task not in TASKS:
            raise unknown_name("task", self.task, TASKS)
        if self.augment not in AUGMENTS:
            raise unknown_name("augmentation", self.augment, AUGMENTS)
        if self.split not in SPLIT_WAYS:
            raise unknown_name("split", self.split, SPLIT_WAYS)
        if self.series not in SERIES:
            raise unknown_name("series", self.series, SERIES)
        if self.number_format not in NUMBER_FORMATS:
            raise unknown_name("number format", self.number_format, NUMBER_FORMATS)
        for name in ("heads", "hidden", "batch", "epochs"):
            _check(self, name, getattr(self, name) >= 1, "1 or more")
        for name in ("views", "patience"):
            _check(self, name, getattr(self, name) >= 0, "0 or more")
        for name in ("seed", "split_seed", "view_seed"):
            _check(self, name, 0 <= getattr(self, name) < 2**63, "at least 0 and below 2 ** 63")
        _check(self, "weight_decay", 0 <= self.weight_decay < math.inf, "0 or more, and finite")
        for name in ("dropout", "label_smoothing", "plain"):
            _check(self, name, 0 <= getattr(self, name) < 1, "at least 0 and below 1")
        _check(self, "lr", 0 < self.lr < 10, "above 0 and below 10")
        _check(self, "counts", len(self.counts) in (0, 3), "three numbers: train, val, test")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as TOML and JSON can hold them."""
        return asdict(self) | {"counts": list(self.counts)}


def _check(recipe: Recipe, name: str, fine: bool, allowed: str) -> None:
    if not fine:
        raise UserError(f"{name} is {getattr(recipe, name)}; it must be {allowed}")


def _check_types(recipe: Recipe) -> None:
    for name, wanted in get_type_hints(Recipe).items():
        value = getattr(recipe, name)
        if name == "counts":
            fine = all(type(each) is int for each in value)
        elif wanted is float:
            fine = type(value) in (int, float)
        else:
            fine = type(value) is wanted
        if not fine:
            kind = "three whole numbers" if name == "counts" else wanted.__name__
            raise UserError(f"{name} is {value!r}; it must be of the kind {kind}")


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


def recipe_from(settings: Mapping[str, Any], base: Recipe | None = None) -> Recipe:
    """Make a recipe from settings by name, the rest as in `base`.

    Raises:
        UnknownName: If a setting does not exist; it names the nearest.
        UserError: If a value is impossible.
    """
    check_known("recipe key", settings, [field.name for field in fields(Recipe)])
    changed = dict(settings)
    if "counts" in changed:
        changed["counts"] = tuple(_as_list(changed["counts"]))
    return Recipe(**(asdict(base or Recipe()) | changed))


def _as_list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise UserError(f"counts is {value!r}; it must be three numbers: train, val, test")
    return list(value)


def read_recipe(given: str | Path) -> Recipe:
    """Read a recipe: one of the named ones, or a TOML file.

    Raises:
        UserError: If there is none of that name, or it is no recipe.
    """
    return named_or_read(given, RECIPES, "recipe", recipe_from)


def named_or_read(
    given: str | Path, named: Mapping[str, T], kind: str, made: Callable[[dict[str, Any]], T]
) -> T:
    """Return the entry of a name, or what is made from a TOML file's settings.

    Raises:
        UserError: If there is none of that name and no such file, or the file cannot be read.
    """
    if str(given) in named:
        return named[str(given)]
    path = Path(given)
    if not path.is_file():
        raise UserError(f"there is no {kind} {path}; the named ones are {', '.join(named)}")
    return made(read_toml(path))


def check_known(kind: str, names: Iterable[str], known: Sequence[str]) -> None:
    """Refuse settings that do not exist.

    Raises:
        UnknownName: It names the nearest.
    """
    for name in names:
        if name not in known:
            raise unknown_name(kind, name, known)


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write a recipe as TOML, every setting."""
    import tomli_w

    path.write_text(tomli_w.dumps(recipe.as_dict()), encoding="utf-8", newline="\n")
