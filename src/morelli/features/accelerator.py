"""The way of an accelerator: works come in pieces, as bytes, and are forwarded in full batches.

Workers decode a few works at a time, so that all of them have some. CUDA makes plans for each size
of a batch and each thread, which takes seconds, and adds up otherwise in a batch of another size,
which shows in bfloat16. So batches that are not full are filled up, and one thread has them all:
plans are made once, and a work has the same features in whatever company.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from morelli.features.backbones import Backbone
from morelli.features.preprocess import Pixels
from morelli.parallel import ordered_map

if TYPE_CHECKING:
    import torch

PIECE = 16
"""Works that a worker decodes at a time."""

Work = TypeVar("Work")


def prepared(
    batches: Iterable[Sequence[Work]],
    prepare: Callable[[Sequence[Work]], list[Pixels]],
    *,
    device: str,
    workers: int,
) -> Iterator[list["torch.Tensor"]]:
    """Yield batches, in order, in pieces of (works, crop, crop, 3) uint8, from several threads.

    Args:
        batches: The works of each.
        prepare: From some works to their pixels.
        device: Where they will be sent.
        workers: Threads.
    """

    def ready(piece: tuple[Sequence[Work], bool]) -> tuple["torch.Tensor", bool]:
        return stacked(prepare(piece[0]), device), piece[1]

    gathered: list[torch.Tensor] = []
    for pixels, is_last in ordered_map(ready, _cut(batches), workers=workers, ahead=4 * workers):
        gathered.append(pixels)
        if is_last:
            yield gathered
            gathered = []


def _cut(batches: Iterable[Sequence[Work]]) -> Iterator[tuple[Sequence[Work], bool]]:
    """Cut batches into pieces, and say of each whether it ends its batch."""
    for batch in batches:
        for start in range(0, len(batch), PIECE):
            yield batch[start : start + PIECE], start + PIECE >= len(batch)


def stacked(pixels: Sequence[Pixels], device: str) -> "torch.Tensor":
    """Return the pixels of works as one; for CUDA in memory that it reads without the processor."""
    import torch

    together = torch.from_numpy(np.stack(pixels))
    return together.pin_memory() if device == "cuda" else together


def forward(
    network: "torch.nn.Module",
    pieces: Sequence["torch.Tensor"],
    backbone: Backbone,
    *,
    device: str,
    dtype: "torch.dtype",
    size: int,
) -> "torch.Tensor":
    """Return the features of a batch, (n, d), on the processor; from any thread.

    Args:
        network: On the device, in the number format.
        pieces: (works, crop, crop, 3) uint8 each, `size` works at most.
        backbone: Says how pixels are normalised.
        device: The accelerator.
        dtype: The number format.
        size: To how many works the batch is filled up.
    """
    import torch

    works = sum(map(len, pieces))

    def run() -> "torch.Tensor":
        with torch.inference_mode(), _in_full(device, dtype):
            pixels = torch.zeros((size, *pieces[0].shape[1:]), dtype=torch.uint8, device=device)
            for part, piece in zip(
                torch.split(pixels[:works], [*map(len, pieces)]), pieces, strict=True
            ):
                part.copy_(piece, non_blocking=True)
            mean = (255 * torch.tensor(backbone.mean)).to(device)
            std = (255 * torch.tensor(backbone.std)).to(device)
            normalised = ((pixels - mean) / std).to(dtype).permute(0, 3, 1, 2)
            features: torch.Tensor = network(normalised)[:works]
        return features.cpu()

    return _feeder().submit(run).result()


@lru_cache(maxsize=1)
def _feeder() -> ThreadPoolExecutor:
    """Return the one thread in which networks run on accelerators."""
    return ThreadPoolExecutor(1, thread_name_prefix="morelli-accelerator")


@contextmanager
def _in_full(device: str, dtype: "torch.dtype") -> Iterator[None]:
    """Keep CUDA from rounding what convolutions in float32 take to the 10 bits of TF32."""
    import torch

    if device != "cuda" or dtype != torch.float32:
        yield
        return
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
