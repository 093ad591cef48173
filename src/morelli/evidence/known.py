"""Known works: the features and labels of the works that a classifier learned from."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from morelli.data.aside import aside
from morelli.data.folders import ResultFolder
from morelli.errors import BadFolder, writing

SETTINGS = "known.json"
TABLE = "known.safetensors"

KNOWN_WORKS = ResultFolder(
    kind="known works",
    manifest=SETTINGS,
    format=1,
    missing="{folder} holds no {kind} (it has no {manifest}); train it anew",
)
"""Known works in a classifier's folder: when they are whole."""

_KINDS = {
    "features": ("float16", "float32"),
    "labels": ("int64",),
    "ids": ("uint8",),
    "shards": ("int64",),
    "rows": ("int64",),
}
_FLAT = 1e-8

Features = npt.NDArray[np.float16 | np.float32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """The works that a classifier learned from.

    Attributes:
        features: (n, d) float16 or float32, of the fixed preprocessing.
        labels: (n,) int64, indices into `class_names`.
        class_names: Names of the classes.
        ids: (n,) work ids; equal where files are equal.
        shards: (n,) int64, index of each work's shard in the collection.
        rows: (n,) int64, its row there.
    """

    features: Features
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    ids: npt.NDArray[np.str_]
    shards: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """(classes,) number of works of each class."""
        return np.bincount(self.labels, minlength=len(self.class_names))

    @cached_property
    def directions(self) -> Floats:
        """(n, d) float32: standardised features, each of length 1; computed once."""
        return self.direction(self.features)

    def direction(self, features: Features) -> Floats:
        """Standardise features, (n, d), by these works and bring each row to length 1."""
        mean, spread = self._scale
        standard = (np.asarray(features, np.float32) - mean) / spread
        lengths = np.linalg.norm(standard, axis=1, keepdims=True)
        directions: Floats = standard / np.maximum(lengths, np.float32(_FLAT))
        return directions

    @cached_property
    def _scale(self) -> tuple[Floats, Floats]:
        mean = self.features.mean(axis=0, dtype=np.float64)
        spread = self.features.std(axis=0, dtype=np.float64)
        steady = np.where(spread > _FLAT, spread, 1.0)
        return mean.astype(np.float32), steady.astype(np.float32)


def save_known(folder: Path, known: Known) -> None:
    """Write known works to a folder: a safetensors file and a JSON file that vouches for it.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    from safetensors.numpy import save

    text = known.ids.astype(np.bytes_)
    arrays = {
        "features": np.ascontiguousarray(known.features),
        "labels": known.labels,
        "ids": np.frombuffer(text.tobytes(), np.uint8).reshape(len(text), text.itemsize),
        "shards": known.shards,
        "rows": known.rows,
    }
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with aside(folder / TABLE) as partial:
            partial.write_bytes(save(arrays))
    KNOWN_WORKS.finish(folder, [TABLE], {"class_names": list(known.class_names)})


def load_known(folder: Path) -> Known:
    """Read known works from the folder that `save_known` wrote.

    Raises:
        BadFolder: If there are none, or a file is missing or was altered; it says which.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    settings = KNOWN_WORKS.read(folder)
    try:
        arrays = load((folder / TABLE).read_bytes())
        names = tuple(map(str, settings["class_names"]))
    except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadFolder(f"{folder / TABLE} is damaged: {error}; train the run anew") from None
    if wrong := _misfit(arrays, len(names)):
        raise BadFolder(f"{folder / TABLE} is damaged: {wrong}; train the run anew")
    width = arrays["ids"].shape[1]
    ids = np.frombuffer(arrays["ids"].tobytes(), f"S{width}") if width else np.array([], "S1")
    return Known(
        arrays["features"],
        arrays["labels"],
        names,
        ids.astype(np.str_),
        arrays["shards"],
        arrays["rows"],
    )


def _misfit(arrays: dict[str, npt.NDArray[np.generic]], classes: int) -> str:
    """Return what about the arrays of a file does not fit together, or nothing."""
    for name, kinds in _KINDS.items():
        if name not in arrays:
            return f"{name} is missing"
        if str(arrays[name].dtype) not in kinds:
            return f"{name} is {arrays[name].dtype}"
        if arrays[name].ndim != (2 if name in ("features", "ids") else 1):
            return f"{name} has {arrays[name].ndim} dimensions"
    labels = arrays["labels"]
    if len({len(arrays[name]) for name in _KINDS}) > 1:
        return "its columns are of different lengths"
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        return "a label has no class name"
    return ""
