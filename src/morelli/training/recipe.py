"""The recipe of a run: every setting that decides its numbers, the same words everywhere."""

import math
from dataclasses import asdict, dataclass
from typing import get_type_hints

from morelli.data.tasks import TASKS
from morelli.errors import UserError
from morelli.features.backbones import BACKBONES, NUMBER_FORMATS, find_backbones
from morelli.settings import (
    ONE_OR_MORE,
    SEED,
    SHARE,
    ZERO_OR_MORE,
    Allowed,
    check_settings,
    documented,
    setting,
)

AUGMENTS = ("capture", "study")
"""How random views of training works are drawn."""

SPLIT_WAYS = ("random", "grouped")
"""How works are dealt to train, val and test: each by itself, or copies and series together."""

SERIES = ("strict", "middle", "loose")
"""How alike works of one series are."""


@documented
@dataclass(frozen=True)
class Recipe:
    """How a classifier is made from a collection. The defaults are Morelli's own recipe."""

    task: str = setting(
        "",
        "The label column: artist, genre or style; by default the collection's.",
        panel="collection",
        metavar="TASK",
        choices=TASKS,
    )
    backbone: str = setting(
        "resnet18",
        f"The network whose features are used, or several, joined by plus signs: "
        f"{', '.join(BACKBONES)}.",
        panel="network",
        metavar="NAME",
    )
    weights: str = setting(
        "",
        "A safetensors file or a folder of them, or 'random'; else MORELLI_WEIGHTS, else "
        "torchvision's own.",
        panel="network",
        metavar="PATH",
    )
    augment: str = setting(
        "capture",
        "How random views are drawn: capture, as photographs of one work differ, or study, as the "
        "study did.",
        panel="views",
        metavar="NAME",
        choices=AUGMENTS,
    )
    views: int = setting(
        4,
        "Random views of each training work, one an epoch in turn; 0 trains on the fixed "
        "preprocessing.",
        panel="views",
        metavar="N",
        allowed=ZERO_OR_MORE,
    )
    plain: float = setting(
        0.5,
        "Share of the works that each view leaves as the fixed preprocessing has them, every work "
        "in its turn.",
        panel="views",
        metavar="SHARE",
        allowed=SHARE,
    )
    view_seed: int = setting(0, "Draws the views.", panel="views", metavar="N", allowed=SEED)
    standardise: bool = setting(
        True,
        "Bring features to mean 0 and standard deviation 1 over the training works.",
        panel="head",
        option="--standardise/--raw",
    )
    heads: int = setting(
        4,
        "Heads, trained by seeds from the seed on, that answer together by the mean of their "
        "probabilities.",
        panel="head",
        metavar="N",
        allowed=ONE_OR_MORE,
    )
    hidden: int = setting(
        1024,
        "Width of the head's hidden layer.",
        panel="head",
        metavar="N",
        allowed=ONE_OR_MORE,
    )
    dropout: float = setting(
        0.5,
        "Probability with which a hidden value is dropped in training.",
        panel="head",
        metavar="SHARE",
        allowed=SHARE,
    )
    lr: float = setting(
        5e-4,
        "Learning rate of Adam.",
        panel="training",
        metavar="RATE",
        allowed=Allowed(lambda rate: 0 < rate < 10, "above 0 and below 10"),
    )
    weight_decay: float = setting(
        0.0,
        "Decoupled weight decay (Loshchilov and Hutter 2019); 0 is plain Adam.",
        panel="training",
        metavar="RATE",
        allowed=Allowed(lambda rate: 0 <= rate < math.inf, "0 or more, and finite"),
    )
    label_smoothing: float = setting(
        0.1,
        "Share of the target spread over all classes (Szegedy et al. 2016).",
        panel="training",
        metavar="SHARE",
        allowed=SHARE,
    )
    batch: int = setting(
        128, "Works in a training batch.", panel="training", metavar="N", allowed=ONE_OR_MORE
    )
    epochs: int = setting(40, "Most epochs.", panel="training", metavar="N", allowed=ONE_OR_MORE)
    patience: int = setting(
        10,
        "Stop after this many epochs without a better one on val; 0 never stops early.",
        panel="training",
        metavar="N",
        allowed=ZERO_OR_MORE,
    )
    calibrate: bool = setting(
        True,
        "Fit a temperature on val, so that probabilities mean what they say.",
        panel="training",
        option="--calibrate/--uncalibrated",
    )
    seed: int = setting(
        0, "Draws weights, dropout and order.", panel="training", metavar="N", allowed=SEED
    )
    split_seed: int = setting(0, "Draws the split.", panel="split", metavar="N", allowed=SEED)
    split: str = setting(
        "random",
        "random, or grouped: copies of one work and works of one series stay on one side.",
        panel="split",
        metavar="NAME",
        choices=SPLIT_WAYS,
    )
    series: str = setting(
        "middle",
        "How alike works of one series are, for a grouped split: strict, middle or loose.",
        panel="split",
        metavar="NAME",
        choices=SERIES,
    )
    counts: tuple[int, ...] = setting(
        (),
        "Works in train, val and test; by default the study's 60/20/20 percent.",
        panel="split",
        metavar="TRAIN/VAL/TEST",
        example="5000/1667/1667",
    )
    split_by: str = setting(
        "",
        "A column whose equal values stay on one side of the split.",
        panel="split",
        metavar="COLUMN",
    )
    number_format: str = setting(
        "auto",
        "auto, float32 or bfloat16, for the frozen backbone.",
        panel="network",
        metavar="NAME",
        choices=NUMBER_FORMATS,
    )

    def __post_init__(self) -> None:
        _check_types(self)
        find_backbones(self.backbone)
        check_settings(self)
        if len(self.counts) not in (0, 3) or any(count < 0 for count in self.counts):
            raise UserError(f"counts is {self.counts}; it must be three numbers: train, val, test")

    def as_dict(self) -> dict[str, object]:
        """Return the settings as TOML and JSON can hold them."""
        return {**asdict(self), "counts": list(self.counts)}


def _check_types(recipe: Recipe) -> None:
    for name, wanted in get_type_hints(Recipe).items():
        value = getattr(recipe, name)
        if name == "counts":
            fine = all(type(count) is int for count in value)
        elif wanted is float:
            fine = type(value) in (int, float)
        else:
            fine = type(value) is wanted
        if not fine:
            kind = "three whole numbers" if name == "counts" else wanted.__name__
            raise UserError(f"{name} is {value!r}; it must be of the kind {kind}")
