"""Pixels to vectors, once: a backbone over the shards of a collection, cached.

On a processor each worker thread decodes a batch and pushes it through the network with one
thread of its own, so that decoding runs beside other batches' forward passes and no thread waits
for another. On an accelerator the workers decode and the caller's thread feeds the network.
"""

import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from morelli.data import images
from morelli.data.collection import Collection
from morelli.data.parallel import ordered_map
from morelli.errors import BadFolder, UserError, unknown_name
from morelli.features import cache
from morelli.features.augment import STUDY, Augmentation, view_of
from morelli.features.preprocess import Pixels, described, preprocess
from morelli.features.weights import Frozen
from morelli.progress import Progress, Silent

if TYPE_CHECKING:
    import torch

BATCH = 64
"""Works in a batch on a processor."""

ACCELERATOR_BATCH = 128
"""Works in a batch on an accelerator."""

NUMBER_FORMATS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class View:
    """A random view of works, by its number."""

    number: int
    seed: int
    augmentation: Augmentation = STUDY


@dataclass(frozen=True)
class Extractor:
    """A frozen backbone, ready to run on a device in a number format.

    Attributes:
        frozen: The backbone with its weights.
        device: Where it runs: "cpu", "cuda" or "mps".
        number_format: "float32" or "bfloat16".
        workers: Threads that decode, and on a processor also run the network.
    """

    frozen: Frozen
    device: str
    number_format: str
    workers: int
    _ready: list["torch.nn.Module"] = field(default_factory=list, repr=False, compare=False)

    @property
    def network(self) -> "torch.nn.Module":
        """The network as it runs: batch norm folded into convolutions, channels last."""
        if not self._ready:
            self._ready.append(_ready(self.frozen.network, self.device, self.number_format))
        return self._ready[0]

    @property
    def batch(self) -> int:
        """Works in a batch."""
        return BATCH if self.device == "cpu" else ACCELERATOR_BATCH

    def forward(self, pixels: Sequence[Pixels]) -> "torch.Tensor":
        """Return features of a batch.

        Args:
            pixels: (crop, crop, 3) uint8 each.

        Returns:
            (n, d) in the number format, on the processor.
        """
        import torch

        with torch.inference_mode():
            features: torch.Tensor = self.network(self.normalised(pixels).to(self.device))
        return features.cpu()

    def forward_alone(self, pixels: Sequence[Pixels]) -> "torch.Tensor":
        """Return features of a batch as `forward` does, on one thread: for use in many at once."""
        import torch

        torch.set_num_threads(1)
        return self.forward(pixels)

    def normalised(self, pixels: Sequence[Pixels]) -> "torch.Tensor":
        """Return what the network takes, normalised by channel.

        Args:
            pixels: (crop, crop, 3) uint8 each.

        Returns:
            (n, 3, crop, crop) in the number format, channels last in memory, on the processor.
        """
        import torch

        backbone = self.frozen.backbone
        side = backbone.crop
        # A row of pixels at a time: long enough for vector instructions, small enough for caches.
        scale = (1 / (torch.tensor(backbone.std) * 255)).repeat(side)
        shift = -(torch.tensor(backbone.mean) * 255).repeat(side) * scale
        dtype = getattr(torch, self.number_format)
        stacked = torch.empty((len(pixels), side, side * 3), dtype=dtype)
        for into, each in zip(stacked, pixels, strict=True):
            values = torch.from_numpy(each).view(side, side * 3).to(torch.float32)
            into.copy_(torch.addcmul(shift, values, scale))
        return stacked.view(-1, side, side, 3).permute(0, 3, 1, 2)

    def extract(
        self, batches: Iterable[Sequence[tuple[str, bytes]]], view: View | None
    ) -> Iterator["torch.Tensor"]:
        """Yield the features of batches of (work id, image bytes), in order."""
        _ = self.network  # built once, before the workers share it

        def prepare(batch: Sequence[tuple[str, bytes]]) -> list[Pixels]:
            return [self.pixels(work, data, view) for work, data in batch]

        def whole(batch: Sequence[tuple[str, bytes]]) -> "torch.Tensor":
            return self.forward_alone(prepare(batch))

        if self.device == "cpu":
            with one_thread_each():
                yield from ordered_map(whole, batches, workers=self.workers, ahead=2 * self.workers)
        else:
            prepared = ordered_map(prepare, batches, workers=self.workers, ahead=2 * self.workers)
            yield from map(self.forward, prepared)

    def pixels(self, work: str, data: bytes, view: View | None = None) -> Pixels:
        """Decode one stored work to what the network sees, fixed or as a random view."""
        try:
            image = images.decode(data)
        except images.BadImage as error:
            raise BadFolder(f"work {work} of the collection is damaged: {error}") from None
        backbone = self.frozen.backbone
        if view is None:
            return preprocess(image, backbone)
        return view_of(
            image, backbone, view.augmentation, seed=view.seed, work=work, view=view.number
        )

    def described(self, view: View | None) -> dict[str, Any]:
        """Return all that features depend on beside the images, for the cache key."""
        seen: dict[str, Any] = {"preprocess": described(self.frozen.backbone)}
        if view is not None:
            seen |= {"augment": view.augmentation.described()}
            seen |= {"seed": view.seed, "view": view.number}
        return seen | {
            "backbone": self.frozen.backbone.name,
            "weights": self.frozen.digest,
            "number_format": self.number_format,
            "device": self.device,
            "batch": self.batch,
            **_versions(),
        }


def extractor(
    frozen: Frozen, *, number_format: str = "auto", workers: int | None = None
) -> Extractor:
    """Return an extractor for the best device there is.

    Args:
        frozen: The backbone with its weights.
        number_format: "auto" takes bfloat16 where the device computes in it, else float32.
        workers: Threads; by default one a core.

    Raises:
        UserError: If the number format does not exist, or the device does not have it.
    """
    if number_format not in NUMBER_FORMATS:
        raise unknown_name("number format", number_format, NUMBER_FORMATS)
    device = _device()
    has = _has_bfloat16(device)
    if number_format == "bfloat16" and not has:
        raise UserError(f"this device ({device}) does not compute in bfloat16; use float32 or auto")
    if number_format == "auto":
        number_format = "bfloat16" if has else "float32"
    return Extractor(frozen, device, number_format, max(1, workers or os.cpu_count() or 1))


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "torchvision", "pillow")}


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _has_bfloat16(device: str) -> bool:
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    able: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _ready(network: "torch.nn.Module", device: str, number_format: str) -> "torch.nn.Module":
    import torch
    from torch.fx.experimental.optimization import fuse

    folded: torch.nn.Module = fuse(network).eval()
    folded = folded.to(device=device, dtype=getattr(torch, number_format))
    return folded.to(memory_format=torch.channels_last)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Keep torch to one thread in each Python thread, and give the caller its number back.

    Otherwise even a small sum in the caller wakes threads that spin beside the workers.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
    todo = sum(parts["works"] for parts, there in zip(keys, found, strict=True) if there is None)
    name = "features" if view is None else f"features, view {view.number + 1}"
    missing = [shard for shard in shards if found[shard] is None]
    # One stream over all shards, so that no worker waits at the end of each.
    batches = (
        batch
        for shard in missing
        for batch in _batches(
            collection, shard, chosen[shard], works=keys[shard]["works"], size=using.batch
        )
    )
    stream, done = using.extract(batches, view), 0
    for shard in missing:
        made: list[torch.Tensor] = []
        while sum(map(len, made)) < keys[shard]["works"]:
            made.append(next(stream))
            done += len(made[-1])
            progress.step(name, done, todo, "works")
        joined = _joined(made, using)
        cache.write(folder, cache.key_of(keys[shard]), joined, keys[shard])
        found[shard] = joined
    return [each.float().numpy() for each in found if each is not None]


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
