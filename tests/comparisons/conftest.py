"""What tests of comparisons share: runs on the same works as `run`, and the first two compared."""

import shutil
from pathlib import Path

import pytest
from comparisons.compared_runs import trained

from morelli.comparisons.compare import compare
from morelli.comparisons.comparison import Comparison
from morelli.data.collection import Collection
from morelli.runs.folder import Run


@pytest.fixture(scope="session")
def second(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Another run on the same works."""
    return trained(collection, tmp_path_factory.mktemp("second") / "second", cache)


@pytest.fixture(scope="session")
def third(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A third one, in a folder of the same name as the second's."""
    return trained(collection, tmp_path_factory.mktemp("third") / "second", cache, epochs=1)


@pytest.fixture(scope="session")
def written(run: Run, second: Run, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The two compared, in a folder; tests that alter it work on a copy."""
    return compare([run, second], tmp_path_factory.mktemp("comparisons") / "comparison")


@pytest.fixture
def copy(written: Comparison, tmp_path: Path) -> Path:
    """A copy of the comparison's folder, to be spoilt."""
    assert written.folder is not None
    return shutil.copytree(written.folder, tmp_path / "copy")
