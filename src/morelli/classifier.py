"""A classifier: everything needed to attribute a work, in one folder of safetensors and JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from morelli._version import __version__
from morelli.data import images
from morelli.data.aside import aside, file_digest
from morelli.data.given import ImageLike, named_bytes
from morelli.data.parallel import ordered_map
from morelli.data.signed import read_signed, write_signed
from morelli.errors import BadFolder, BadWeights, UserError, writing
from morelli.evaluation.calibration import tempered
from morelli.evaluation.openset import declined
from morelli.evaluation.strangeness import Seen, Strangeness, restored, score
from morelli.features.backbones import find_backbone
from morelli.features.extractor import extractor, one_thread_each
from morelli.features.joined import Joined
from morelli.features.weights import Frozen, from_state, read_tensors
from morelli.markup import html_table
from morelli.training.heads import Mean, build_head, hidden_layers

if TYPE_CHECKING:
    from torch import nn

FORMAT = 3
SETTINGS = "classifier.json"
HEAD = "head.safetensors"
STRANGENESS = "strangeness.safetensors"

BLOCK = 1_000
"""Works whose hidden values are in memory at a time: there are more of them than features."""

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
        task: What is told: artist, genre or style.
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
        task: What is told: artist, genre or style.
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
        except images.BadImage as error:
            raise UserError(f"{name}: {error}") from None
        return self.attributions([name], self.using.features([stored]))[0]

    def attribute_files(self, paths: Iterable[Path]) -> Iterator[Attribution | Unreadable]:
        """Attribute image files, in order, in batches on all workers; bad ones do not stop it."""
        ordered = iter(paths)
        batches = iter(lambda: list(islice(ordered, self.using.batch)), [])
        with one_thread_each():
            for answers in ordered_map(
                self._batch, batches, workers=self.using.workers, ahead=2 * self.using.workers
            ):
                yield from answers

    def _batch(self, paths: Sequence[Path]) -> list[Attribution | Unreadable]:
        read = [self._read(path) for path in paths]
        stored = [each for each in read if isinstance(each, bytes)]
        names = [
            str(path) for path, each in zip(paths, read, strict=True) if isinstance(each, bytes)
        ]
        told: Iterator[Attribution] = iter(())
        if stored:
            told = iter(self.attributions(names, self.using.features(stored, alone=True)))
        return [
            Unreadable(str(path), each) if isinstance(each, str) else next(told)
            for path, each in zip(paths, read, strict=True)
        ]

    def _read(self, path: Path) -> bytes | str:
        try:
            return self._stored(path.read_bytes())
        except OSError as error:
            return error.strerror or "cannot be read"
        except images.BadImage as error:
            return str(error)

    def _stored(self, data: bytes) -> bytes:
        """Go the way of the collection's works: scaled and stored as there."""
        return images.store(data, self.size).data

    def log_probabilities(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return (n, classes) log-probabilities of features, (n, d), at its temperature."""
        return tempered(raw_log_probabilities(self.head, features), self.temperature)

    def strangeness_of(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return (n,) how unlike its training works these are by their features, (n, d).

        Works above `strangeness.limit` are declined.
        """
        scores = [
            score(self.strangeness, seen_by(self.head, self.temperature, features[rows]))
            for rows in _blocks(len(features))
        ]
        return np.concatenate([np.zeros(0), *scores])

    def attributions(
        self, images: Sequence[str], features: npt.NDArray[np.float32]
    ) -> list[Attribution]:
        """Attribute images by their names and features, (n, d)."""
        probabilities = np.exp(self.log_probabilities(features).astype(np.float64))
        orders = np.argsort(-probabilities, axis=1, kind="stable")
        gone = declined(self.strangeness_of(features), self.strangeness.limit[0]).tolist()
        return [
            Attribution(
                name, self.task, {self.class_names[at]: float(shares[at]) for at in order}, none
            )
            for name, shares, order, none in zip(images, probabilities, orders, gone, strict=True)
        ]


def seen_by(head: "nn.Module", temperature: float, features: npt.NDArray[np.float32]) -> Seen:
    """Return works as a head sees them by their features, (n, d)."""
    told = tempered(raw_log_probabilities(head, features), temperature)
    return Seen(features, hidden_values(head, features), told)


def _blocks(works: int) -> list[slice]:
    """Deal works out to blocks of `BLOCK` at most."""
    return [slice(start, start + BLOCK) for start in range(0, works, BLOCK)]


def hidden_values(head: "nn.Module", features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (n, h) values of a head's hidden layer for features, (n, d); of several, in a row."""
    import torch

    given = torch.from_numpy(features)
    with torch.inference_mode():
        values = torch.cat([layer(given) for layer in hidden_layers(head)], dim=1)
    found: npt.NDArray[np.float32] = values.numpy()
    return found


def raw_log_probabilities(
    head: "nn.Module", features: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return (n, classes) log-probabilities of features, (n, d), as a head gives them."""
    import torch

    with torch.inference_mode():
        told: npt.NDArray[np.float32] = head(torch.from_numpy(features)).numpy()
    return told


def save_classifier(folder: Path, classifier: Classifier) -> None:
    """Write a classifier to a folder: safetensors files and a JSON file that vouches for them.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    backbones = [each.frozen for each in classifier.using.parts]
    digests: dict[str, str] = {}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in _files_of(classifier):
            with aside(folder / name) as partial:
                partial.write_bytes(data)
            digests[name] = file_digest(folder / name)
        said: dict[str, Any] = {
            "format": FORMAT,
            "morelli": __version__,
            "task": classifier.task,
            "class_names": list(classifier.class_names),
            "size": classifier.size,
            "number_format": classifier.using.number_format,
            "backbones": [
                {"name": each.backbone.name, "origin": each.origin, "digest": each.digest}
                for each in backbones
            ],
            "head": asdict(classifier.shape),
            "temperature": classifier.temperature,
            "files": digests,
        }
        write_signed(folder / SETTINGS, said)


def _files_of(classifier: Classifier) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each safetensors file of a classifier's folder."""
    from safetensors.numpy import save as save_arrays
    from safetensors.torch import save

    yield HEAD, save(classifier.head.state_dict())
    for part in classifier.using.parts:
        state = {key: each.contiguous() for key, each in part.frozen.state.items()}
        yield backbone_file(part.frozen.backbone.name), save(state)
    arrays = classifier.strangeness.arrays()
    yield STRANGENESS, save_arrays({k: np.ascontiguousarray(v) for k, v in arrays.items()})


def backbone_file(name: str) -> str:
    """Return the name of the file that holds a backbone's weights."""
    return f"backbone-{name}.safetensors"


def load_classifier(folder: Path, *, workers: int | None = None) -> Classifier:
    """Load a classifier from its folder; nothing in it is executed.

    Args:
        folder: Holds `classifier.json`.
        workers: Threads; by default one a core.

    Raises:
        BadFolder: If a file is missing or was altered; it says which.
    """
    if not (folder / SETTINGS).is_file():
        raise BadFolder(f"{folder} holds no classifier (it has no {SETTINGS})")
    said = read_signed(folder / SETTINGS, FORMAT, oldest=FORMAT)
    shape = HeadShape(**said["head"])
    classes = len(said["class_names"])
    head = _head(shape, classes)
    try:
        using = _joined(folder, said, workers)
        using.build()
        head.load_state_dict(read_tensors(folder / HEAD))
    except (BadWeights, RuntimeError) as error:
        raise BadFolder(f"{folder} is damaged: {error}") from None
    return Classifier(
        task=said["task"],
        class_names=tuple(said["class_names"]),
        size=said["size"],
        using=using,
        shape=shape,
        head=head.eval(),
        temperature=said["temperature"],
        strangeness=_strangeness(folder, shape, classes),
    )


def _strangeness(folder: Path, shape: HeadShape, classes: int) -> Strangeness:
    """Read what it takes to decline a work, fit for such a head."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found = restored(load((folder / STRANGENESS).read_bytes()))
    except (SafetensorError, ValueError, OSError) as error:
        raise BadFolder(f"{folder / STRANGENESS} is damaged: {error}; train it anew") from None
    wanted = (shape.width, shape.hidden * shape.heads, classes)
    if (len(found.scale), len(found.axes), len(found.means)) != wanted:
        raise BadFolder(f"{folder / STRANGENESS} does not fit the head; train it anew")
    return found


def _head(shape: HeadShape, classes: int) -> "nn.Module":
    """Build a head, or several that answer together, before the weights are put in."""
    heads = [
        build_head(
            shape.width,
            classes,
            hidden=shape.hidden,
            dropout=shape.dropout,
            standardise=shape.standardise,
        )
        for _ in range(shape.heads)
    ]
    return heads[0] if len(heads) == 1 else Mean(heads)


def _joined(folder: Path, said: dict[str, Any], workers: int | None) -> Joined:
    """Take the number format that the features had, or float32 where there is no such thing."""
    backbones = [
        from_state(
            find_backbone(each["name"]),
            read_tensors(folder / backbone_file(each["name"])),
            each["origin"],
        )
        for each in said["backbones"]
    ]
    try:
        return _extractors(backbones, said["number_format"], workers)
    except UserError:
        return _extractors(backbones, "float32", workers)


def _extractors(backbones: Sequence[Frozen], number_format: str, workers: int | None) -> Joined:
    return Joined(
        tuple(extractor(each, number_format=number_format, workers=workers) for each in backbones)
    )
