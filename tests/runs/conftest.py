"""A small collection with every label column and groups, and a quick recipe."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from runs.unknown_makers import three_of_six

from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.runs.folder import Run
from morelli.runs.run import train_run
from morelli.training.recipe import RECIPES, Recipe

QUICK = replace(
    RECIPES["plain"], backbone="squeezenet1_1", weights="random", hidden=8, batch=16, epochs=4
)


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
