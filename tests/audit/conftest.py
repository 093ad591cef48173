"""A collection with something wrong of each kind, and its audit, made once for all tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit.spoilt import few_trees, spoilt

from morelli.audit.audit import audit
from morelli.audit.folder import Audit, open_audit
from morelli.data.collection import Collection
from morelli.features.backbones import build, find_backbone


@pytest.fixture(scope="session")
def planted(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return spoilt(paintings, tmp_path_factory.mktemp("spoilt") / "works")


@pytest.fixture(scope="session")
def audited(planted: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Its audit by pictures alone; tests that alter it work on a copy."""
    with few_trees():
        return audit(
            planted, tmp_path_factory.mktemp("audits") / "a", weights="random", cache=cache
        )


@pytest.fixture
def copy(audited: Audit, tmp_path: Path) -> Audit:
    """The audit in a folder of its own, to be altered."""
    return open_audit(shutil.copytree(audited.folder, tmp_path / "copy"))


@pytest.fixture(scope="session")
def looked(planted: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Its audit by features as well.

    The weights are of chance, but stand in a file: the features are taken at their word.
    """
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("looked")
    torch.manual_seed(0)
    save_file(build(find_backbone("mobilenet_v2")).state_dict(), folder / "w.safetensors")
    with few_trees():
        return audit(planted, folder / "a", weights=str(folder / "w.safetensors"), cache=cache)


@pytest.fixture
def few() -> Iterator[None]:
    """Let audits grow few trees."""
    with few_trees():
        yield
