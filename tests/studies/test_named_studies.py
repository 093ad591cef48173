"""Recipes of studies: the named ones, what settings and files make, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import tomli_w

from morelli.errors import UnknownName, UserError
from morelli.studies.named_studies import STUDIES, read_study_recipe, study_from
from morelli.studies.recipe import SEARCH_SEEDS, StudyRecipe

SLIDES = {
    ("resnet18", 0.3, 1e-5, 7): 0.6175,
    ("resnet18", 0.4, 1e-4, 7): 0.6137,
    ("resnet18", 0.4, 1e-3, 7): 0.4818,
    ("resnet18", 0.5, 1e-4, 7): 0.568,
    ("resnet18", 0.5, 1e-3, 7): 0.4732,
    ("resnet50", 0.3, 1e-5, 7): 0.6067,
    ("alexnet", 0.3, 1e-5, 7): 0.8604,
    ("alexnet", 0.4, 1e-4, 7): 0.7913,
    ("alexnet", 0.4, 1e-3, 5): None,
    ("alexnet", 0.5, 1e-4, 7): 0.8076,
    ("alexnet", 0.5, 1e-3, 7): 0.6330,
}
"""The slides' table: network, dropout, learning rate and epochs; the test accuracy they print."""

SECONDS = {"resnet18": 3002, "resnet50": 3209, "alexnet": 3074}
"""Seconds an epoch that the slides' conclusion has for the best setting of each network."""


def test_the_slides_recipe_has_exactly_the_rows_of_the_slides() -> None:
    rows = STUDIES["wikiart-four-slides"].rows

    assert {
        (row.backbone, row.dropout, row.lr, row.epochs): row.published for row in rows
    } == SLIDES
    assert len(rows) == len(SLIDES)
    best = {row.backbone: row.published_seconds for row in rows if row.lr == 1e-5}
    assert {name: round(seconds or 0) for name, seconds in best.items()} == SECONDS


def test_the_grid_recipe_is_every_combination_of_the_slides_values() -> None:
    settings = STUDIES["wikiart-four-grid"].settings()
    tried = [(setting.backbone, setting.dropout, setting.lr) for setting in settings]

    assert len(tried) == len(set(tried)) == 27
    for number in range(3):
        assert len({values[number] for values in tried}) == 3
    assert {key[:3] for key in SLIDES} <= set(tried)


@pytest.mark.parametrize(("name", "views"), [("wikiart-four-slides", 7), ("wikiart-four-grid", 0)])
def test_named_recipes_train_as_the_study_did(name: str, views: int) -> None:
    for setting in STUDIES[name].settings():
        assert setting.views == views
        assert (setting.batch, setting.hidden, setting.patience) == (32, 256, 0)
        assert (setting.weight_decay, setting.label_smoothing, setting.standardise) == (
            0.0,
            0.0,
            False,
        )
        assert setting.epochs in (5, 7)
    assert STUDIES[name].seeds == 1


def test_the_default_is_a_grid_of_one_network() -> None:
    assert STUDIES["default"] == StudyRecipe()
    assert {setting.backbone for setting in StudyRecipe().settings()} == {"resnet18"}
    assert len(StudyRecipe().settings()) == 9


@pytest.mark.parametrize("name", STUDIES)
def test_a_named_recipe_is_the_same_after_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(tomli_w.dumps(STUDIES[name].as_dict()), encoding="utf-8")

    read = read_study_recipe(tmp_path / "study.toml")

    assert read.settings() == STUDIES[name].settings()
    assert read.as_dict() == STUDIES[name].as_dict()


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("backbone = 'alexnet'", "unknown study key 'backbone'; did you mean backbones"),
        ("base = {}", "unknown study key 'base'"),
        ("[recipe]\ndrop_out = 0.5", "unknown recipe key 'drop_out'; did you mean dropout"),
        ("[recipe]\nseeds = 2", "unknown recipe key 'seeds'; did you mean seed"),
        (
            "[[rows]]\nbackbone = 'alexnet'\ndropout = 0.3\nlr = 0.1\nepoch = 3",
            "unknown row key 'epoch'; did you mean epochs",
        ),
        ("search = 'gird'", "unknown search 'gird'; did you mean grid"),
        ("backbones = ['resnet19']", "unknown backbone 'resnet19'; did you mean resnet18"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    text: str, refusal: str, tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")

    with pytest.raises(UnknownName, match=refusal):
        read_study_recipe(tmp_path / "study.toml")


ROW = {"backbone": "alexnet", "dropout": 0.3, "lr": 1e-3, "epochs": 2}


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"dropout": []}, "the grid is empty: dropout names no value"),
        ({"backbones": []}, "the grid is empty: backbones names no value"),
        ({"lr": []}, "the grid is empty: lr names no value"),
        ({"search": "tpe", "backbones": []}, "backbones names no value"),
        ({"dropout": [0.3, 0.5, 0.3]}, "dropout names 0.3 twice"),
        ({"lr": [1, 1.0]}, "lr names 1.* twice"),
        ({"backbones": ["alexnet"] * 2}, "backbones names alexnet twice"),
        ({"dropout": 0.3}, "dropout is 0.3; it must be a list"),
        ({"backbones": "alexnet"}, "backbones is 'alexnet'; it must be a list"),
        ({"dropout": [0.3, 1.0]}, "dropout is 1.0; it must be at least 0 and below 1"),
        ({"dropout": [float("nan")]}, "dropout is nan; it must be at least 0 and below 1"),
        ({"dropout": [True]}, "dropout is True; it must be of the kind float"),
        ({"dropout": ["0.3"]}, "dropout is '0.3'; it must be of the kind float"),
        ({"dropout": [[0.3]]}, r"dropout is \[0.3\]; it must be of the kind float"),
        ({"backbones": [{}]}, "backbone is {}; it must be of the kind str"),
        ({"lr": [0.1, 0]}, "lr is 0; it must be above 0"),
        ({"lr": [float("inf")]}, "lr is inf; it must be above 0"),
        ({"seeds": 0}, "seeds is 0; it must be 1 or more"),
        ({"seeds": 1.0}, "seeds is 1.0; it must be 1 or more"),
        ({"seeds": True}, "seeds is True; it must be 1 or more"),
        ({"trials": "9"}, "trials is '9'; it must be 1 or more"),
        ({"search": 5}, "search is 5; it must be grid or tpe"),
        ({"search": ["tpe"]}, r"search is \['tpe'\]; it must be grid or tpe"),
        ({"recipe": 3}, "recipe is 3; it must be a table"),
        ({"recipe": {"epochs": 0}}, "epochs is 0; it must be 1 or more"),
        ({"rows": {}}, "rows is {}; it must be a list"),
        ({"rows": ["alexnet"]}, "a row is 'alexnet'; it must be a table"),
        ({"rows": [{"backbone": "alexnet"}]}, "a row lacks 'dropout', 'lr', and 'epochs'"),
        ({"rows": [ROW | {"epochs": 0}]}, "epochs is 0; it must be 1 or more"),
        ({"rows": [ROW | {"epochs": 1.5}]}, "epochs is 1.5; it must be of the kind int"),
        ({"rows": [ROW | {"lr": -1}]}, "lr is -1; it must be above 0"),
        ({"rows": [ROW | {"published": "high"}]}, "published is 'high'; it must be a number"),
        ({"rows": [ROW | {"published_seconds": []}]}, "published_seconds is .*; it must be a num"),
        ({"rows": [ROW], "search": "tpe"}, "a recipe that lists its rows cannot be searched"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(wrong: dict[str, Any], refusal: str) -> None:
    with pytest.raises(UserError, match=refusal) as refused:
        study_from(wrong)

    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("dropout = [", encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes(b"search = '\xe9'")

    with pytest.raises(UserError, match=r"no study recipe defalt; the named ones are default, "):
        read_study_recipe("defalt")
    for name in ("study", "latin"):
        with pytest.raises(UserError, match=rf"{name}\.toml is no TOML file: "):
            read_study_recipe(tmp_path / f"{name}.toml")
    with pytest.raises(UserError, match="there is no study recipe"):
        read_study_recipe(tmp_path)


def test_who_names_a_grid_does_not_want_the_rows() -> None:
    changed = study_from({"backbones": ["resnet50"]}, STUDIES["wikiart-four-slides"])

    assert changed.rows == ()
    assert {setting.backbone for setting in changed.settings()} == {"resnet50"}
    assert all(setting.views == 7 for setting in changed.settings())


def test_rows_stay_where_other_things_are_changed() -> None:
    slides = STUDIES["wikiart-four-slides"]

    changed = study_from({"seeds": 3, "recipe": {"views": 1, "weights": "random"}}, slides)

    assert changed.rows == slides.rows
    assert changed.seeds == 3
    assert all((setting.views, setting.weights) == (1, "random") for setting in changed.settings())


def test_other_epochs_are_those_of_every_row() -> None:
    changed = study_from({"recipe": {"epochs": 2}}, STUDIES["wikiart-four-slides"])

    assert [setting.epochs for setting in changed.settings()] == [2] * len(SLIDES)
    assert [row.published for row in changed.rows] == list(SLIDES.values())


def test_a_search_of_a_recipes_networks_has_several_heads_unless_one_is_named() -> None:
    slides = STUDIES["wikiart-four-slides"]

    searched = study_from({"search": "tpe"}, slides)

    assert (searched.rows, searched.seeds) == ((), SEARCH_SEEDS)
    assert searched.backbones == ("resnet18", "resnet50", "alexnet")
    assert study_from({"search": "tpe", "seeds": 1}, slides).seeds == 1
    assert study_from({"trials": 5}, searched).seeds == SEARCH_SEEDS
