"""A small reproduction of the study: real paintings by a local Hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from data.small import Listening
from hub_server import HubServer, Served
from reported import one_thread

from morelli.data.sources.hub import hub_source
from morelli.data.sources.parquet import ParquetSource
from morelli.features.backbones import build
from morelli.studies.reproduce import reproduce
from morelli.studies.reproduction import Reproduction

ROWS = 40
"""Works taken of each of the two shards."""

SAMPLE = 30
"""Works of the sampled subset."""

SLIDES = [0.6175, 0.6137, 0.4818, 0.5680, 0.4732, 0.6067, 0.8604, 0.7913, None, 0.8076, 0.6330]
"""The accuracies that the slides print, by row; one row has none."""


@dataclass(frozen=True)
class Reproduced:
    """A reproduction, and what the local Hub and the listener heard meanwhile."""

    repository: Path
    cache: Path
    result: Reproduction
    served: tuple[Served, ...]
    heard: Listening


def reproduced(base: Path, shared: Path) -> Reproduced:
    """Reproduce the study below a folder, with random weights."""
    repository, features = base / "wikiart", base / "reproduction-cache"
    slices(shared, repository)
    heard = Listening()
    with HubServer(repository) as hub, one_thread():
        result = again(base / "reproduction", source_of(hub), features, heard)
    return Reproduced(repository, features, result, tuple(hub.served), heard)


def again(
    out: Path, source: ParquetSource, cache: Path, heard: Listening, **changed: object
) -> Reproduction:
    """Reproduce by the settings of these tests, or by others."""
    settings: dict[str, object] = {"weights": "random", "views": 1, "sample": SAMPLE} | changed
    with _networks_drawn_once():
        return reproduce(out, source, cache=cache, progress=heard, workers=1, **settings)  # type: ignore[arg-type]


@contextmanager
def _networks_drawn_once() -> Iterator[None]:
    """Draw the random weights of a network once: large ones take a second, each time the same."""
    drawn = cache(build)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("morelli.features.weights.build", lambda backbone: deepcopy(drawn(backbone)))
        yield


def slices(shared: Path, repository: Path, shards: int = 2) -> None:
    """Take the first works of some real shards, and what they say of their labels."""
    folder = shared / "paintings" / "wikiart-mini" / "data"
    (repository / "data").mkdir(parents=True)
    for path in sorted(folder.iterdir())[:shards]:
        table = pq.ParquetFile(path).read_row_group(0).slice(0, ROWS)
        pq.write_table(table, repository / "data" / path.name, row_group_size=ROWS // 2)


def source_of(hub: HubServer) -> ParquetSource:
    """The repository of a local Hub as a source."""
    return hub_source("museum/paintings", endpoint=hub.endpoint, wait=0.001)


@contextmanager
def served_by(repository: Path) -> Iterator[tuple[HubServer, ParquetSource]]:
    """A local Hub that serves a repository, and its source."""
    with HubServer(repository) as hub:
        yield hub, source_of(hub)
