"""Real small things that many tests share: paintings, a collection, a run, and the real ones."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import chromium
from hypothesis import HealthCheck, settings
from needs import (
    pytest_report_teststatus,
    pytest_terminal_summary,
    shared_folder,
    skip_what_lacks,
)
from sparing import pytest_collection, pytest_collection_finish
from unknown_makers import three_of_six

from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.invented.painters import write_paintings
from morelli.runs.folder import Run
from morelli.runs.train import train_run
from morelli.training.named_recipes import RECIPES
from morelli.training.recipe import Recipe

if TYPE_CHECKING:
    from studies.reproduced import Reproduced

__all__ = [
    "chromium",
    "pytest_collection",
    "pytest_collection_finish",
    "pytest_report_teststatus",
    "pytest_terminal_summary",
]

pytest_plugins = ["pytester"]

WORKS = 12
"""Works of each of the six invented painters."""

RECIPE = replace(
    RECIPES["plain"], backbone="squeezenet1_1", weights="random", hidden=32, batch=16, epochs=6
)
"""Quick, and right often enough."""

QUICK = replace(RECIPE, hidden=8, epochs=4)
"""For when figures do not matter."""

settings.register_profile(
    "busy cores", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy cores")  # which say nothing of how long an example takes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot be run here, and run first what uses the slowest thing to make.

    The first tests all go to one worker, so that it is made once.
    """
    skip_what_lacks(items)
    items.sort(key=lambda item: "reproduction" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real paintings and weights; its tests are marked `real`."""
    return shared_folder()


@pytest.fixture(scope="session")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small paintings by six invented painters, a folder for each."""
    folder = tmp_path_factory.mktemp("paintings")
    list(write_paintings(folder, works=WORKS, size=(64, 48)))
    return folder


@pytest.fixture(scope="session")
def collection(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """The collection of these paintings."""
    return ingest(paintings, tmp_path_factory.mktemp("collection") / "six", size=48)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for features, the same for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def run(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on this collection; tests that alter it work on a copy."""
    return train_run(collection, tmp_path_factory.mktemp("runs") / "run", RECIPE, cache=cache)


@pytest.fixture(scope="session")
def quick() -> Recipe:
    """A recipe for when figures do not matter."""
    return QUICK


@pytest.fixture(scope="session")
def listed(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """24 works by two painters from a CSV file: two styles, one genre, series of three
    works, and a school for each painter, an estate for the second."""
    folder = tmp_path_factory.mktemp("listed")
    rows: list[tuple[str, ...]] = []
    for painter in sorted(paintings.iterdir())[:2]:
        for number, path in enumerate(sorted(painter.iterdir())):
            (folder / path.name).write_bytes(path.read_bytes())
            style = "early" if number % 2 else "late"
            series = f"{painter.name}-{number // 3}"
            estate = painter.name if rows and rows[0][1] != painter.name else ""
            rows.append((path.name, painter.name, style, "view", series, painter.name, estate))
    with (folder / "works.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("image", "artist", "style", "genre", "series", "school", "estate"), *rows]
        )
    return ingest(folder / "works.csv", folder / "collection", size=48)


@pytest.fixture(scope="session")
def three(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """The collection of the first three painters, in a folder of an awkward name."""
    return three_of_six(paintings, tmp_path_factory.mktemp("three") / "of & <b>")


@pytest.fixture(scope="session")
def tried(
    three: Collection,
    collection: Collection,
    quick: Recipe,
    cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """A run on three painters, tried on all six."""
    out = tmp_path_factory.mktemp("tried") / "run"
    return train_run(three, out, quick, unknown=collection, cache=cache)


@pytest.fixture(scope="session")
def reproduction(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> "Reproduced":
    """The study reproduced from slices of real shards; its tests are marked `real`."""
    from studies.reproduced import reproduced

    return reproduced(tmp_path_factory.mktemp("reproduction"), shared)
