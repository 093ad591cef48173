"""One shard of a collection on its way to the disk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data import images
from morelli.data.aside import aside
from morelli.data.collection import schema
from morelli.data.source import Labels, Raw
from morelli.errors import writing

ROW_GROUP = 100
"""Works in a row group of a collection's shards, as the Hub's image data sets have it."""

_BAD_KEY = b"morelli.quarantined"


@dataclass(frozen=True)
class Made:
    """What became of one work, by its index in the source.

    Attributes:
        work: Index into the source's labels.
        row: The columns that ingest adds; None if the image is unusable.
        path: The image's path, as the source gives it.
        reason: Why it is unusable.
    """

    work: int
    row: dict[str, Any] | None
    path: str | None
    reason: str = ""


def make(work: int, raw: Raw, size: int | None) -> Made:
    """Turn one source image into what a collection stores of it."""
    if raw.data is None:
        return Made(work, None, raw.path, "there is no image, or it cannot be read")
    try:
        stored = images.store(raw.data, size)
    except images.BadImage as error:
        return Made(work, None, raw.path, str(error))
    identity = images.work_id(raw.data)
    image = {"bytes": stored.data, "path": identity + stored.suffix}
    row = {"image": image, "work_id": identity, "source_path": raw.path} | asdict(stored.traits)
    return Made(work, row, raw.path)


@dataclass
class ShardWriter:
    """Gathers works to row groups and writes them; made by `writing_shard`.

    Attributes:
        source_shard: Name of the source's shard.
        labels: Labels of all works of the source.
        sink: Where the row groups go.
    """

    source_shard: str
    labels: Labels
    sink: pq.ParquetWriter
    _waiting: list[Made] = field(default_factory=list)
    _bad: list[dict[str, Any]] = field(default_factory=list)

    def add(self, made: Made) -> None:
        """Take the next work, good or bad."""
        if made.row is None:
            where = {"shard": self.source_shard, "row": int(self.labels.rows[made.work])}
            self._bad.append(where | {"path": made.path, "reason": made.reason})
            return
        self._waiting.append(made)
        if len(self._waiting) == ROW_GROUP:
            self._flush()

    def finish(self) -> None:
        """Write what still waits, and the list of unusable works into the shard's footer."""
        self._flush()
        if self._bad:
            said = json.dumps(self._bad, ensure_ascii=False)
            self.sink.add_key_value_metadata({_BAD_KEY: said.encode()})

    def _flush(self) -> None:
        if not self._waiting:
            return
        works = np.array([made.work for made in self._waiting])
        rows = [made.row for made in self._waiting if made.row is not None]
        columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
        for task, numbers in self.labels.tasks.items():
            columns[task] = pa.array(numbers[works], mask=numbers[works] < 0)
        if self.labels.extra.num_columns:
            taken = self.labels.extra.take(pa.array(works))
            columns |= {name: taken[name] for name in taken.column_names}
        columns["source_shard"] = [self.source_shard or None] * len(rows)
        columns["source_row"] = self.labels.rows[works]
        table = pa.table(
            {each.name: columns[each.name] for each in self.sink.schema}, schema=self.sink.schema
        )
        self.sink.write_table(table)
        self._waiting.clear()


@contextmanager
def writing_shard(
    folder: Path, path: Path, source_shard: str, labels: Labels
) -> Iterator[ShardWriter]:
    """Give a writer for one shard; the file appears at `path` when the block ends well."""
    with writing(folder), aside(path) as partial:
        # Small pages let a reader stream images; images do not compress twice.
        sink = pq.ParquetWriter(
            partial,
            schema(labels.class_names, labels.extra.schema),
            compression={"image.bytes": "none"},
            use_dictionary=[*labels.tasks, "format", "mode", "compression", "source_shard"],
            write_batch_size=16,
        )
        try:
            writer = ShardWriter(source_shard, labels, sink)
            yield writer
            writer.finish()
        finally:
            sink.close()


def quarantined(path: Path) -> list[dict[str, Any]]:
    """Return the works that could not be used when a shard was made: shard, row, path, reason."""
    said = (pq.read_metadata(path).metadata or {}).get(_BAD_KEY)
    return json.loads(said) if said else []
