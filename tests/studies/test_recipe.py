"""The recipe of a study: its settings, numbered; the same after TOML, and no more than is used."""

import tomllib
from dataclasses import asdict, replace

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from morelli.studies.named_studies import study_from
from morelli.studies.recipe import Row, StudyRecipe
from morelli.training.named_recipes import RECIPES, recipe_from
from morelli.training.recipe import Recipe


def test_settings_are_numbered_as_in_the_table() -> None:
    recipe = StudyRecipe(backbones=("alexnet", "resnet18"), dropout=(0.5, 0.1), lr=(1e-3,))

    assert [(setting.backbone, setting.dropout) for setting in recipe.settings()] == [
        ("alexnet", 0.5),
        ("alexnet", 0.1),
        ("resnet18", 0.5),
        ("resnet18", 0.1),
    ]


def test_all_that_is_not_varied_is_the_bases() -> None:
    base = Recipe(views=2, heads=1, hidden=32, split_seed=4, split_by="series", weights="random")

    for setting in StudyRecipe(base=base).settings():
        assert replace(setting, dropout=base.dropout, lr=base.lr) == base


networks = st.lists(st.sampled_from(["resnet18", "alexnet", "vit_b_16"]), min_size=1, unique=True)
dropouts = st.floats(0, 0.99)
rates = st.floats(1e-9, 9.9)
rows = st.builds(
    Row,
    st.sampled_from(["resnet18", "alexnet"]),
    dropouts,
    rates,
    st.integers(1, 99),
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 1e6),
)
bases = st.builds(
    Recipe,
    task=st.sampled_from(["", "artist", "genre"]),
    weights=st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    seed=st.integers(0, 2**63 - 1),
    weight_decay=st.floats(0, 1e9),
    standardise=st.booleans(),
    counts=st.sampled_from([(), (9, 3, 3)]),
)
recipes = st.one_of(
    st.builds(
        StudyRecipe,
        backbones=networks.map(tuple),
        dropout=st.lists(dropouts, min_size=1, max_size=4, unique=True).map(tuple),
        lr=st.lists(rates, min_size=1, max_size=4, unique=True).map(tuple),
        seeds=st.integers(1, 9),
        base=bases,
    ),
    st.builds(
        StudyRecipe,
        backbones=networks.map(tuple),
        search=st.just("tpe"),
        trials=st.integers(1, 999),
        seeds=st.integers(1, 9),
        base=bases,
    ),
    st.builds(
        StudyRecipe,
        rows=st.lists(rows, min_size=1, max_size=4).map(tuple),
        seeds=st.integers(1, 9),
        base=bases,
    ),
)


@given(recipes)
@settings(max_examples=80)
def test_a_recipe_of_any_kind_is_the_same_after_toml(recipe: StudyRecipe) -> None:
    assert study_from(tomllib.loads(tomli_w.dumps(recipe.as_dict()))) == recipe


def test_a_study_says_nothing_of_what_it_does_not_use() -> None:
    assert set(StudyRecipe().as_dict()) == {"seeds", "backbones", "dropout", "lr", "recipe"}
    searched = StudyRecipe(search="tpe").as_dict()
    assert set(searched) == {"seeds", "backbones", "search", "trials", "recipe"}
    listed = StudyRecipe(rows=(Row("alexnet", 0.1, 0.1, 1),)).as_dict()
    assert set(listed) == {"seeds", "rows", "recipe"}
    assert listed["rows"] == [{"backbone": "alexnet", "dropout": 0.1, "lr": 0.1, "epochs": 1}]
    assert recipe_from(listed["recipe"], RECIPES["plain"]) == RECIPES["plain"]
    assert asdict(StudyRecipe())["base"] == asdict(RECIPES["plain"])
