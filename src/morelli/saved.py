"""A classifier's folder: safetensors files, and a JSON file that vouches for them; no pickle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from morelli._version import __version__
from morelli.classifier import Classifier, HeadShape
from morelli.data.aside import aside
from morelli.data.folders import ResultFolder
from morelli.data.records import as_json, from_json
from morelli.errors import BadFolder, BadWeights, UserError, writing
from morelli.evaluation.strangeness import Strangeness, restored
from morelli.features.backbones import find_backbone
from morelli.features.extractor import extractor
from morelli.features.joined import Joined
from morelli.features.weights import Frozen, from_state, read_tensors
from morelli.training.heads import Mean, build_head

if TYPE_CHECKING:
    from torch import nn

SETTINGS = "classifier.json"
HEAD = "head.safetensors"
STRANGENESS = "strangeness.safetensors"

CLASSIFIER_FOLDER = ResultFolder(
    kind="classifier",
    manifest=SETTINGS,
    format=3,
    oldest=3,
    missing="{folder} holds no {kind} (it has no {manifest})",
)
"""A classifier's folder: when it is finished."""


@dataclass(frozen=True)
class Network:
    """A frozen backbone of a classifier.

    Attributes:
        name: Its name.
        origin: Where its weights came from.
        digest: Their SHA-256, in hexadecimal.
    """

    name: str
    origin: str
    digest: str


@dataclass(frozen=True)
class ClassifierSettings:
    """What `classifier.json` says.

    Attributes:
        morelli: Version of Morelli that wrote it.
        task: What is predicted: artist, genre or style.
        class_names: Names of the classes.
        size: Short side in pixels at which the collection kept its works; None for any.
        number_format: That of the backbones.
        backbones: In the order in which their features are joined.
        head: The head's shape.
        temperature: What log-probabilities are divided by.
    """

    morelli: str
    task: str
    class_names: tuple[str, ...]
    size: int | None
    number_format: str
    backbones: tuple[Network, ...]
    head: HeadShape
    temperature: float


def save_classifier(folder: Path, classifier: Classifier) -> None:
    """Write a classifier to a folder: safetensors files and a JSON file that vouches for them.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    names = []
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in _files_of(classifier):
            with aside(folder / name) as partial:
                partial.write_bytes(data)
            names.append(name)
    CLASSIFIER_FOLDER.finish(folder, names, as_json(_settings_of(classifier)))


def _settings_of(classifier: Classifier) -> ClassifierSettings:
    networks = [part.frozen for part in classifier.using.parts]
    return ClassifierSettings(
        morelli=__version__,
        task=classifier.task,
        class_names=classifier.class_names,
        size=classifier.size,
        number_format=classifier.using.number_format,
        backbones=tuple(
            Network(network.backbone.name, network.origin, network.digest) for network in networks
        ),
        head=classifier.shape,
        temperature=classifier.temperature,
    )


def _files_of(classifier: Classifier) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each safetensors file of a classifier's folder."""
    from safetensors.numpy import save as save_arrays
    from safetensors.torch import save

    yield HEAD, save(classifier.head.state_dict())
    for part in classifier.using.parts:
        state = {key: tensor.contiguous() for key, tensor in part.frozen.state.items()}
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
    content = CLASSIFIER_FOLDER.read(folder)
    settings = from_json(content, ClassifierSettings, folder / SETTINGS)
    classes = len(settings.class_names)
    head = _head(settings.head, classes)
    try:
        using = _joined(folder, settings, workers)
        using.build()
        head.load_state_dict(read_tensors(folder / HEAD))
    except (BadWeights, RuntimeError) as error:
        raise BadFolder(f"{folder} is damaged: {error}") from None
    return Classifier(
        task=settings.task,
        class_names=settings.class_names,
        size=settings.size,
        using=using,
        shape=settings.head,
        head=head.eval(),
        temperature=settings.temperature,
        strangeness=_strangeness(folder, settings.head, classes),
    )


def _strangeness(folder: Path, shape: HeadShape, classes: int) -> Strangeness:
    """Read what it takes to decline a work, fit for such a head."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        strangeness = restored(load((folder / STRANGENESS).read_bytes()))
    except (SafetensorError, ValueError, OSError) as error:
        raise BadFolder(f"{folder / STRANGENESS} is damaged: {error}; train it anew") from None
    wanted = (shape.width, shape.hidden * shape.heads, classes)
    if (len(strangeness.scale), len(strangeness.axes), len(strangeness.means)) != wanted:
        raise BadFolder(f"{folder / STRANGENESS} does not fit the head; train it anew")
    return strangeness


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


def _joined(folder: Path, settings: ClassifierSettings, workers: int | None) -> Joined:
    """Take the number format that the features had, or float32 where there is no such thing."""
    networks = [
        from_state(
            find_backbone(network.name),
            read_tensors(folder / backbone_file(network.name)),
            network.origin,
        )
        for network in settings.backbones
    ]
    try:
        return _extractors(networks, settings.number_format, workers)
    except UserError:
        return _extractors(networks, "float32", workers)


def _extractors(networks: Sequence[Frozen], number_format: str, workers: int | None) -> Joined:
    return Joined(
        tuple(
            extractor(network, number_format=number_format, workers=workers) for network in networks
        )
    )
