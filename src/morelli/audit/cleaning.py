"""A cleaned collection: one copy of each work, conflicts set aside, and the log of why."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from morelli.audit.decisions import KEEP, Decision, as_csv, check_decisions, decide, read_decisions
from morelli.audit.folder import Audit
from morelli.data.aside import file_digest, write_text
from morelli.data.collection import QUARANTINE, Collection, open_collection
from morelli.data.columns import OWN_COLUMNS
from morelli.data.plan import Cleaning, Outcome, read_contents, write_contents
from morelli.data.shards import Ingested, writing_shard
from morelli.data.sources.source import Labels
from morelli.errors import BadFolder, UserError, writing
from morelli.progress import Progress, Silent

LOG = "decisions.csv"
"""The log's file in the cleaned collection."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cleaned:
    """A cleaned collection.

    Attributes:
        collection: The works that are left.
        decisions: What was done with the works that the log names; all others are kept.
    """

    collection: Collection
    decisions: tuple[Decision, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of works of each action."""
        return dict(Counter(decision.action for decision in self.decisions))


def clean(
    collection: str | Path | Collection,
    out: str | Path,
    by: Audit | str | Path,
    *,
    progress: Progress | None = None,
) -> Cleaned:
    """Write a collection without needless copies, in shards of the same form.

    One row group is in memory at a time. The folder is there whole or not at all; it holds the log
    of decisions as well, which may be edited and applied to the same collection again.

    Args:
        collection: The collection that was audited.
        out: Folder of the new one.
        by: An audit of the collection, whose copies are decided by rule (`decide`), or the path of
            an edited log.
        progress: Hears how far it is.

    Raises:
        UserError: If the log names works or actions that do not exist, or leaves no work, or the
            folder cannot be used.
    """
    if not isinstance(collection, Collection):
        collection = open_collection(collection)
    decisions = decide(by) if isinstance(by, Audit) else read_decisions(Path(by))
    check_decisions(decisions, collection)
    left = np.ones(collection.works, bool)
    left[[one.work for one in decisions if one.action != KEEP]] = False
    if not left.any():
        raise UserError("the decisions leave no work; keep some")
    with _folder(Path(out)) as folder:
        _write(collection, folder, left, decisions, progress or Silent())
    return Cleaned(open_collection(out), decisions)


def check_empty(out: Path) -> None:
    """Refuse a folder that a cleaned collection cannot become.

    Raises:
        BadFolder: If there is anything.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise BadFolder(f"{out} holds something already; choose an empty or new folder")


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """Give a folder beside `out` to write to; it becomes `out` when the block ends well."""
    check_empty(out)
    beside = out.with_name(f".{out.name}.cleaning")
    with writing(out):
        shutil.rmtree(beside, ignore_errors=True)
        (beside / "data").mkdir(parents=True)
        try:
            yield beside
            if out.exists():
                out.rmdir()
            beside.replace(out)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _write(
    collection: Collection,
    folder: Path,
    left: Mask,
    decisions: Sequence[Decision],
    progress: Progress,
) -> None:
    ends = [*collection.starts.tolist(), collection.works]
    parts = [left[start:end] for start, end in pairwise(ends)]
    kept = [shard for shard, part in enumerate(parts) if part.any()]
    names = [f"train-{number:05d}-of-{len(kept):05d}.parquet" for number in range(len(kept))]
    for number, (shard, name) in enumerate(zip(kept, names, strict=True), 1):
        _write_shard(collection, shard, parts[shard], folder / "data" / name)
        progress.step("cleaned", number, len(kept), "shards")
    write_text(folder / LOG, as_csv(decisions))
    quarantine = collection.folder / QUARANTINE
    if quarantine.is_file():
        shutil.copyfile(quarantine, folder / QUARANTINE)
    plan, _ = read_contents(collection.folder)
    works = int(left.sum())
    write_contents(
        folder,
        replace(plan, chosen=works + collection.quarantined, shards=tuple(names)),
        Outcome(
            works,
            collection.quarantined,
            Cleaning(str(collection.folder), collection.works, file_digest(folder / LOG)),
        ),
    )


def _write_shard(collection: Collection, shard: int, left: Mask, path: Path) -> None:
    """Write the works of a shard that are left, as ingest would have written them."""
    source = collection.shard_path(shard)
    try:
        with pq.ParquetFile(source) as file:
            beside = [name for name in file.schema_arrow.names if name != "image"]
            table = file.read(columns=beside)
            labels = _labels(collection, table)
            named = table["source_shard"][0].as_py() or ""
            with writing_shard(path.parent, path, named, labels) as writer:
                for work, row in _rows(file, left):
                    at = row["source_path"]
                    writer.add(Ingested(work, row, None if at is None else str(at)))
    except pa.ArrowException as error:
        raise BadFolder(f"{source} is damaged: {error}; ingest the collection anew") from None


def _labels(collection: Collection, table: pa.Table) -> Labels:
    """Return a shard's own columns in the form that a source gives them."""
    works = np.zeros(len(table), np.int64)
    extra = [
        name for name in table.column_names if name not in (*OWN_COLUMNS, *collection.class_names)
    ]
    return Labels(
        shards=works,
        rows=np.array(table["source_row"].to_pylist(), np.int64),
        groups=works,
        tasks={
            task: np.array(table[task].fill_null(-1).to_pylist(), np.int64)
            for task in collection.class_names
        },
        class_names=collection.class_names,
        extra=table.select(extra),
    )


def _rows(file: pq.ParquetFile, left: Mask) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the works that are left by their row, with the columns that ingest adds."""
    first, columns = 0, [name for name in OWN_COLUMNS if name not in ("source_shard", "source_row")]
    for group in range(file.num_row_groups):
        count = file.metadata.row_group(group).num_rows
        rows = np.flatnonzero(left[first : first + count])
        if len(rows):
            table = file.read_row_group(group, columns=columns).take(pa.array(rows))
            yield from zip((first + rows).tolist(), table.to_pylist(), strict=True)
        first += count
