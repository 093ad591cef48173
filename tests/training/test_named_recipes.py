"""Recipes by name, from settings, and from and to TOML files."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.data.tasks import TASKS
from morelli.errors import UnknownName, UserError
from morelli.features.backbones import BACKBONES, NUMBER_FORMATS
from morelli.training.named_recipes import RECIPES, read_recipe, recipe_from, write_recipe
from morelli.training.recipe import AUGMENTS, SERIES, SPLIT_WAYS, Recipe

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SHARE = st.floats(0, 1, exclude_max=True)
MANY = st.integers(1, 2**40)
SEED = st.integers(0, 2**63 - 1)
RECIPE = st.builds(
    Recipe,
    task=st.sampled_from(["", *TASKS]),
    backbone=st.sampled_from(list(BACKBONES)),
    weights=TEXT,
    views=st.integers(0, 99),
    standardise=st.booleans(),
    heads=MANY,
    augment=st.sampled_from(AUGMENTS),
    plain=SHARE,
    view_seed=SEED,
    calibrate=st.booleans(),
    series=st.sampled_from(SERIES),
    hidden=MANY,
    dropout=SHARE,
    lr=st.floats(0, 10, exclude_min=True, exclude_max=True) | st.integers(1, 9),
    weight_decay=st.floats(0, 1e300),
    label_smoothing=SHARE,
    batch=MANY,
    epochs=MANY,
    patience=st.integers(0, 99),
    seed=SEED,
    split_seed=SEED,
    split=st.sampled_from(SPLIT_WAYS),
    counts=st.just(()) | st.tuples(MANY, MANY, MANY),
    split_by=TEXT,
    number_format=st.sampled_from(NUMBER_FORMATS),
)


@given(recipe=RECIPE)
def test_a_recipe_comes_back_from_toml_as_it_was(recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.toml"
        write_recipe(path, recipe)

        assert read_recipe(path) == recipe


@given(recipe=RECIPE)
def test_a_recipe_can_be_made_from_its_own_settings(recipe: Recipe) -> None:
    assert recipe_from(recipe.as_dict()) == recipe
    assert recipe_from({}, recipe) == recipe


def test_the_named_recipes_are_the_default_the_plain_one_and_the_studys() -> None:
    study = read_recipe("study")

    assert set(RECIPES) == {"default", "plain", "study"}
    assert read_recipe("default") == Recipe()
    assert Recipe().patience > 0
    assert read_recipe("plain") == Recipe(
        views=0, heads=1, hidden=256, lr=1e-3, epochs=20, patience=5
    )
    assert (study.views, study.epochs, study.batch, study.hidden) == (7, 7, 32, 256)
    assert (study.dropout, study.lr, study.weight_decay, study.patience) == (0.3, 1e-5, 0.0, 0)
    assert not study.standardise


def test_a_file_may_leave_out_what_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("lr = 0.01\ncounts = [5000, 1667, 1667]\n")

    assert read_recipe(path) == Recipe(lr=0.01, counts=(5000, 1667, 1667))


def test_an_unknown_key_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("drop_out = 0.2\n")

    with pytest.raises(UnknownName, match="unknown recipe key 'drop_out'; did you mean dropout"):
        read_recipe(path)


def test_a_recipe_that_is_not_there_is_answered_with_the_named_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the named ones are default, plain, study"):
        read_recipe(tmp_path / "none.toml")


@pytest.mark.parametrize("data", [b"lr = ", b"\xff\xfe", b"no toml"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(data)

    with pytest.raises(UserError, match=r"bad\.toml is no TOML file"):
        read_recipe(path)
