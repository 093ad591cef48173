"""A recipe holds only settings that are possible, and says what would be."""

from pathlib import Path

import pytest

from morelli.errors import UnknownName, UserError
from morelli.training.named_recipes import recipe_from


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [
        ("backbone", "resnet81", "resnet18"),
        ("task", "artits", "artist"),
        ("number_format", "bfloat", "bfloat16"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(key: str, value: str, near: str) -> None:
    with pytest.raises(UnknownName, match=f"{value}.*{near}"):
        recipe_from({key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden", 0),
        ("batch", 0),
        ("epochs", 0),
        ("views", -1),
        ("patience", -1),
        ("seed", -1),
        ("seed", 2**63),
        ("split_seed", 2**64),
        ("weight_decay", -0.1),
        ("weight_decay", float("inf")),
        ("weight_decay", float("nan")),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", float("nan")),
        ("label_smoothing", 1.0),
        ("lr", 0.0),
        ("lr", 10.0),
        ("lr", float("nan")),
        ("counts", [1, 2]),
    ],
)
def test_an_impossible_value_is_refused_with_what_is_allowed(key: str, value: object) -> None:
    with pytest.raises(UserError, match=rf"^{key} is .*; it must be "):
        recipe_from({key: value})


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("lr", "0.1", "float"),
        ("lr", True, "float"),
        ("epochs", 2.0, "int"),
        ("epochs", True, "int"),
        ("standardise", 1, "bool"),
        ("backbone", 18, "str"),
        ("weights", Path("weights"), "str"),
        ("counts", 5, "three numbers"),
        ("counts", "5/1/1", "three numbers"),
        ("counts", [5.0, 1, 1], "three whole numbers"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_the_right_one(
    key: str, value: object, kind: str
) -> None:
    with pytest.raises(UserError, match=rf"^{key} is .*; it must be .*{kind}"):
        recipe_from({key: value})
