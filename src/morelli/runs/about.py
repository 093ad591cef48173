"""What went into a run, as its manifest `run.json` says: versions, hashes, counts and times."""

import platform
from dataclasses import dataclass, field
from importlib.metadata import version

from morelli._version import __version__
from morelli.data.collection import Collection
from morelli.data.records import sparse
from morelli.data.splits import SPLITS
from morelli.runs.prepare import Prepared, works_digest
from morelli.saved import Network

PACKAGES = ("torch", "torchvision", "numpy", "pillow", "pyarrow", "safetensors", "scikit-learn")
"""Packages whose versions a run notes down."""


@dataclass(frozen=True)
class LearnedFrom:
    """The collection that a run learned from.

    Attributes:
        folder: Where it was.
        source: What it was made from.
        works: SHA-256 of the works' ids and labels, in hexadecimal.
    """

    folder: str
    source: dict[str, str]
    works: str


@dataclass(frozen=True)
class Seconds:
    """What a run took, in seconds.

    Attributes:
        features: Until the features of all works and views were there.
        training: Training the heads.
        all: All of it, but for the report.
    """

    features: float
    training: float
    all: float


@sparse
@dataclass(frozen=True)
class About:
    """What went into a run.

    Attributes:
        morelli: Version of Morelli.
        python: Version of Python.
        packages: Versions of `PACKAGES`.
        collection: What it learned from.
        backbone: Its network, or several joined.
        device: Type of the device that the network ran on.
        number_format: That of the network.
        split: Number of works in train, val and test.
        best_epochs: The epoch at which each head was best on val.
        extracted: Works, each view counted, whose features were not in the cache.
        unknown: Folder of the collection on whose works declining was tried; None without.
        seconds: What it took.
        files: The SHA-256 of each file, in hexadecimal; empty before the folder is finished.
        digest: Checksum of the manifest; empty before it is written.
    """

    morelli: str
    python: str
    packages: dict[str, str]
    collection: LearnedFrom
    backbone: Network
    device: str
    number_format: str
    split: dict[str, int]
    best_epochs: tuple[int, ...]
    extracted: int
    unknown: str | None
    seconds: Seconds
    files: dict[str, str] = field(default_factory=dict)
    digest: str = ""


def about_of(
    collection: Collection,
    prepared: Prepared,
    best_epochs: tuple[int, ...],
    unknown: str | None,
    seconds: Seconds,
) -> About:
    """Return what went into a run.

    Args:
        collection: What it learned from.
        prepared: Its works and features.
        best_epochs: Of each head.
        unknown: Folder of strangers, if there are any.
        seconds: What it took.
    """
    network = prepared.using
    return About(
        morelli=__version__,
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        collection=LearnedFrom(
            str(collection.folder.resolve()), dict(collection.source), works_digest(prepared.works)
        ),
        backbone=Network(network.name, network.origin, network.digest),
        device=network.device,
        number_format=network.number_format,
        split={name: len(prepared.of(name)) for name in SPLITS},
        best_epochs=best_epochs,
        extracted=prepared.extracted,
        unknown=unknown,
        seconds=seconds,
    )
