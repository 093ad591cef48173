"""A classifier: everything needed to attribute a work, or to decline it; `saved` keeps it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from morelli.data import decoding
from morelli.data.forms import ImageLike, named_bytes
from morelli.data.stored import store
from morelli.errors import UserError
from morelli.evaluation.calibration import tempered
from morelli.evaluation.declining import declined
from morelli.evaluation.strangeness import Seen, Strangeness, score
from morelli.features.extractor import one_thread_each
from morelli.features.joined import Joined
from morelli.markup import html_table
from morelli.parallel import ordered_map
from morelli.training.heads import hidden_layers, last_layers, mean_of

if TYPE_CHECKING:
    from torch import nn

FEWEST = 8
"""Image files that a worker has at a time, at least; of a few files all workers have some."""

BLOCK = 8_192
"""Works that are judged at a time: their hidden values take more memory than their features."""

NONE_OF_THESE = "none of these"
"""The answer where a work is declined."""


@dataclass(frozen=True)
class HeadShape:
    """What it takes to build a head before its weights are put in."""

    width: int
    hidden: int
    dropout: float
    standardise: bool
    heads: int = 1


@dataclass(frozen=True)
class Attribution:
    """What a classifier says of one image.

    Attributes:
        image: Its name.
        task: What is predicted: artist, genre or style.
        probabilities: For each class name its probability, the likeliest first.
        declined: Whether it is none of these: too unlike all works that the classifier learned
            from, so that the likeliest is but the nearest guess.
    """

    image: str
    task: str
    probabilities: dict[str, float]
    declined: bool = False

    @property
    def best(self) -> str:
        """The likeliest class name."""
        return next(iter(self.probabilities))

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the likeliest (class name, probability)."""
        return list(islice(self.probabilities.items(), count))

    def _repr_html_(self) -> str:
        rows = [(name, f"{probability:.1%}") for name, probability in self.top(5)]
        declined = f": {NONE_OF_THESE}; the nearest guesses" if self.declined else ""
        return html_table(f"{self.image}{declined}", (self.task, "probability"), rows)


@dataclass(frozen=True)
class Unreadable:
    """An image that could not be attributed, and why."""

    image: str
    reason: str


@dataclass(frozen=True)
class Classifier:
    """Frozen backbones and a trained head with the names of its classes.

    Attributes:
        task: What is predicted: artist, genre or style.
        class_names: Names of the classes, sorted; the head's outputs in this order.
        size: Short side in pixels at which the collection kept its works; None for any.
        using: The backbone, or several joined, ready to run.
        shape: The head's shape.
        head: (n, d) float32 features to (n, classes) log-probabilities, in eval mode.
        temperature: What log-probabilities are divided by before they are normalised again.
        strangeness: How unlike its training works a work is, and when it is declined.
    """

    task: str
    class_names: tuple[str, ...]
    size: int | None
    using: Joined
    shape: HeadShape
    head: "nn.Module"
    temperature: float
    strangeness: Strangeness

    def attribute(self, image: ImageLike) -> Attribution:
        """Attribute one image.

        Raises:
            UserError: If the image cannot be read.
        """
        name, data = named_bytes(image)
        try:
            stored = self._stored(data)
        except decoding.BadImage as error:
            raise UserError(f"{name}: {error}") from None
        return self.attributions([name], self.using.features([stored]))[0]

    def attribute_files(self, paths: Iterable[Path]) -> Iterator[Attribution | Unreadable]:
        """Attribute image files, in order, in batches on all workers; bad ones do not stop it."""
        files = list(paths)
        share = -(-len(files) // self.using.workers)
        size = min(self.using.batch, max(FEWEST, share))
        batches = (files[start : start + size] for start in range(0, len(files), size))
        with one_thread_each():
            for answers in ordered_map(
                self._batch, batches, workers=self.using.workers, ahead=2 * self.using.workers
            ):
                yield from answers

    def _batch(self, paths: Sequence[Path]) -> list[Attribution | Unreadable]:
        read = [self._read(path) for path in paths]
        stored = [data for data in read if isinstance(data, bytes)]
        names = [
            str(path) for path, data in zip(paths, read, strict=True) if isinstance(data, bytes)
        ]
        attributions: Iterator[Attribution] = iter(())
        if stored:
            features = self.using.features(stored, alone=True)
            attributions = iter(self.attributions(names, features))
        return [
            Unreadable(str(path), data) if isinstance(data, str) else next(attributions)
            for path, data in zip(paths, read, strict=True)
        ]

    def _read(self, path: Path) -> bytes | str:
        try:
            return self._stored(path.read_bytes())
        except OSError as error:
            return error.strerror or "cannot be read"
        except decoding.BadImage as error:
            return str(error)

    def _stored(self, data: bytes) -> bytes:
        """Go the way of the collection's works: scaled and stored as there."""
        return store(data, self.size).data

    def log_probabilities(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return (n, classes) log-probabilities of features, (n, d), at its temperature."""
        return tempered(raw_log_probabilities(self.head, features), self.temperature)

    def judge(self, features: npt.NDArray[np.float32]) -> "Judgement":
        """Judge works by their features, (n, d), in one pass through the head."""
        blocks = [
            seen_by(self.head, self.temperature, features[start : start + BLOCK])
            for start in range(0, len(features), BLOCK)
        ]
        return Judgement(
            np.concatenate(
                [np.zeros((0, len(self.class_names)), np.float32)]
                + [block.log_probabilities for block in blocks]
            ),
            np.concatenate([np.zeros(0)] + [score(self.strangeness, block) for block in blocks]),
        )

    def attributions(
        self, images: Sequence[str], features: npt.NDArray[np.float32]
    ) -> list[Attribution]:
        """Attribute images by their names and features, (n, d)."""
        judged = self.judge(features)
        probabilities = np.exp(judged.log_probabilities.astype(np.float64))
        orders = np.argsort(-probabilities, axis=1, kind="stable")
        none = declined(judged.strangeness, self.strangeness.limit[0]).tolist()
        return [
            Attribution(
                image,
                self.task,
                {self.class_names[label]: float(shares[label]) for label in order},
                is_none,
            )
            for image, shares, order, is_none in zip(
                images, probabilities, orders, none, strict=True
            )
        ]


@dataclass(frozen=True)
class Judgement:
    """What a classifier makes of works.

    Attributes:
        log_probabilities: (n, classes) float32, at its temperature.
        strangeness: (n,) how unlike its training works they are; above `strangeness.limit` a
            work is declined.
    """

    log_probabilities: npt.NDArray[np.float32]
    strangeness: npt.NDArray[np.float64]


def seen_by(head: "nn.Module", temperature: float, features: npt.NDArray[np.float32]) -> Seen:
    """Return works as a head sees them by their features, (n, d), in one pass."""
    import torch

    inputs = torch.from_numpy(features)
    with torch.inference_mode():
        hidden = [layers(inputs) for layers in hidden_layers(head)]
        outputs = [layers(values) for layers, values in zip(last_layers(head), hidden, strict=True)]
        raw = (outputs[0] if len(outputs) == 1 else mean_of(outputs)).numpy()
        values = torch.cat(hidden, dim=1).numpy()
    return Seen(features, values, tempered(raw, temperature))


def raw_log_probabilities(
    head: "nn.Module", features: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return (n, classes) log-probabilities of features, (n, d), as a head gives them."""
    import torch

    with torch.inference_mode():
        raw: npt.NDArray[np.float32] = head(torch.from_numpy(features)).numpy()
    return raw
