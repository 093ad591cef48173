"""A classifier: everything needed to attribute a work, in one folder of safetensors and JSON."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli._version import __version__
from morelli.data import images
from morelli.data.aside import aside, file_digest
from morelli.data.parallel import ordered_map
from morelli.data.signed import read_signed, write_signed
from morelli.errors import BadFolder, BadWeights, UserError, writing
from morelli.evaluation.calibration import tempered
from morelli.features.backbones import find_backbone
from morelli.features.extractor import extractor, one_thread_each
from morelli.features.joined import Joined
from morelli.features.weights import Frozen, from_state, read_tensors
from morelli.markup import html_table
from morelli.training.heads import Mean, build_head

if TYPE_CHECKING:
    from torch import nn

FORMAT = 2
SETTINGS = "classifier.json"
HEAD = "head.safetensors"

ImageLike = str | Path | bytes | Image.Image | npt.NDArray[Any]
"""What can be attributed: a path, a file's bytes, a Pillow image, or an array, (h, w, 3) or (h, w)
uint8."""

_KINDRED = {"HSV": "RGB", "RGBX": "RGB", "La": "LA", "RGBa": "RGBA"}
"""For Pillow's modes that no file has, those that they are made of."""

_NOT_IN_PNG = ("CMYK", "YCbCr", "LAB", "I", "F", "PA")


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
    """

    image: str
    task: str
    probabilities: dict[str, float]

    @property
    def best(self) -> str:
        """The likeliest class name."""
        return next(iter(self.probabilities))

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the likeliest (class name, probability)."""
        return list(islice(self.probabilities.items(), count))

    def _repr_html_(self) -> str:
        rows = [(name, f"{probability:.1%}") for name, probability in self.top(5)]
        return html_table(self.image, (self.task, "probability"), rows)


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
    """

    task: str
    class_names: tuple[str, ...]
    size: int | None
    using: Joined
    shape: HeadShape
    head: "nn.Module"
    temperature: float = 1.0

    def attribute(self, image: ImageLike) -> Attribution:
        """Attribute one image.

        Raises:
            UserError: If the image cannot be read.
        """
        name, data = _named_bytes(image)
        try:
            stored = self._stored(data)
        except images.BadImage as error:
            raise UserError(f"{name}: {error}") from None
        log_probabilities = self.log_probabilities(self.using.features([stored]))
        return self._attribution(name, log_probabilities[0])

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
        stored = [each for each in read if not isinstance(each, str)]
        told = iter(())
        if stored:
            told = iter(self.log_probabilities(self.using.features(stored, alone=True)))
        return [
            Unreadable(str(path), each)
            if isinstance(each, str)
            else self._attribution(str(path), next(told))
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

    def _attribution(self, image: str, log_probabilities: npt.NDArray[np.float32]) -> Attribution:
        probabilities = np.exp(log_probabilities.astype(np.float64))
        order = np.argsort(-probabilities, kind="stable").tolist()
        return Attribution(
            image, self.task, {self.class_names[each]: float(probabilities[each]) for each in order}
        )


def raw_log_probabilities(
    head: "nn.Module", features: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return (n, classes) log-probabilities of features, (n, d), as a head gives them."""
    import torch

    with torch.inference_mode():
        told: npt.NDArray[np.float32] = head(torch.from_numpy(features)).numpy()
    return told


def _named_bytes(image: ImageLike) -> tuple[str, bytes]:
    if isinstance(image, bytes):
        return "image", image
    if isinstance(image, str | Path):
        try:
            return str(image), Path(image).read_bytes()
        except OSError as error:
            raise UserError(f"{image}: {error.strerror}") from None
    if isinstance(image, np.ndarray):
        fits = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
        if image.dtype != np.uint8 or not (fits and image.size):
            raise UserError(
                f"the array is {image.dtype} {image.shape}; it must be uint8 (h, w, 3) or (h, w)"
            )
        image = Image.fromarray(image)
    name = getattr(image, "filename", "") or "image"
    try:
        return name, _encoded(image)
    except (OSError, SyntaxError, ValueError) as error:  # so says Pillow of what it cannot decode
        raise UserError(f"{name}: cannot be decoded: {error}") from None


def _encoded(image: Image.Image) -> bytes:
    """Write an image to a file in memory, pixels as they are, so that all go the same way."""
    image = image.convert(_KINDRED.get(image.mode, image.mode))
    kind = "TIFF" if image.mode in _NOT_IN_PNG else "PNG"
    buffer = io.BytesIO()
    image.save(buffer, kind, compress_level=1, exif=image.info.get("exif", b""))
    return buffer.getvalue()


def save_classifier(folder: Path, classifier: Classifier) -> None:
    """Write a classifier to a folder: safetensors files and a JSON file that vouches for them.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    from safetensors.torch import save

    backbones = [each.frozen for each in classifier.using.parts]
    states = {HEAD: classifier.head.state_dict()}
    states |= {backbone_file(each.backbone.name): dict(each.state) for each in backbones}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, state in states.items():
            with aside(folder / name) as partial:
                partial.write_bytes(save({key: each.contiguous() for key, each in state.items()}))
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
            "files": {name: file_digest(folder / name) for name in states},
        }
        write_signed(folder / SETTINGS, said)


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
    head = _head(shape, len(said["class_names"]))
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
    )


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
