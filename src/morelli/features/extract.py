"""Pixels to vectors, once: a backbone over the shards of a collection, cached."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.features import cache
from morelli.features.extractor import Extractor, View
from morelli.machine import HERE, Machine
from morelli.parallel import ordered_map
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
    depends = _depends(collection, using, view)
    kept = [cache.read(folder, cache.key_of(parts)) or _none_yet(using) for parts in depends]
    wanted = [np.arange(works) for works in collection.works_per_shard] if rows is None else rows
    missing = {
        shard: lacking
        for shard, chosen in enumerate(wanted)
        if len(lacking := np.setdiff1d(chosen, kept[shard].rows.numpy()))
    }
    for shard, features in _extracted(collection, using, view, missing, machine.progress):
        kept[shard] = _joined(kept[shard], missing[shard], features)
        parts = depends[shard]
        cache.write(folder, cache.key_of(parts), kept[shard], parts)
    return [
        own.features[np.searchsorted(own.rows.numpy(), chosen)].float().numpy()
        for own, chosen in zip(kept, wanted, strict=True)
    ]


def _depends(
    collection: Collection, using: Extractor, view: View | None
) -> list[dict[str, object]]:
    """Return what the features of each shard depend on, several shards read at a time."""
    return list(
        ordered_map(
            lambda shard: shard_parts(collection, shard, using, view),
            range(len(collection.shards)),
            workers=using.workers,
            ahead=2 * using.workers,
        )
    )


def _extracted(
    collection: Collection,
    using: Extractor,
    view: View | None,
    missing: Mapping[int, npt.NDArray[np.int64]],
    progress: Progress,
) -> Iterator[tuple[int, list["torch.Tensor"]]]:
    """Yield shards with the features of some of their rows, in batches."""
    # One stream over all shards, so that no worker waits at the end of one.
    batches = (
        batch
        for shard, rows in missing.items()
        for batch in _batches(collection, shard, rows, size=using.batch)
    )
    name = "features" if view is None else f"features, view {view.number + 1}"
    stream, done = using.extract(batches, view), 0
    total = sum(map(len, missing.values()))
    for shard, rows in missing.items():
        features: list[torch.Tensor] = []
        while sum(map(len, features)) < len(rows):
            features.append(next(stream))
            done += len(features[-1])
            progress.step(name, done, total, "works")
        yield shard, features


def _none_yet(using: Extractor) -> cache.Kept:
    import torch

    features = torch.zeros(
        (0, using.frozen.backbone.width), dtype=getattr(torch, using.number_format)
    )
    return cache.Kept(torch.zeros(0, dtype=torch.int64), features)


def _joined(
    kept: cache.Kept, rows: npt.NDArray[np.int64], batches: list["torch.Tensor"]
) -> cache.Kept:
    """Put features of other rows, in order, among those that are kept."""
    import torch

    together = torch.cat([kept.rows, torch.from_numpy(rows)])
    features = torch.cat([kept.features, *batches])
    order = torch.argsort(together)
    return cache.Kept(together[order], features[order])


def shard_parts(
    collection: Collection, shard: int, using: Extractor, view: View | None
) -> dict[str, object]:
    """Return all that the features of a shard's works depend on; the images by their bytes."""
    digest, works = hashlib.sha256(), 0
    for work, data in shard_works(collection, shard):
        digest.update(f"{work if view else ''}:{len(data)}:".encode())
        digest.update(data)
        works += 1
    return {**using.described(view), "images": digest.hexdigest(), "works": works}


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
