"""Pixels to vectors, once: a backbone over the shards of a collection, cached."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from morelli.data.collection import Collection
from morelli.data.parallel import ordered_map
from morelli.errors import BadFolder
from morelli.features import cache
from morelli.features.extractor import Extractor, View
from morelli.progress import Progress, Silent

if TYPE_CHECKING:
    import torch


def collection_features(
    collection: Collection,
    using: Extractor,
    *,
    view: View | None = None,
    rows: Sequence[npt.NDArray[np.int64]] | None = None,
    cached: Path | None = None,
    progress: Progress | None = None,
) -> list[npt.NDArray[np.float32]]:
    """Return the features of a collection's works, from the cache where they are there.

    Args:
        collection: The works.
        using: The backbone.
        view: A random view; by default the fixed preprocessing.
        rows: For each shard, the rows wanted, ascending; by default all.
        cached: The cache folder; by default as `cache_folder` says.
        progress: Hears how far it is.

    Returns:
        For each shard, (rows, d) float32.

    Raises:
        BadFolder: If the cache cannot be written, or a shard holds damaged images.
    """
    progress = progress or Silent()
    folder = cache.open_cache(cache.cache_folder(cached))
    shards = range(len(collection.shards))
    chosen = rows if rows is not None else [None] * len(shards)
    keys = list(
        ordered_map(
            lambda shard: shard_parts(collection, shard, chosen[shard], using, view),
            shards,
            workers=using.workers,
            ahead=2 * using.workers,
        )
    )
    found = [cache.read(folder, cache.key_of(parts)) for parts in keys]
    missing = {shard: keys[shard] for shard in shards if found[shard] is None}
    # One stream over all shards, so that no worker waits at the end of each.
    batches = (
        batch
        for shard, parts in missing.items()
        for batch in _batches(
            collection, shard, chosen[shard], works=parts["works"], size=using.batch
        )
    )
    counts = {shard: parts["works"] for shard, parts in missing.items()}
    stream = _heard(using.extract(batches, view), sum(counts.values()), view, progress)
    for shard, made in _by_shard(stream, counts):
        features = _joined(made, using)
        cache.write(folder, cache.key_of(keys[shard]), features, keys[shard])
        found[shard] = features
    return [each.float().numpy() for each in found if each is not None]


def _heard(
    stream: Iterator["torch.Tensor"], works: int, view: View | None, progress: Progress
) -> Iterator["torch.Tensor"]:
    """Pass features on and let the progress hear of them."""
    name = "features" if view is None else f"features, view {view.number + 1}"
    done = 0
    for features in stream:
        done += len(features)
        progress.step(name, done, works, "works")
        yield features


def _by_shard(
    stream: Iterator["torch.Tensor"], counts: dict[int, int]
) -> Iterator[tuple[int, list["torch.Tensor"]]]:
    """Gather a stream of batches to shards, given the number of works of each."""
    for shard, works in counts.items():
        made: list[torch.Tensor] = []
        while sum(map(len, made)) < works:
            made.append(next(stream))
        yield shard, made


def _joined(made: list["torch.Tensor"], using: Extractor) -> "torch.Tensor":
    import torch

    empty = torch.zeros((0, using.frozen.backbone.width), dtype=getattr(torch, using.number_format))
    return torch.cat([empty, *made])


def shard_parts(
    collection: Collection,
    shard: int,
    rows: npt.NDArray[np.int64] | None,
    using: Extractor,
    view: View | None,
) -> dict[str, Any]:
    """Return all that the features of a shard's rows depend on; the images by their bytes."""
    digest, works = hashlib.sha256(), 0
    for work, data in shard_works(collection, shard, rows):
        digest.update(f"{work if view else ''}:{len(data)}:".encode())
        digest.update(data)
        works += 1
    return using.described(view) | {"images": digest.hexdigest(), "works": works}


def _batches(
    collection: Collection,
    shard: int,
    rows: npt.NDArray[np.int64] | None,
    *,
    works: int,
    size: int,
) -> Iterator[list[tuple[str, bytes]]]:
    """Deal a shard's works out to batches of nearly equal length, `size` at most."""
    stream = shard_works(collection, shard, rows)
    count = -(-works // size)
    for number in range(count):
        yield list(itertools.islice(stream, (works + number) // count))


def shard_works(
    collection: Collection, shard: int, rows: npt.NDArray[np.int64] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield (work id, image bytes) of a shard, one row group in memory at a time."""
    wanted = None if rows is None else set(rows.tolist())
    path = collection.shard_path(shard)
    try:
        with pq.ParquetFile(path) as file:
            first = 0
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=["work_id", "image.bytes"])
                works = table["work_id"].to_pylist()
                data = pc.struct_field(table["image"], "bytes").to_pylist()
                for number, pair in enumerate(zip(works, data, strict=True), first):
                    if wanted is None or number in wanted:
                        yield pair
                first += len(table)
    except (OSError, ValueError) as error:  # Arrow's own errors are among them
        raise BadFolder(f"{path} is damaged: {error}; ingest the collection anew") from None
