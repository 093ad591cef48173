"""Weights of backbones: from a file, a folder, torchvision's cache or its server; never by chance.

Whatever their source, only tensors are read: safetensors, or torchvision's files with the
unpickler that builds nothing else.
"""

import hashlib
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from morelli.errors import BadWeights
from morelli.features.backbones import Backbone, build, torchvision_weights

if TYPE_CHECKING:
    import torch

RANDOM = "random"
VARIABLE = "MORELLI_WEIGHTS"


@dataclass(frozen=True)
class Frozen:
    """A backbone with its weights. The network is built when it is first needed.

    Attributes:
        backbone: The entry.
        state: The weights that its trunk needs, float32, by torchvision's keys.
        origin: Where they came from, in a few words.
    """

    backbone: Backbone
    state: Mapping[str, "torch.Tensor"]
    origin: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, shapes and values of the weights, whatever their order."""
        digest = hashlib.sha256()
        for key in sorted(self.state):
            digest.update(f"{key}{tuple(self.state[key].shape)};".encode())
            digest.update(self.state[key].contiguous().numpy().tobytes())
        return digest.hexdigest()

    @cached_property
    def network(self) -> "torch.nn.Module":
        """The network: frozen, in eval mode, float32, on the processor.

        Raises:
            BadWeights: It names the first few tensors that are missing or misshapen.
        """
        network = build(self.backbone)
        state = network.state_dict().items()
        wanted = {key: tensor for key, tensor in state if not _counts(key)}
        missing = [f"{key} is missing" for key in wanted if key not in self.state]
        misshapen = [
            f"{key} is {tuple(self.state[key].shape)}, not {tuple(tensor.shape)}"
            for key, tensor in wanted.items()
            if key in self.state and self.state[key].shape != tensor.shape
        ]
        if wrong := missing + misshapen:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise BadWeights(
                f"the weights {self.origin} do not fit {self.backbone.name}: "
                f"{'; '.join(wrong[:3])}{more}"
            )
        network.load_state_dict({key: self.state[key] for key in wanted}, strict=False)
        return network


def load_backbone(
    backbone: Backbone, weights: str | Path | None = None, *, download: bool = True
) -> Frozen:
    """Return a backbone with its weights.

    They are looked for in this order: `weights`, `MORELLI_WEIGHTS`, torchvision's cache, and
    torchvision's server.

    Args:
        backbone: The entry.
        weights: A safetensors file with torchvision's keys, a folder that holds one named after
            the backbone, or "random".
        download: Whether torchvision's server may be asked.

    Raises:
        BadWeights: If they cannot be had or do not fit; never are random ones taken instead.
    """
    place = os.fspath(weights) if weights is not None else os.environ.get(VARIABLE)
    if place == RANDOM:
        return from_state(backbone, build(backbone).state_dict(), RANDOM)
    if place:
        path = weights_file(backbone, Path(place))
        return from_state(backbone, read_tensors(path), path.name)
    return from_state(backbone, _torchvision_state(backbone, download), backbone.weights)


def weights_file(backbone: Backbone, place: Path) -> Path:
    """Return the weights file for a backbone: the place itself, or in it if it is a folder.

    Raises:
        BadWeights: If there is none; it lists those of the folder.
    """
    path = place / f"{backbone.name}.safetensors" if place.is_dir() else place
    if path.is_file():
        return path
    if place.is_dir():
        names = ", ".join(sorted(file.name for file in place.glob("*.safetensors"))) or "none"
        raise BadWeights(
            f"{place} has no {path.name}; its weights are: {names}. "
            f"Choose a backbone of these, or --weights {RANDOM}"
        )
    raise BadWeights(f"there is no weights file {place}")


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


def from_state(backbone: Backbone, state: Mapping[str, "torch.Tensor"], origin: str) -> Frozen:
    """Take what a backbone's trunk needs from a state dict; its last layer is left out."""
    trunk = {
        key: tensor.detach().float()
        for key, tensor in state.items()
        if not (key.startswith(f"{backbone.cut}.") or _counts(key))
    }
    return Frozen(backbone, trunk, origin)


def _counts(key: str) -> bool:
    """Batch norm's counters matter to training only."""
    return key.endswith("num_batches_tracked")


def _torchvision_state(backbone: Backbone, download: bool) -> Mapping[str, "torch.Tensor"]:
    import torch

    entry = torchvision_weights(backbone)
    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(entry.url).name
    if not (download or cached.is_file()):
        raise BadWeights(f"{cached} is not there")
    try:
        state: Mapping[str, torch.Tensor] = torch.hub.load_state_dict_from_url(
            entry.url, progress=False, check_hash=True, weights_only=True, map_location="cpu"
        )
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise BadWeights(
            f"the weights of {backbone.name} cannot be had ({_reason(error)}). "
            f"Put {entry.url} into {cached.parent}, "
            f"or give a safetensors file or folder with --weights or {VARIABLE}, "
            f"or ask for untrained ones with --weights {RANDOM}"
        ) from None
    if not isinstance(state, dict) or not all(map(torch.is_tensor, state.values())):
        raise BadWeights(f"{cached} holds no state dict of torchvision; put {entry.url} there")
    return state


def _reason(error: Exception) -> str:
    return (str(getattr(error, "reason", error)).splitlines() or [type(error).__name__])[0][:120]
