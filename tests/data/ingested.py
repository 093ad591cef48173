"""What an ingest left: rows, the quarantine; and one that was interrupted."""

import csv
from pathlib import Path

import pytest
from data.small import (
    Listening,
)

from morelli.data.collection import Collection
from morelli.data.ingest import ingest


def rows_of(collection: Collection) -> list[tuple[str, int]]:
    table = collection.table(["source_shard", "source_row"])
    return list(zip(*table.to_pydict().values(), strict=True))


def quarantine_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "quarantine.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def interrupted(source: Path, out: Path, after: int) -> None:
    """Ingest until so many works are done, and then press Ctrl-C."""

    def press(done: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(source, out, size=16, progress=Listening(at_step=press))
