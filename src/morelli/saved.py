"""A classifier's folder: safetensors files, and a JSON file that vouches for them; no pickle."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from morelli._version import __version__
from morelli.classifier import Classifier, HeadShape
from morelli.data.aside import aside
from morelli.data.folders import ResultFolder
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


def save_classifier(folder: Path, classifier: Classifier) -> None:
    """Write a classifier to a folder: safetensors files and a JSON file that vouches for them.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    backbones = [each.frozen for each in classifier.using.parts]
    names = []
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in _files_of(classifier):
            with aside(folder / name) as partial:
                partial.write_bytes(data)
            names.append(name)
    about = {
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
    }
    CLASSIFIER_FOLDER.finish(folder, names, about)


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
    said = CLASSIFIER_FOLDER.read(folder)
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
