"""A small backbone, noise, and a collection of several shards, for what is true of any."""

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.features.backbones import BACKBONES, Backbone
from morelli.features.extractor import Extractor, extractor
from morelli.features.weights import load_backbone

SHARDS, SHARD_WORKS = 4, 9
"""Shape of the collection of several shards."""


@pytest.fixture(scope="session")
def small() -> Backbone:
    """SqueezeNet on smaller pixels: quick."""
    return replace(BACKBONES["squeezenet1_1"], resize=72, crop=64)


@pytest.fixture(scope="session")
def using(small: Backbone) -> Extractor:
    """An extractor of its features, with random weights, in float32."""
    return extractor(load_backbone(small, "random"), number_format="float32", workers=2)


@pytest.fixture(scope="session")
def image() -> Image.Image:
    """Noise, so that every shift shows."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 130, 3), np.uint8))


@pytest.fixture(scope="session")
def sharded(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Works of the shared collection in several shards."""
    folder = tmp_path_factory.mktemp("sharded")
    table = pq.read_table(collection.shard_path(0), columns=["image", "artist"])
    for shard in range(SHARDS):
        part = table.slice(shard * SHARD_WORKS * 2, SHARD_WORKS)
        pq.write_table(part, folder / f"{shard}.parquet")
    return ingest(folder, folder / "collection", size=48)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of torch's own with nothing in it, and no other place where weights are looked for.

    The result is the folder in which torchvision keeps its weights.
    """
    for name in os.environ:
        if re.fullmatch("(https?|all)_proxy", name, re.IGNORECASE):
            monkeypatch.delenv(name)
    monkeypatch.delenv("MORELLI_WEIGHTS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder
