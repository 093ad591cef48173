"""One shard of a collection on its way to the disk."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data.aside import aside
from morelli.data.columns import schema
from morelli.data.decoding import BadImage
from morelli.data.records import as_json, from_json
from morelli.data.sources.source import Labels, Raw
from morelli.data.stored import store, work_id
from morelli.errors import writing

ROW_GROUP = 100
"""Works in a row group of a collection's shards, as the Hub's image data sets have it."""

_BAD_KEY = b"morelli.quarantined"


@dataclass(frozen=True)
class Unusable:
    """A work that could not be used.

    Attributes:
        shard: Name of the source's shard; empty where it has none of its own.
        row: Its row there.
        path: The image's path, as the source gives it.
        reason: Why it is unusable.
    """

    shard: str
    row: int
    path: str | None
    reason: str


@dataclass(frozen=True)
class Ingested:
    """What became of one work, by its index in the source.

    Attributes:
        work: Index into the source's labels.
        columns: The values of the columns that ingest adds; None if the image is unusable.
        path: The image's path, as the source gives it.
        reason: Why it is unusable.
    """

    work: int
    columns: Mapping[str, object] | None
    path: str | None
    reason: str = ""


def ingest_work(work: int, raw: Raw, size: int | None) -> Ingested:
    """Turn one source image into what a collection stores of it."""
    if raw.data is None:
        return Ingested(work, None, raw.path, "there is no image, or it cannot be read")
    try:
        stored = store(raw.data, size)
    except BadImage as error:
        return Ingested(work, None, raw.path, str(error))
    identity = work_id(raw.data)
    columns = {
        "image": {"bytes": stored.data, "path": identity + stored.suffix},
        "work_id": identity,
        "source_path": raw.path,
        **asdict(stored.traits),
    }
    return Ingested(work, columns, raw.path)


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
    _works: list[int] = field(default_factory=list)
    _rows: list[Mapping[str, object]] = field(default_factory=list)
    _unusable: list[Unusable] = field(default_factory=list)

    def add(self, ingested: Ingested) -> None:
        """Take the next work, good or bad."""
        work, columns = ingested.work, ingested.columns
        if columns is None:
            row = int(self.labels.rows[work])
            self._unusable.append(Unusable(self.source_shard, row, ingested.path, ingested.reason))
            return
        self._works.append(work)
        self._rows.append(columns)
        if len(self._works) == ROW_GROUP:
            self._flush()

    def finish(self) -> None:
        """Write what still waits, and the list of unusable works into the shard's footer."""
        self._flush()
        if self._unusable:
            text = json.dumps(as_json(self._unusable), ensure_ascii=False)
            self.sink.add_key_value_metadata({_BAD_KEY: text.encode()})

    def _flush(self) -> None:
        if not self._works:
            return
        works = np.array(self._works)
        columns: dict[str, object] = {
            name: [row[name] for row in self._rows] for name in self._rows[0]
        }
        for task, labels in self.labels.tasks.items():
            columns[task] = pa.array(labels[works], mask=labels[works] < 0)
        if self.labels.extra.num_columns:
            extra = self.labels.extra.take(pa.array(works))
            columns |= {name: extra[name] for name in extra.column_names}
        columns["source_shard"] = [self.source_shard or None] * len(works)
        columns["source_row"] = self.labels.rows[works]
        ordered = {name: columns[name] for name in self.sink.schema.names}
        self.sink.write_table(pa.table(ordered, schema=self.sink.schema))
        self._works.clear()
        self._rows.clear()


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


def quarantined(path: Path) -> list[Unusable]:
    """Return the works that could not be used when a shard was made.

    Raises:
        BadFolder: If the shard's footer does not say so in the right form.
    """
    text = (pq.read_metadata(path).metadata or {}).get(_BAD_KEY)
    return from_json(json.loads(text), list[Unusable], path) if text else []
