"""Pictures of a few works for a report, read from the collection that a run learned from."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from morelli.data.collection import Collection, open_collection
from morelli.errors import BadFolder

Place = tuple[int, int]
"""Where a work stands in a collection: index of its shard, and its row there."""


def pictures_of(
    collection_folder: str | Path, works: Sequence[Place], ids: Sequence[str] | None = None
) -> dict[Place, bytes]:
    """Return the stored images of works; only the row groups that hold them are read.

    Args:
        collection_folder: Folder of the collection, as `run.about.collection.folder` says.
        works: Shard and row of each, as the run's predictions say.
        ids: Their work ids; with them, a collection that has changed since is noticed.

    Returns:
        For each shard and row, the bytes of the image file. Images may still be damaged.

    Raises:
        BadFolder: If the collection is gone or damaged, or is not the one that the run learned
            from; the message says which.
    """
    if not works:
        return {}
    collection = open_collection(collection_folder)
    pictures = {
        place: (work, data)
        for shard in sorted({shard for shard, _ in works})
        for place, work, data in _of_shard(
            collection, shard, sorted({row for which, row in works if which == shard})
        )
    }
    known = dict(zip(works, ids, strict=True)) if ids is not None else {}
    lost = any(place not in pictures for place in works)
    if lost or any(pictures[place][0] != known[place] for place in known):
        raise _changed(collection)
    return {place: data for place, (_, data) in pictures.items()}


def _of_shard(
    collection: Collection, shard: int, rows: list[int]
) -> Iterator[tuple[Place, str, bytes]]:
    """Yield place, work id and image bytes of some rows of a shard; rows that it lacks are not."""
    if not 0 <= shard < len(collection.shards):
        raise _changed(collection)
    path = collection.shard_path(shard)
    try:
        with pq.ParquetFile(path) as file:
            first = 0
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                inside = [row for row in rows if first <= row < first + count]
                if inside:
                    columns = ["work_id", "image.bytes"]
                    table = file.read_row_group(group, columns=columns)
                    table = table.take([row - first for row in inside])
                    data = pc.struct_field(table["image"], "bytes").to_pylist()
                    works = table["work_id"].to_pylist()
                    for row, work, image in zip(inside, works, data, strict=True):
                        yield (shard, row), work, image
                first += count
    except (OSError, ValueError, KeyError) as error:  # Arrow's own errors are among them
        raise BadFolder(f"{path} is damaged: {error}; ingest the collection anew") from None


def _changed(collection: Collection) -> BadFolder:
    return BadFolder(
        f"{collection.folder} is no longer the collection that the run learned from: "
        "it holds other works"
    )
