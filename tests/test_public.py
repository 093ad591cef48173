"""The public names, frozen; and that importing them is quick."""

import subprocess
import sys

import pytest

import morelli


def test_the_public_names_are_frozen() -> None:
    assert morelli.__all__ == [
        "RECIPES",
        "STUDIES",
        "Attribution",
        "Audit",
        "Classifier",
        "Cleaned",
        "Collection",
        "Comparison",
        "Description",
        "Evidence",
        "Recipe",
        "Reproduction",
        "Run",
        "Selection",
        "Study",
        "StudyRecipe",
        "Summary",
        "UserError",
        "__version__",
        "audit_collection",
        "clean_collection",
        "compare",
        "demo",
        "describe",
        "explain",
        "grounds_of",
        "ingest",
        "ingest_many",
        "load",
        "open_audit",
        "open_collection",
        "open_comparison",
        "open_run",
        "open_study",
        "read_recipe",
        "read_study_recipe",
        "report",
        "reproduce",
        "study",
        "summary",
        "track",
        "train",
    ]


@pytest.mark.parametrize("name", morelli.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(morelli, name)

    assert name in dir(morelli)
    assert name in ("RECIPES", "STUDIES", "__version__") or found.__doc__


def test_a_name_that_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'attribute'"):
        _ = morelli.attribute


@pytest.mark.parametrize("module", ["morelli", "morelli.cli.main"])
def test_importing_brings_in_nothing_heavy(module: str) -> None:
    heavy = {
        "torch",
        "torchvision",
        "sklearn",
        "matplotlib",
        "pyarrow",
        "scipy",
        "optuna",
        "jinja2",
    }
    asked = f"import sys, {module}; print(*({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
