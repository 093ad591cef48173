"""Where features are kept: a file for each shard, under a key of all that they depend on."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from morelli.data.aside import aside, sweep
from morelli.errors import writing

if TYPE_CHECKING:
    import torch

VARIABLE = "MORELLI_CACHE"

Arrays = dict[str, npt.NDArray[Any]]


def cache_folder(given: str | Path | None = None) -> Path:
    """Return the cache folder: what is given, `MORELLI_CACHE`, or the user's own."""
    import platformdirs

    if given is not None:
        return Path(given)
    return Path(os.environ.get(VARIABLE) or platformdirs.user_cache_dir("morelli", appauthor=False))


def key_of(parts: dict[str, Any]) -> str:
    """Return the key of features, in hexadecimal, given all that they depend on."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def open_cache(cache: Path, kind: str = "features") -> Path:
    """Make a folder of the cache and clear what killed processes left half written."""
    folder = cache / kind
    with writing(cache):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
    return folder


def read(folder: Path, key: str) -> "torch.Tensor | None":
    """Return cached features, (n, d), or None; a damaged file counts as none."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / f"{key}.safetensors"
    if not path.is_file():
        return None
    try:
        return load_file(path)["features"]
    except (SafetensorError, KeyError):
        return None


def write(folder: Path, key: str, features: "torch.Tensor", parts: dict[str, Any]) -> None:
    """Keep features under their key; what they depend on goes into the file's head."""
    from safetensors.torch import save

    with writing(folder), aside(folder / f"{key}.safetensors") as partial:
        named = {"parts": json.dumps(parts, sort_keys=True)}
        partial.write_bytes(save({"features": features.contiguous()}, metadata=named))


def read_arrays(folder: Path, key: str, names: Sequence[str]) -> Arrays | None:
    """Return cached arrays by name, or None; a file that is damaged or lacks any counts as none."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / f"{key}.safetensors"
    if not path.is_file():
        return None
    try:
        found = load_file(path)
        return {name: found[name] for name in names}
    except (SafetensorError, KeyError):
        return None


def write_arrays(folder: Path, key: str, arrays: Arrays) -> None:
    """Keep arrays under a key."""
    from safetensors.numpy import save

    with writing(folder), aside(folder / f"{key}.safetensors") as partial:
        partial.write_bytes(save(arrays))
