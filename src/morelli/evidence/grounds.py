"""What evidence is drawn from: stored beside the classifier by a run, and read back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from morelli.audit.folder import Audit
from morelli.classifier import Classifier
from morelli.data.collection import Collection
from morelli.data.pictures import Place, pictures_of
from morelli.data.works import Works
from morelli.errors import BadFolder
from morelli.evidence import saliency
from morelli.evidence.fits import WORKS, fit_regions, load_fits, save_fits
from morelli.evidence.known import SETTINGS, Known, load_known, save_known
from morelli.evidence.neighbours import Neighbour
from morelli.evidence.regions import PartsFit
from morelli.evidence.shortcut import Shortcut, shortcut_of
from morelli.features.cache import cache_folder
from morelli.machine import HERE, Machine
from morelli.saved import load_classifier

if TYPE_CHECKING:
    from torch import nn

SHUFFLES = 2
"""Copies of a network with shuffled weights that a saliency map is compared with."""


@dataclass(frozen=True)
class Grounds:
    """What evidence is drawn from; the same for all images, so that each but the first is quick.

    Attributes:
        classifier: Whose attributions are to be explained.
        known: The works that it learned from.
        fits: How parts are calibrated, as `fit_regions` finds; parts are not calibrated without.
        shortcut: What an audit found in the collection's files that may mislead; None if nothing
            was found or asked.
        collection: Folder of the collection that it learned from; None if that is not known.
    """

    classifier: Classifier
    known: Known
    fits: tuple[PartsFit, ...] = ()
    shortcut: Shortcut | None = None
    collection: Path | None = None

    @cached_property
    def networks(self) -> tuple["nn.Module", ...]:
        """The backbones' float32 networks, fit for gradients."""
        return tuple(part.frozen.network for part in self.classifier.using.parts)

    @cached_property
    def shuffled(self) -> tuple[tuple[tuple["nn.Module", ...], "nn.Module"], ...]:
        """Copies of the networks, and of the head, with their weights shuffled."""
        return tuple(
            (
                tuple(saliency.randomised(network, seed) for network in self.networks),
                saliency.randomised(self.classifier.head, seed),
            )
            for seed in range(SHUFFLES)
        )


def keep_grounds(
    folder: Path,
    collection: Collection,
    known: Known,
    val: Works,
    classifier: Classifier,
    *,
    seed: int,
    machine: Machine = HERE,
) -> None:
    """Write to a classifier's folder what evidence is drawn from.

    That is the training works' features and, learned from a few works of val, how parts are
    calibrated.

    Args:
        folder: The classifier's.
        collection: What it learned from.
        known: The works of train.
        val: The works of val.
        classifier: The classifier.
        seed: Draws the works of val and their parts.
        machine: Its cache keeps the parts' features.

    Raises:
        BadFolder: If a folder cannot be written, or the collection is damaged.
    """
    drawn = val.take(np.sort(np.random.default_rng(seed).permutation(len(val))[:WORKS]))
    places = list(zip(drawn.shards.tolist(), drawn.rows.tolist(), strict=True))
    pictures = pictures_of(collection.folder, places)
    fits = fit_regions(
        classifier,
        [(pictures[place], int(label)) for place, label in zip(places, drawn.labels, strict=True)],
        seed=seed,
        cached=cache_folder(machine.cache),
    )
    save_known(folder, known)
    save_fits(folder, fits)


def known_of(works: Works, features: npt.NDArray[np.float32]) -> Known:
    """Return works that a head was trained on, their (n, d) features in half as many bytes.

    The order of neighbours hardly changes by that: see `docs/experiments.md`.
    """
    with np.errstate(over="ignore"):
        half = features.astype(np.float16)
    return Known(
        half if np.isfinite(half).all() else features,
        works.labels,
        works.class_names,
        works.ids,
        works.shards,
        works.rows,
    )


def grounds_in(
    folder: Path,
    *,
    collection: Path | None = None,
    audit: Audit | str | Path | None = None,
    workers: int | None = None,
) -> Grounds:
    """Return what evidence of a saved classifier is drawn from.

    Args:
        folder: The classifier's.
        collection: Folder of the collection that it learned from, if that is known.
        audit: A finished audit of that collection, or its folder.
        workers: Threads; by default one a core.

    Raises:
        BadFolder: If a file is missing or was altered, or if the classifier was made without what
            evidence is drawn from; it says which. If the audit's folder holds none.
        UserError: If another task was audited, or not all of the classifier's classes.
    """
    classifier = load_classifier(folder, workers=workers)
    if not (folder / SETTINGS).is_file():
        raise BadFolder(
            f"{folder} holds no known works that evidence could be drawn from (it has no "
            f"{SETTINGS}); train it anew: morelli train COLLECTION --out FOLDER"
        )
    grounds = Grounds(classifier, load_known(folder), load_fits(folder), collection=collection)
    return grounds if audit is None else with_audit(grounds, audit)


def with_audit(grounds: Grounds, audit: Audit | str | Path) -> Grounds:
    """Return grounds by which evidence also says what an audit found; see `grounds_in`."""
    return replace(grounds, shortcut=shortcut_of(audit, grounds.classifier, grounds.collection))


def pictures_for(
    grounds: Grounds, neighbours: Sequence[Neighbour]
) -> tuple[dict[Place, bytes], str]:
    """Return the pictures of neighbours, or why there are none.

    Returns:
        The image files by place, and an empty text; without pictures, the reason as a sentence.
    """
    if grounds.collection is None:
        return {}, "Where the collection is that it learned from is not known."
    try:
        places = [neighbour.place for neighbour in neighbours]
        ids = [neighbour.id for neighbour in neighbours]
        return pictures_of(grounds.collection, places, ids), ""
    except BadFolder as error:
        return {}, f"Their pictures cannot be had: {error}."
