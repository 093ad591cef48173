"""Small grey pictures of works, by which photographs of one work are known: computed once, cached.

Every work is squashed to the same small square, so that size and aspect do not matter. The hash is
the perceptual hash of low frequencies (Zauner 2010, "Implementation and benchmarking of perceptual
image hash functions").
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.data import decoding
from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.features import cache
from morelli.features.cache import cache_folder, key_of, open_cache
from morelli.features.extract import shard_works
from morelli.machine import HERE, Machine
from morelli.parallel import ordered_map

SIDE = 64
"""Side of a small picture in pixels: a brush stroke is gone, a branch is there."""

HASH_SIDE = 8
"""Frequencies along a side that make the hash; their signs are its bits."""

_VERSION = 1
"""To be raised when pictures or hashes are computed otherwise."""

WORKERS = 2
"""Threads that decode."""

_BATCH = 64
"""Works that a thread decodes at a time."""


@dataclass(frozen=True)
class Small:
    """Small pictures of works, in their order.

    Attributes:
        ids: (n,) work ids.
        pictures: (n, side, side) uint8, grey, squashed to a square.
        hashes: (n,) uint64 perceptual hashes.
        digests: (n,) uint64, equal where all decoded pixels are equal.
    """

    ids: npt.NDArray[np.str_]
    pictures: npt.NDArray[np.uint8]
    hashes: npt.NDArray[np.uint64]
    digests: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.ids)


_KEPT = ("pictures", "hashes", "digests")
"""What is cached; ids are those of the shard."""

_NONE = Small(
    np.zeros(0, np.str_),
    np.zeros((0, SIDE, SIDE), np.uint8),
    np.zeros(0, np.uint64),
    np.zeros(0, np.uint64),
)


def joined(parts: Iterable[Small]) -> Small:
    """Return the works of several parts, one after another."""
    parts = [_NONE, *parts]
    return Small(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.pictures for part in parts]),
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.digests for part in parts]),
    )


def small_pictures(
    collection: Collection,
    machine: Machine = HERE,
) -> Small:
    """Return small pictures of all works of a collection, from the cache if it has them.

    Args:
        collection: The works.
        machine: Its cache keeps them; two threads decode where it does not say how many.

    Returns:
        The works in shard order, as `collection_features` has them.

    Raises:
        BadFolder: If the cache cannot be written, or a shard holds damaged images.
    """
    folder = open_cache(cache_folder(machine.cache), "pictures")
    parts: list[Small] = []
    for shard in range(len(collection.shards)):
        small, is_new = _of_shard(collection, shard, folder, machine.workers or WORKERS)
        parts.append(small)
        if is_new:
            machine.progress.step("pictures", sum(map(len, parts)), collection.works, "works")
    return joined(parts)


def small_of(works: Iterable[tuple[str, bytes]], *, workers: int = WORKERS) -> Small:
    """Return small pictures of works, (work id, image bytes).

    Raises:
        BadFolder: If the bytes are no image.
    """
    batches = ordered_map(_of_batch, _batched(works), workers=workers, ahead=2 * workers)
    return joined(batches)


def signs(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float32]:
    """Return the bits of hashes as -1 and 1, (n, 64): a product of two is 64 - 2 x distance."""
    bits = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    return bits.astype(np.float32) * 2 - 1


def perceptual_hashes(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of each picture, (n,), that hardly changes with size and colour.

    Args:
        pictures: (n, side, side).
    """
    from scipy.fft import dctn

    frequencies = dctn(pictures.astype(np.float32), axes=(1, 2))[:, :HASH_SIDE, :HASH_SIDE]
    flat = frequencies.reshape(len(pictures), -1)
    flat[:, 0] = 0  # brightness says nothing of what is shown
    bits = flat > np.median(flat, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(">u8")[:, 0].astype(np.uint64)


def _of_shard(collection: Collection, shard: int, folder: Path, workers: int) -> tuple[Small, bool]:
    """Return the pictures of a shard, and whether the cache did not have them."""
    digest, ids = hashlib.sha256(), []
    for work, data in shard_works(collection, shard):
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
        ids.append(work)
    parts = {"images": digest.hexdigest(), "version": _VERSION, "pillow": version("pillow")}
    kept = cache.read_arrays(folder, key_of(parts), _KEPT)
    if kept is None:
        small = small_of(shard_works(collection, shard), workers=workers)
        cache.write_arrays(folder, key_of(parts), {name: vars(small)[name] for name in _KEPT})
        return small, True
    return Small(np.array(ids, np.str_), **kept), False


def _batched(works: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    stream = iter(works)
    while batch := list(itertools.islice(stream, _BATCH)):
        yield batch


def _of_batch(works: list[tuple[str, bytes]]) -> Small:
    pictures, digests = zip(*(_of_work(*work) for work in works), strict=True)
    stacked = np.stack(pictures)
    return Small(
        np.array([work for work, _ in works], np.str_),
        stacked,
        perceptual_hashes(stacked),
        np.array(digests, np.uint64),
    )


def _of_work(work: str, data: bytes) -> tuple[npt.NDArray[np.uint8], int]:
    try:
        image = decoding.decode(data)
    except decoding.BadImage as error:
        raise BadFolder(f"work {work} of the collection is damaged: {error}") from None
    digest = hashlib.sha256(f"{image.size}".encode())
    digest.update(image.tobytes())
    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small), int.from_bytes(digest.digest()[:8])
