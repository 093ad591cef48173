"""Evidence of fixed values, so that its page is the same on every machine."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from morelli.classifier import Attribution
from morelli.evidence.gather import Evidence, Look
from morelli.evidence.neighbours import Neighbour
from morelli.evidence.regions import Parts, PartsFit, boxes_of
from morelli.evidence.saliency import Check
from morelli.evidence.words import Figures, doubts_of, sentence

NAMES = ("claude-monet", "alfred-sisley", "the master of a & <b>", "vincent-van-gogh")
PROBABILITIES = (0.874, 0.09, 0.033, 0.003)
SIZE = (1280, 960)

FIGURES = Figures(
    name=NAMES[0],
    probability=PROBABILITIES[0],
    works=21,
    short=SIZE[1],
    taken=224,
    seen=0.5,
    parts=((11, 15), (20, 35)),
    part_side=320,
    neighbours=(3, 5),
    shortcut="files alone, without a look at the picture, predict the artist of 63 of 90 audited "
    "works correctly (always answering the commonest gives 20 %)",
)


def fixed_evidence(*, declined: bool = False) -> Evidence:
    """Evidence of an image that two networks looked at; only its larger parts are calibrated."""
    fit = PartsFit(1 / 2, 1.5, 0.4, 30, 128.0)
    middle = np.zeros((7, 7), np.float32)
    middle[3, 5] = 1
    faint = -np.ones((7, 7), np.float32)
    faint[0, 0] = 0.1
    return Evidence(
        attribution=Attribution(
            "the lake <1>.png", "artist", dict(zip(NAMES, PROBABILITIES, strict=True)), declined
        ),
        label=0,
        class_names=NAMES,
        size=SIZE,
        picture=Image.linear_gradient("L").resize((320, 240)).convert("RGB"),
        neighbours=tuple(
            Neighbour(f"{number:064x}", (0, number), label, 0.1 * number)
            for number, label in enumerate((0, 0, 3, 0, 1))
        ),
        regions=(
            Parts(1 / 2, boxes_of(SIZE, 1 / 2), _answers(11, 15), fit),
            Parts(1 / 3, boxes_of(SIZE, 1 / 3), _answers(20, 35)),
        ),
        looks=(
            Look("resnet18", middle, (160, 0, 1120, 960), Check((0.1, -0.04), changes=True)),
            Look("vit_b_16", faint, (160, 0, 1120, 960), Check((0.9, 0.8), changes=False)),
        ),
        sentence=sentence(FIGURES),
        doubts=doubts_of(FIGURES),
    )


def _answers(agreeing: int, parts: int) -> npt.NDArray[np.float32]:
    """(parts, 4) probabilities: the first parts agree, the rest say one of the others in turn."""
    predicted = [0] * agreeing + [1 + number % 3 for number in range(parts - agreeing)]
    confidence = 0.5 + 0.4 * np.arange(parts)[:, None] / parts
    rest = np.full((parts, 4), (1 - confidence) / 3)
    return np.where(np.eye(4)[predicted] == 1, confidence, rest).astype(np.float32)


def picture_file(kind: str = "JPEG") -> bytes:
    """The bytes of a small picture's file."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()
