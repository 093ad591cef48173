"""Evidence for an attribution, put together: neighbours, regions, saliency and one sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.classifier import Attribution, Classifier
from morelli.data import images
from morelli.errors import UserError
from morelli.evidence import saliency
from morelli.evidence.known import Known
from morelli.evidence.neighbours import Neighbour, neighbours_of, same_label
from morelli.evidence.regions import Box, Parts, PartsFit, regions_of
from morelli.evidence.words import Said, misleading, sentence
from morelli.features.backbones import Backbone
from morelli.features.extractor import Extractor, one_thread_each
from morelli.features.preprocess import preprocess

if TYPE_CHECKING:
    import torch
    from torch import nn

NEIGHBOURS = 5
SHUFFLES = 2
"""Copies of a network with shuffled weights that a saliency map is compared with."""

PICTURE = 1200
"""Long side in pixels of the copy that is kept to be drawn over."""

_ONE_COLOUR = 4.0  # standard deviation of a channel, of 255, below which an image is so

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Grounds:
    """What evidence is drawn from; the same for all images, so that each but the first is quick.

    Attributes:
        classifier: Whose attributions are to be explained.
        known: The works that it learned from.
        fits: How parts are calibrated, as `fit_regions` finds; parts are not calibrated without.
        shortcut: What an audit found in the collection that may mislead, as a clause.
    """

    classifier: Classifier
    known: Known
    fits: tuple[PartsFit, ...] = ()
    shortcut: str = ""

    @cached_property
    def networks(self) -> tuple["nn.Module", ...]:
        """The backbones' float32 networks, fit for gradients."""
        return tuple(_with_gradients(each) for each in self.classifier.using.parts)

    @cached_property
    def shuffled(self) -> tuple[tuple[tuple["nn.Module", ...], "nn.Module"], ...]:
        """Copies of the networks, and of the head, with their weights shuffled."""
        return tuple(
            (
                tuple(saliency.randomised(each, seed) for each in self.networks),
                saliency.randomised(self.classifier.head, seed),
            )
            for seed in range(SHUFFLES)
        )


@dataclass(frozen=True)
class Look:
    """Where one network looked.

    Attributes:
        network: Its name.
        found: (rows, columns) float32, as `saliency.saliency_map` gives it.
        box: The square that the network saw, in pixels of the upright original.
        check: How the map compares with those of the network with shuffled weights.
    """

    network: str
    found: saliency.Map
    box: Box
    check: saliency.Check


@dataclass(frozen=True)
class Evidence:
    """What speaks for an attribution, and against it.

    Attributes:
        attribution: The answer.
        label: The likeliest class, an index into `class_names`.
        class_names: Names of the classes.
        declined: Whether the classifier says "none of these"; None if it was not asked.
        size: Width and height of the upright original, in pixels.
        picture: A copy of it to draw over, its long side `PICTURE` at most.
        neighbours: The closest known works, the closest first.
        regions: What parts say alone, a scale each, the largest parts first.
        looks: Where the networks looked.
        sentence: What it comes to.
        doubts: What could mislead, a clause each; the sentence names them too.
    """

    attribution: Attribution
    label: int
    class_names: tuple[str, ...]
    declined: bool | None
    size: tuple[int, int]
    picture: Image.Image
    neighbours: tuple[Neighbour, ...]
    regions: tuple[Parts, ...]
    looks: tuple[Look, ...]
    sentence: str
    doubts: tuple[str, ...]

    def cut(self, box: Box) -> Image.Image:
        """Cut a part, given in pixels of the original, out of the picture."""
        across, down = (of / to for of, to in zip(self.picture.size, self.size, strict=True))
        left, top, right, bottom = box
        return self.picture.crop(
            (
                round(left * across),
                round(top * down),
                max(round(right * across), round(left * across) + 1),
                max(round(bottom * down), round(top * down) + 1),
            )
        )


def evidence_for(
    grounds: Grounds,
    image: str | Path | bytes,
    *,
    neighbours: int = NEIGHBOURS,
    without_itself: bool = False,
    declined: bool | None = None,
) -> Evidence:
    """Attribute an image and gather what speaks for the answer, and against it.

    Args:
        grounds: Made once for many images.
        image: A path, or a file's bytes; of an animated one the first picture is taken.
        neighbours: How many of the closest works; fewer where there are no more.
        without_itself: Whether to leave the work itself and its exact copies out of them.
        declined: Whether the classifier says "none of these"; None if it cannot say so.

    Raises:
        UserError: If the image cannot be read.
    """
    name, data = _named(image)
    classifier = grounds.classifier
    stored, whole = _decoded(name, data, classifier.size)
    with one_thread_each():  # workers share the parts: more threads would wait for one another
        features = classifier.using.features([stored])[0]
        told = np.exp(classifier.log_probabilities(features[None])[0].astype(np.float64))
        label = int(told.argmax())
        regions = regions_of(classifier, whole, fits=grounds.fits)
        looks = tuple(looks_of(grounds, stored, features, label, whole.size))
    itself = (images.work_id(data),) if without_itself else ()
    near = neighbours_of(
        grounds.known, features, neighbours, without=itself, copies=not without_itself
    )
    found = Evidence(
        _attribution(classifier, name, told),
        label,
        classifier.class_names,
        declined,
        whole.size,
        _copy(whole),
        near,
        regions,
        looks,
        sentence="",
        doubts=(),
    )
    said = _said(grounds, found)
    return replace(found, sentence=sentence(said), doubts=misleading(said))


def _decoded(name: str, data: bytes, size: int | None) -> tuple[bytes, Image.Image]:
    """Return an image as a collection keeps it, and at its full resolution."""
    try:
        return images.store(data, size).data, images.decode(data)
    except images.BadImage as error:
        raise UserError(f"{name}: {error}") from None


def _named(image: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(image, bytes):
        return "image", image
    try:
        return str(image), Path(image).read_bytes()
    except OSError as error:
        raise UserError(f"{image}: {error.strerror}") from None


def _attribution(
    classifier: Classifier, name: str, probabilities: npt.NDArray[np.float64]
) -> Attribution:
    order = np.argsort(-probabilities, kind="stable").tolist()
    names = classifier.class_names
    return Attribution(
        name, classifier.task, {names[each]: float(probabilities[each]) for each in order}
    )


def _copy(whole: Image.Image) -> Image.Image:
    """Return a copy to draw over, so that the original can be let go."""
    scale = min(1.0, PICTURE / max(whole.size))
    width, height = (max(1, round(scale * side)) for side in whole.size)
    return whole.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)


def looks_of(
    grounds: Grounds, stored: bytes, features: Floats, label: int, size: tuple[int, int]
) -> Iterator[Look]:
    """Yield where each network looked when it judged the whole."""
    image, start = images.decode(stored), 0
    for number, width in enumerate(grounds.classifier.using.widths):
        backbone = grounds.classifier.using.parts[number].frozen.backbone
        given = saliency.normalised(preprocess(image, backbone), backbone)
        held = partial(saliency.share_of_head, features=features, start=start, width=width)
        found, others = _maps(grounds, number, given, held, label)
        check = saliency.changes_when_randomised(found, others)
        yield Look(backbone.name, found, seen_box(size, backbone), check)
        start += width


def _maps(
    grounds: Grounds,
    number: int,
    given: "torch.Tensor",
    share: Callable[["nn.Module"], saliency.Head],
    label: int,
) -> tuple[saliency.Map, list[saliency.Map]]:
    """Return the map of one network and those of its shuffled copies.

    Args:
        grounds: The networks.
        number: Which of them.
        given: (1, 3, h, w) what it takes.
        share: From a head to what it makes of this network's features.
        label: The class.
    """
    backbone = grounds.classifier.using.parts[number].frozen.backbone

    def map_of(network: "nn.Module", head: "nn.Module") -> saliency.Map:
        layer = saliency.layer_of(network, backbone)
        return saliency.saliency_map(network, share(head), layer, given, label)

    others = [map_of(networks[number], head) for networks, head in grounds.shuffled]
    return map_of(grounds.networks[number], grounds.classifier.head), others


def seen_box(size: tuple[int, int], backbone: Backbone) -> Box:
    """Return the central square of an image, of a size in pixels, that a network sees."""
    side = max(1, round(min(size) * backbone.crop / backbone.resize))
    left, top = ((length - side) // 2 for length in size)
    return left, top, left + side, top + side


def _with_gradients(part: Extractor) -> "nn.Module":
    """Return a float32 network that was not built in inference mode, which allows no gradients."""
    network = part.frozen.network
    if any(each.is_inference() for each in network.parameters()):
        return replace(part.frozen).network
    return network


def _said(grounds: Grounds, found: Evidence) -> Said:
    """Return the figures of the sentence."""
    backbones = [part.frozen.backbone for part in grounds.classifier.using.parts]
    left, top, right, bottom = found.looks[0].box
    boxes = [parts.boxes[0] for parts in found.regions]
    return Said(
        name=found.attribution.best,
        probability=found.attribution.probabilities[found.attribution.best],
        works=int(grounds.known.counts[found.label]),
        short=min(found.size),
        taken=max(each.crop for each in backbones),
        seen=(right - left) * (bottom - top) / (found.size[0] * found.size[1]),
        parts=tuple((each.agreeing(found.label), len(each.boxes)) for each in found.regions),
        part_side=min((box[2] - box[0] for box in boxes), default=0),
        neighbours=(same_label(found.neighbours, found.label), len(found.neighbours)),
        declined=found.declined,
        one_colour=bool(np.asarray(found.picture).std(axis=(0, 1)).max() < _ONE_COLOUR),
        shortcut=grounds.shortcut,
    )
