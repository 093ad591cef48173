"""Weights of backbones: from a file, a folder, torchvision's cache or its server; never by chance.

Whatever their source, only tensors are read: safetensors, or torchvision's files with the
unpickler that builds nothing else.
"""

import hashlib
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morelli.errors import BadWeights
from morelli.features.backbones import Backbone, build, torchvision_weights

if TYPE_CHECKING:
    import torch

RANDOM = "random"
VARIABLE = "MORELLI_WEIGHTS"


@dataclass(frozen=True)
class Frozen:
    """A backbone with its weights.

    Attributes:
        backbone: The entry.
        network: Frozen, in eval mode, float32, on the processor.
        origin: Where the weights came from, in a few words.
        digest: SHA-256 over names, shapes and values of the weights.
    """

    backbone: Backbone
    network: "torch.nn.Module"
    origin: str
    digest: str


def load_backbone(
    backbone: Backbone, weights: str | Path | None = None, *, download: bool = True
) -> Frozen:
    """Return a backbone with its weights.

    They are looked for in this order: what is given, `MORELLI_WEIGHTS`, torchvision's cache, and
    torchvision's server.

    Args:
        backbone: The entry.
        weights: A safetensors file with torchvision's keys, a folder that holds one named after
            the backbone, or "random".
        download: Whether torchvision's server may be asked.

    Raises:
        BadWeights: If they cannot be had or do not fit; never are random ones taken instead.
    """
    given = os.fspath(weights) if weights is not None else os.environ.get(VARIABLE)
    if given == RANDOM:
        network = build(backbone)
        return Frozen(backbone, network, RANDOM, digest(network.state_dict()))
    if given:
        path = weights_file(backbone, Path(given))
        return from_state(backbone, read_tensors(path), path.name)
    return from_state(backbone, _torchvision_state(backbone, download), backbone.weights)


def weights_file(backbone: Backbone, given: Path) -> Path:
    """Return the weights file for a backbone: the file given, or the one in the folder given."""
    path = given / f"{backbone.name}.safetensors" if given.is_dir() else given
    if path.is_file():
        return path
    if given.is_dir():
        there = ", ".join(sorted(each.name for each in given.glob("*.safetensors"))) or "none"
        raise BadWeights(
            f"{given} has no {path.name}; its weights are: {there}. "
            f"Choose a backbone of these, or --weights {RANDOM}"
        )
    raise BadWeights(f"there is no weights file {given}")


def read_tensors(path: Path) -> dict[str, "torch.Tensor"]:
    """Read a safetensors file.

    Raises:
        BadWeights: If it is none.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise BadWeights(f"{path} is no safetensors file: {error}") from None


def from_state(backbone: Backbone, state: Mapping[str, Any], origin: str) -> Frozen:
    """Put weights into a backbone, all that its trunk needs.

    Raises:
        BadWeights: It names the first few tensors that are missing or misshapen.
    """
    network = build(backbone)
    wanted = {key: value for key, value in network.state_dict().items() if not _counts(key)}
    missing = [key for key in wanted if key not in state]
    misshapen = [
        f"{key} is {tuple(state[key].shape)}, not {tuple(value.shape)}"
        for key, value in wanted.items()
        if key in state and state[key].shape != value.shape
    ]
    if missing or misshapen:
        wrong = [f"{key} is missing" for key in missing] + misshapen
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise BadWeights(
            f"the weights {origin} do not fit {backbone.name}: {'; '.join(wrong[:3])}{more}"
        )
    network.load_state_dict({key: state[key].float() for key in wanted}, strict=False)
    return Frozen(backbone, network, origin, digest(network.state_dict()))


def _counts(key: str) -> bool:
    """Batch norm's counters matter to training only."""
    return key.endswith("num_batches_tracked")


def digest(state: Mapping[str, Any]) -> str:
    """Return the SHA-256 over names, shapes and values of tensors, whatever their order."""
    found = hashlib.sha256()
    for key in sorted(state):
        if not _counts(key):
            tensor = state[key].detach().cpu().contiguous()
            found.update(f"{key}{tuple(tensor.shape)}{tensor.dtype};".encode())
            found.update(tensor.numpy().tobytes())
    return found.hexdigest()


def _torchvision_state(backbone: Backbone, download: bool) -> Mapping[str, Any]:
    import torch

    entry = torchvision_weights(backbone)
    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(entry.url).name
    if not (download or cached.is_file()):
        raise BadWeights(f"{cached} is not there")
    try:
        state: Mapping[str, Any] = torch.hub.load_state_dict_from_url(
            entry.url, progress=False, check_hash=True, weights_only=True, map_location="cpu"
        )
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise BadWeights(
            f"the weights of {backbone.name} cannot be had ({_reason(error)}). "
            f"Put {entry.url} into {cached.parent}, "
            f"or give a safetensors file or folder with --weights or {VARIABLE}, "
            f"or ask for untrained ones with --weights {RANDOM}"
        ) from None
    return state


def _reason(error: Exception) -> str:
    return (str(getattr(error, "reason", error)).splitlines() or [type(error).__name__])[0][:120]
