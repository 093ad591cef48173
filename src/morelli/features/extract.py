"""Pixels to vectors, once: a backbone over the shards of a collection, cached."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
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
from morelli.machine import HERE, Machine
from morelli.progress import Progress

if TYPE_CHECKING:
    import torch


def collection_features(
    collection: Collection,
    using: Extractor,
    *,
    view: View | None = None,
    rows: Sequence[npt.NDArray[np.int64]] | None = None,
    machine: Machine = HERE,
) -> list[npt.NDArray[np.float32]]:
    """Return the features of a collection's works, from the cache where they are there.

    What is kept of a shard grows with what is asked for: a work's features are computed once, in
    whichever splits it stands.

    Args:
        collection: The works.
        using: The backbone.
        view: A random view; by default the fixed preprocessing.
        rows: For each shard, the rows wanted, ascending; by default all.
        machine: Its cache keeps them.

    Returns:
        For each shard, (rows, d) float32.

    Raises:
        BadFolder: If the cache cannot be written, or a shard holds damaged images.
    """
    folder = cache.open_cache(cache.cache_folder(machine.cache))
    shards = range(len(collection.shards))
    keys = list(
        ordered_map(
            lambda shard: shard_parts(collection, shard, using, view),
            shards,
            workers=using.workers,
            ahead=2 * using.workers,
        )
    )
    found = [cache.read(folder, cache.key_of(parts)) or _none_yet(using) for parts in keys]
    wanted = [
        np.arange(parts["works"]) if rows is None else rows[shard]
        for shard, parts in enumerate(keys)
    ]
    missing = {
        shard: lacking
        for shard in shards
        if len(lacking := np.setdiff1d(wanted[shard], found[shard].rows.numpy()))
    }
    # One stream over all shards, so that no worker waits at the end of each.
    batches = (
        batch
        for shard, lacking in missing.items()
        for batch in _batches(collection, shard, lacking, size=using.batch)
    )
    counts = {shard: len(lacking) for shard, lacking in missing.items()}
    stream = _heard(using.extract(batches, view), sum(counts.values()), view, machine.progress)
    for shard, made in _by_shard(stream, counts):
        found[shard] = _joined(found[shard], missing[shard], made)
        cache.write(folder, cache.key_of(keys[shard]), found[shard], keys[shard])
    return [
        each.features[np.searchsorted(each.rows.numpy(), chosen)].float().numpy()
        for each, chosen in zip(found, wanted, strict=True)
    ]


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


def _none_yet(using: Extractor) -> cache.Kept:
    import torch

    features = torch.zeros(
        (0, using.frozen.backbone.width), dtype=getattr(torch, using.number_format)
    )
    return cache.Kept(torch.zeros(0, dtype=torch.int64), features)


def _joined(
    there: cache.Kept, rows: npt.NDArray[np.int64], made: list["torch.Tensor"]
) -> cache.Kept:
    """Put features of other rows, in order, among those that are there."""
    import torch

    every = torch.cat([there.rows, torch.from_numpy(rows)])
    features = torch.cat([there.features, *made])
    order = torch.argsort(every)
    return cache.Kept(every[order], features[order])


def shard_parts(
    collection: Collection, shard: int, using: Extractor, view: View | None
) -> dict[str, Any]:
    """Return all that the features of a shard's works depend on; the images by their bytes."""
    digest, works = hashlib.sha256(), 0
    for work, data in shard_works(collection, shard):
        digest.update(f"{work if view else ''}:{len(data)}:".encode())
        digest.update(data)
        works += 1
    return using.described(view) | {"images": digest.hexdigest(), "works": works}


def _batches(
    collection: Collection, shard: int, rows: npt.NDArray[np.int64], *, size: int
) -> Iterator[list[tuple[str, bytes]]]:
    """Deal rows of a shard out to batches of nearly equal length, `size` at most."""
    stream = shard_works(collection, shard, rows)
    count = -(-len(rows) // size)
    for number in range(count):
        yield list(itertools.islice(stream, (len(rows) + number) // count))


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
