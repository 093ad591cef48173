"""Reports of real runs in a real browser, wide and narrow, light and dark: nothing is cut."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from browser import SOUND, audits
from comparisons.compared_runs import trained
from playwright.sync_api import Browser
from reported import NAMES, oddly_named, one_thread
from studies.reproduced import Reproduced
from unknown_makers import mixed

from morelli.comparisons.compare import compare
from morelli.data.collection import Collection
from morelli.runs.folder import Run
from morelli.runs.train import train_run
from morelli.studies.recipe import Row, StudyRecipe
from morelli.studies.study import study
from morelli.training.named_recipes import RECIPES

pytestmark = pytest.mark.browser

NETWORKS = ("squeezenet1_1", "mobilenet_v2", "resnet18")
BASE = replace(RECIPES["plain"], weights="random", hidden=16, batch=16, epochs=5)
QUICK = replace(BASE, backbone=NETWORKS[0])
GRID = StudyRecipe(NETWORKS, (0.1, 0.3, 0.5), (3e-4, 1e-3, 3e-3), base=BASE)
ROWS = StudyRecipe(
    rows=(
        Row("squeezenet1_1", 0.3, 1e-3, 4, 0.6175, 3001.7386),
        Row("mobilenet_v2", 0.5, 1e-3, 3, 0.8604),
        Row("squeezenet1_1", 0.5, 1e-3, 1, None, 4546.2),
    ),
    base=BASE,
)

Made = Callable[[str], Path]


@pytest.fixture(scope="module")
def odd(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """A collection of classes of awkward names."""
    return oddly_named(paintings, tmp_path_factory.mktemp("odd") / "of & <b>")


@pytest.fixture(scope="module")
def report(
    run: Run, collection: Collection, odd: Collection, cache: Path, request: pytest.FixtureRequest
) -> Made:
    """Make the report of a kind, once each, and return its path."""
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    paintings: Path = request.getfixturevalue("paintings")
    folder = factory.mktemp("seen")
    makers: dict[str, Callable[[], Path]] = {
        "run": lambda: run.folder,
        "odd": lambda: trained(odd, folder / "a_run_with_quite_a_long_name", cache).folder,
        "strangers": lambda: _tried(paintings, collection, cache, folder),
        "study": lambda: study(collection, folder / "study", GRID, cache=cache).folder,
        "rows": lambda: study(odd, folder / "rows", ROWS, cache=cache).folder,
        "comparison": lambda: _compared(run, collection, cache, folder),
    }
    reports: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind not in reports:
            with one_thread():
                reports[kind] = makers[kind]() / "report.html"
        return reports[kind]

    return of


def _tried(paintings: Path, collection: Collection, cache: Path, folder: Path) -> Path:
    """Make a run that was tried on strangers of awkward names."""
    names = {name: number for number, name in enumerate(NAMES)}
    strangers = mixed(paintings, folder / "of & <b> 'strangers'", names=names)
    return train_run(collection, folder / "tried", QUICK, unknown=strangers, cache=cache).folder


def _compared(run: Run, collection: Collection, cache: Path, folder: Path) -> Path:
    others = [
        trained(collection, folder / f"run-{epochs}", cache, epochs=epochs) for epochs in (1, 3)
    ]
    compare([run, *others], folder / "comparison")
    return folder / "comparison"


KINDS = ("run", "odd", "strangers", "study", "rows", "comparison")


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_whole_and_within_reach(chromium: Browser, report: Made, kind: str) -> None:
    assert audits(chromium, report(kind), kind) == SOUND


@pytest.mark.real
def test_the_report_of_a_reproduction_is_whole_and_within_reach(
    chromium: Browser, reproduction: Reproduced
) -> None:
    path = reproduction.result.folder / "report.html"
    assert audits(chromium, path, "reproduction") == SOUND
