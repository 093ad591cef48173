"""Where features are kept: a file for each shard, under a key of all that they depend on."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from morelli.data.aside import aside, sweep
from morelli.errors import writing

if TYPE_CHECKING:
    import torch

VARIABLE = "MORELLI_CACHE"

Arrays = dict[str, npt.NDArray[Any]]
"""Arrays of any number format, by name."""


def cache_folder(folder: str | Path | None = None) -> Path:
    """Return the cache folder: `folder`, `MORELLI_CACHE`, or the user's own."""
    import platformdirs

    if folder is not None:
        return Path(folder)
    return Path(os.environ.get(VARIABLE) or platformdirs.user_cache_dir("morelli", appauthor=False))


def key_of(parts: Mapping[str, object]) -> str:
    """Return the key of features, in hexadecimal, from all that they depend on."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def open_cache(cache: Path, kind: str = "features") -> Path:
    """Make a folder of the cache and clear what killed processes left half written."""
    folder = cache / kind
    with writing(cache):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
    return folder


@dataclass(frozen=True)
class Kept:
    """Features of works of a shard.

    Attributes:
        rows: (n,) int64, the works' rows in the shard, ascending.
        features: (n, d).
    """

    rows: "torch.Tensor"
    features: "torch.Tensor"


def read(folder: Path, key: str) -> Kept | None:
    """Return what is kept under a key, or None; a damaged file counts as none."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / f"{key}.safetensors"
    if not path.is_file():
        return None
    try:
        tensors = load_file(path)
        return Kept(tensors["rows"], tensors["features"])
    except (SafetensorError, KeyError):
        return None


def write(folder: Path, key: str, kept: Kept, parts: Mapping[str, object]) -> None:
    """Keep features under their key; what they depend on goes into the file's head."""
    from safetensors.torch import save

    with writing(folder), aside(folder / f"{key}.safetensors") as partial:
        named = {"parts": json.dumps(parts, sort_keys=True)}
        tensors = {"rows": kept.rows, "features": kept.features}
        partial.write_bytes(
            save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata=named)
        )


def read_arrays(folder: Path, key: str, names: Sequence[str]) -> Arrays | None:
    """Return cached arrays by name, or None; a file that is damaged or lacks any counts as none."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / f"{key}.safetensors"
    if not path.is_file():
        return None
    try:
        arrays = load_file(path)
        return {name: arrays[name] for name in names}
    except (SafetensorError, KeyError):
        return None


def write_arrays(folder: Path, key: str, arrays: Arrays) -> None:
    """Keep arrays under a key."""
    from safetensors.numpy import save

    with writing(folder), aside(folder / f"{key}.safetensors") as partial:
        partial.write_bytes(save(arrays))
