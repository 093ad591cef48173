"""A frozen backbone at work: on the best device there is, in its best number format.

On a processor each worker thread decodes a batch and pushes it through the network with one
thread of its own, so that decoding runs beside other batches' forward passes and no thread waits
for another. On an accelerator the workers decode and one thread feeds the network: see
`accelerator`.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from morelli.data import decoding
from morelli.errors import BadFolder, UserError, unknown_name
from morelli.features import accelerator
from morelli.features.augment import STUDY
from morelli.features.backbones import NUMBER_FORMATS
from morelli.features.preprocess import Pixels, described, preprocess
from morelli.features.views import Kind, draw
from morelli.features.weights import Frozen
from morelli.parallel import ordered_map

if TYPE_CHECKING:
    import torch

BATCH = 64
"""Works in a batch."""


@dataclass(frozen=True)
class View:
    """A random view of works, by its number."""

    number: int
    seed: int
    augmentation: Kind = STUDY

    def described(self) -> dict[str, object]:
        """Return all that decides what is drawn, for the cache key."""
        augment = self.augmentation.described()
        return {"augment": augment, "seed": self.seed, "view": self.number}


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
        """Works in a batch, at most."""
        return BATCH

    def forward(self, pixels: Sequence[Pixels]) -> "torch.Tensor":
        """Return features of a batch.

        Args:
            pixels: (crop, crop, 3) uint8 each.

        Returns:
            (n, d) in the number format, on the processor.
        """
        import torch

        if self.device != "cpu":
            batches = (pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH))
            pieces = ([accelerator.stacked(batch, self.device)] for batch in batches)
            return torch.cat(list(map(self._accelerated, pieces)))
        network = self.network  # built outside inference mode, within which it had no gradients
        with torch.inference_mode():
            features: torch.Tensor = network(self.normalised(pixels))
        return features

    def _accelerated(self, pieces: Sequence["torch.Tensor"]) -> "torch.Tensor":
        """Return features of a batch by an accelerator, to which it comes in pieces."""
        import torch

        return accelerator.forward(
            self.network,
            pieces,
            self.frozen.backbone,
            device=self.device,
            dtype=getattr(torch, self.number_format),
            size=BATCH,
        )

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
        for work, own in zip(stacked, pixels, strict=True):
            values = torch.from_numpy(own).view(side, side * 3).to(torch.float32)
            work.copy_(torch.addcmul(shift, values, scale))
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
            yield from map(
                self._accelerated,
                accelerator.prepared(batches, prepare, device=self.device, workers=self.workers),
            )

    def pixels(self, work: str, data: bytes, view: View | None = None) -> Pixels:
        """Decode one stored work to what the network sees, fixed or as a random view."""
        try:
            image = decoding.decode(data)
        except decoding.BadImage as error:
            raise BadFolder(f"work {work} of the collection is damaged: {error}") from None
        backbone = self.frozen.backbone
        if view is None:
            return preprocess(image, backbone)
        return draw(image, backbone, view.augmentation, seed=view.seed, work=work, view=view.number)

    def described(self, view: View | None) -> dict[str, object]:
        """Return all that features depend on beside the images, for the cache key."""
        return {
            "preprocess": described(self.frozen.backbone),
            **({} if view is None else view.described()),
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
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


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
