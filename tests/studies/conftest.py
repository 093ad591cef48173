"""What tests of studies share: one thread, and finished studies of few settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from reported import one_thread
from studies.small_studies import GRID, LISTED, ONE

from morelli.data.collection import Collection
from morelli.studies.folder import Study
from morelli.studies.study import study


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def grid(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two networks, two shares dropped, two rates, two seeds."""
    return study(collection, tmp_path_factory.mktemp("grid") / "a grid", GRID, cache=cache)


@pytest.fixture(scope="session")
def listed_rows(
    collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """A study that lists its rows, with one seed."""
    return study(collection, tmp_path_factory.mktemp("rows") / "study", LISTED, cache=cache)


@pytest.fixture(scope="session")
def finished(
    collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """A study of two settings; tests that alter it work on a copy."""
    return study(collection, tmp_path_factory.mktemp("one") / "study", ONE, cache=cache)
