"""Evidence for an attribution, put together: neighbours, regions, saliency and one sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.classifier import Attribution
from morelli.data import decoding
from morelli.data.forms import ImageLike, named_bytes
from morelli.data.stored import Stored, store, work_id
from morelli.data.traits import FileTraits
from morelli.errors import UserError
from morelli.evidence import saliency
from morelli.evidence.grounds import Grounds
from morelli.evidence.neighbours import Neighbour, neighbours_of, same_label
from morelli.evidence.regions import Box, Parts, regions_of
from morelli.evidence.words import Figures, doubts_of, percent, sentence
from morelli.features.backbones import Backbone
from morelli.features.extractor import one_thread_each
from morelli.features.preprocess import preprocess
from morelli.markup import html_table
from morelli.parallel import ordered_map

if TYPE_CHECKING:
    import torch
    from torch import nn

NEIGHBOURS = 5
PICTURE = 1200
"""Long side in pixels of the copy that is kept to be drawn over."""

_ONE_COLOUR = 4.0  # standard deviation of a channel, of 255, below which an image is so

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Look:
    """Where one network looked.

    Attributes:
        network: Its name.
        map: (rows, columns) float32, as `saliency.saliency_map` gives it.
        box: The square that the network saw, in pixels of the upright original.
        check: How the map compares with those of the network with shuffled weights.
    """

    network: str
    map: saliency.Map
    box: Box
    check: saliency.Check


@dataclass(frozen=True)
class Evidence:
    """What speaks for an attribution, and against it.

    Attributes:
        attribution: The answer.
        label: The likeliest class, an index into `class_names`.
        class_names: Names of the classes.
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
    size: tuple[int, int]
    picture: Image.Image
    neighbours: tuple[Neighbour, ...]
    regions: tuple[Parts, ...]
    looks: tuple[Look, ...]
    sentence: str
    doubts: tuple[str, ...]

    def _repr_html_(self) -> str:
        return html_table(
            f"{self.attribution.image}: {self.sentence}",
            (self.attribution.task, "probability", "closest works"),
            [
                (name, percent(probability), str(same_label(self.neighbours, self._label(name))))
                for name, probability in self.attribution.top(5)
            ],
        )

    def _label(self, name: str) -> int:
        return self.class_names.index(name)

    def cut(self, box: Box) -> Image.Image:
        """Cut a part, given in pixels of the original, out of the picture."""
        across, down = (
            shown / whole for shown, whole in zip(self.picture.size, self.size, strict=True)
        )
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
    image: ImageLike,
    *,
    neighbours: int = NEIGHBOURS,
    without_itself: bool = False,
) -> Evidence:
    """Attribute an image and gather what speaks for the answer, and against it.

    Args:
        grounds: Made once for many images.
        image: In any form; of an animated file the first picture is taken.
        neighbours: How many of the closest works; fewer where there are no more.
        without_itself: Whether to leave the work itself and its exact copies out of them.

    Raises:
        UserError: If the image cannot be read.
    """
    name, data = named_bytes(image)
    stored, whole = _decoded(name, data, grounds.classifier.size)
    seen = _seen(grounds, name, stored.data, whole)
    itself = work_id(data) if without_itself else None
    evidence = Evidence(
        seen.attribution,
        grounds.classifier.class_names.index(seen.attribution.best),
        grounds.classifier.class_names,
        whole.size,
        _copy(whole),
        _near(grounds, seen.features, neighbours, itself),
        seen.regions,
        seen.looks,
        sentence="",
        doubts=(),
    )
    figures = _figures(grounds, evidence, stored.traits)
    return replace(evidence, sentence=sentence(figures), doubts=doubts_of(figures))


def _near(
    grounds: Grounds, features: Floats, count: int, itself: str | None
) -> tuple[Neighbour, ...]:
    """Return the closest known works, but for the work itself and its copies if it is given."""
    without = () if itself is None else (itself,)
    return neighbours_of(grounds.known, features, count, without=without, copies=itself is None)


@dataclass(frozen=True)
class _Seen:
    """What the networks and the head make of an image; `features` is (d,)."""

    features: Floats
    attribution: Attribution
    regions: tuple[Parts, ...]
    looks: tuple[Look, ...]


def _seen(grounds: Grounds, name: str, stored: bytes, whole: Image.Image) -> _Seen:
    """Push an image through the networks: as a collection keeps it, and its parts."""
    classifier = grounds.classifier
    with one_thread_each():  # workers share the work: more threads would wait for one another
        features = classifier.using.features([stored])[0]
        attribution = classifier.attributions([name], features[None])[0]
        label = classifier.class_names.index(attribution.best)
        regions = regions_of(classifier, whole, fits=grounds.fits)
        looks = tuple(looks_of(grounds, stored, features, label, whole.size))
    return _Seen(features, attribution, regions, looks)


def _decoded(name: str, data: bytes, size: int | None) -> tuple[Stored, Image.Image]:
    """Return an image as a collection keeps it, and at its full resolution."""
    try:
        return store(data, size), decoding.decode(data)
    except decoding.BadImage as error:
        raise UserError(f"{name}: {error}") from None


def _copy(whole: Image.Image) -> Image.Image:
    """Return a copy to draw over, so that the original can be let go."""
    scale = min(1.0, PICTURE / max(whole.size))
    width, height = (max(1, round(scale * side)) for side in whole.size)
    return whole.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)


def looks_of(
    grounds: Grounds, stored: bytes, features: Floats, label: int, size: tuple[int, int]
) -> Iterator[Look]:
    """Yield where each network looked when it judged the whole."""
    image, start = decoding.decode(stored), 0
    for number, width in enumerate(grounds.classifier.using.widths):
        backbone = grounds.classifier.using.parts[number].frozen.backbone
        pixels = saliency.normalised(preprocess(image, backbone), backbone)
        share = partial(saliency.share_of_head, features=features, start=start, width=width)
        trained, *shuffled = _maps(grounds, number, pixels, share, label)
        check = saliency.changes_when_randomised(trained, shuffled)
        yield Look(backbone.name, trained, seen_box(size, backbone), check)
        start += width


def _maps(
    grounds: Grounds,
    number: int,
    pixels: "torch.Tensor",
    share: Callable[["nn.Module"], saliency.Head],
    label: int,
) -> Iterator[saliency.Map]:
    """Yield the map of one network and those of its shuffled copies.

    Args:
        grounds: The networks.
        number: Which of them.
        pixels: (1, 3, h, w) what it takes.
        share: From a head to what it makes of this network's features.
        label: The class.
    """
    import torch

    using = grounds.classifier.using
    backbone = using.parts[number].frozen.backbone

    def map_of(pair: tuple["nn.Module", "nn.Module"]) -> saliency.Map:
        torch.set_num_threads(1)
        layer = saliency.layer_of(pair[0], backbone)
        return saliency.saliency_map(
            pair[0], share(pair[1]), layer, pixels, label, tokens=backbone.tokens
        )

    pairs = [(grounds.networks[number], grounds.classifier.head)]
    pairs += [(networks[number], head) for networks, head in grounds.shuffled]
    yield from ordered_map(map_of, pairs, workers=using.workers, ahead=len(pairs) + 1)


def seen_box(size: tuple[int, int], backbone: Backbone) -> Box:
    """Return the central square of an image, of a size in pixels, that a network sees."""
    side = max(1, round(min(size) * backbone.crop / backbone.resize))
    left, top = ((length - side) // 2 for length in size)
    return left, top, left + side, top + side


def _figures(grounds: Grounds, evidence: Evidence, traits: FileTraits) -> Figures:
    """Return the figures of the sentence."""
    backbones = [part.frozen.backbone for part in grounds.classifier.using.parts]
    left, top, right, bottom = evidence.looks[0].box
    boxes = [parts.boxes[0] for parts in evidence.regions]
    best, shortcut = evidence.attribution.best, grounds.shortcut
    return Figures(
        name=best,
        probability=evidence.attribution.probabilities[best],
        works=int(grounds.known.counts[evidence.label]),
        short=min(evidence.size),
        taken=max(backbone.crop for backbone in backbones),
        seen=(right - left) * (bottom - top) / (evidence.size[0] * evidence.size[1]),
        parts=tuple(
            (parts.agreeing(evidence.label), len(parts.boxes)) for parts in evidence.regions
        ),
        part_side=min((box[2] - box[0] for box in boxes), default=0),
        neighbours=(same_label(evidence.neighbours, evidence.label), len(evidence.neighbours)),
        declined=evidence.attribution.declined,
        one_colour=bool(np.asarray(evidence.picture).std(axis=(0, 1)).max() < _ONE_COLOUR),
        shortcut="" if shortcut is None else shortcut.clause(best, traits),
    )
