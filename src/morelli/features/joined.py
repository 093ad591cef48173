"""Backbones at work together: the features of several networks side by side, or of one alone."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from morelli.data.collection import Collection
from morelli.features.backbones import find_backbones
from morelli.features.extract import collection_features
from morelli.features.extractor import Extractor, View, extractor, one_thread_each
from morelli.features.preprocess import Pixels
from morelli.features.weights import load_backbone
from morelli.machine import HERE, Machine
from morelli.parallel import ordered_map
from morelli.progress import Progress

Features = npt.NDArray[np.float32]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Joined:
    """One backbone or several, ready to run; works are pushed through each.

    Attributes:
        parts: The extractors, on one device, in the order in which features stand side by side.
    """

    parts: tuple[Extractor, ...]

    @property
    def name(self) -> str:
        """The backbones' names, joined by a plus sign."""
        return "+".join(part.frozen.backbone.name for part in self.parts)

    @property
    def origin(self) -> str:
        """Where the weights came from, in a few words."""
        return ", ".join(dict.fromkeys(part.frozen.origin for part in self.parts))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights, in hexadecimal; of several, over their hashes."""
        digests = [part.frozen.digest for part in self.parts]
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("".join(digests).encode()).hexdigest()

    @property
    def device(self) -> str:
        """Where they run."""
        return self.parts[0].device

    @property
    def number_format(self) -> str:
        """What they compute in."""
        return self.parts[0].number_format

    @property
    def workers(self) -> int:
        """Threads."""
        return self.parts[0].workers

    @property
    def batch(self) -> int:
        """Works in a batch."""
        return self.parts[0].batch

    @property
    def widths(self) -> tuple[int, ...]:
        """The width of each one's features."""
        return tuple(part.frozen.backbone.width for part in self.parts)

    def build(self) -> None:
        """Build the networks now, so that weights that do not fit are found now.

        Raises:
            BadWeights: It says what does not fit.
        """
        for part in self.parts:
            _ = part.network

    def features(self, works: Sequence[bytes], *, alone: bool = False) -> Features:
        """Return (n, d) features of works.

        Args:
            works: The stored bytes of each, which can be decoded.
            alone: Whether to keep to one thread, for use in many threads at once.
        """
        seen = [[part.pixels("", data) for data in works] for part in self.parts]
        return self._forward(seen, alone=alone)

    def features_by_workers(
        self, items: Iterable[Item], pixels: Callable[[Item], list[list[Pixels]]]
    ) -> Features:
        """Return (n, d) features of what all workers make ready.

        On a processor each worker forwards what it has made ready; an accelerator gets all at once.

        Args:
            items: What is dealt out to the workers, at least one.
            pixels: Makes of one of them, for each network, what this one sees.
        """

        def whole(item: Item) -> Features:
            return self._forward(pixels(item), alone=True)

        self.build()
        ahead = 2 * self.workers
        with one_thread_each():
            if self.device == "cpu":
                features = ordered_map(whole, items, workers=self.workers, ahead=ahead)
                return np.concatenate(list(features))
            ready = list(ordered_map(pixels, items, workers=self.workers, ahead=ahead))
            return self._forward([list(chain(*network)) for network in zip(*ready, strict=True)])

    def _forward(self, seen: Sequence[Sequence[Pixels]], *, alone: bool = False) -> Features:
        """Return (n, d) features from what each network sees of the n works."""
        features = [
            part.forward_alone(pixels) if alone else part.forward(pixels)
            for part, pixels in zip(self.parts, seen, strict=True)
        ]
        return np.concatenate([part.float().numpy() for part in features], axis=1)


def load_joined(
    names: str,
    weights: str | Path | None = None,
    *,
    number_format: str = "auto",
    workers: int | None = None,
) -> Joined:
    """Return backbones with their weights, ready to run on the best device there is.

    Args:
        names: A backbone's name, or several joined by plus signs.
        weights: As `load_backbone` takes them; for several, a folder or "random".
        number_format: As `extractor` takes it.
        workers: Threads; by default one a core.

    Raises:
        UserError: If a name, the weights or the number format cannot be used.
    """
    return Joined(
        tuple(
            extractor(
                load_backbone(backbone, weights), number_format=number_format, workers=workers
            )
            for backbone in find_backbones(names)
        )
    )


def joined_features(
    collection: Collection,
    using: Joined,
    *,
    view: View | None = None,
    rows: Sequence[npt.NDArray[np.int64]] | None = None,
    machine: Machine = HERE,
) -> list[Features]:
    """Return the features of a collection's works by each backbone, side by side.

    Each backbone's are cached apart. Arguments and errors are those of `collection_features`.

    Returns:
        For each shard, (rows, d) float32.
    """
    machines = [machine] * len(using.parts)
    if len(using.parts) > 1:
        names = (part.frozen.backbone.name for part in using.parts)
        machines = [machine.heard_by(_Named(machine.progress, name)) for name in names]
    features = [
        collection_features(collection, part, view=view, rows=rows, machine=own)
        for part, own in zip(using.parts, machines, strict=True)
    ]
    return [np.concatenate(shard, axis=1) for shard in zip(*features, strict=True)]


class _Named:
    """Passes on what it hears with the backbone's name."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name

    def note(self, text: str) -> None:
        self._progress.note(text)

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        self._progress.step(f"{name} ({self._name})", done, total, unit)
