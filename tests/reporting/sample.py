"""A page with a block of every kind, and more in it than a report is likely to hold."""

import io
import math
from functools import cache

import numpy as np
import numpy.typing as npt

from morelli.invented.painters import PAINTERS, paint
from morelli.reporting.page import Chart, Command, Gallery, Page, Picture, Section, Table, Text
from morelli.reporting.plots import (
    Curve,
    Interval,
    Reference,
    confusion_figure,
    curves_figure,
    intervals_figure,
    svg_text,
)
from morelli.reporting.thumbnails import thumbnail

KNOWN = (
    "Pierre-Auguste Renoir",
    "Jean-Baptiste-Camille Corot",
    "Wassily Kandinsky",
    "Nicholas Roerich",
    "Zinaida Serebriakova",
    "Workshop of Peter Paul Rubens",
    "Ōgata Kōrin 尾形光琳",
    "R$ 5 & <R$ 6>",
    "Michelangelo_Merisi_da_Caravaggio",
    "El Greco",
)
NAMES = KNOWN + tuple(f"Follower {number} of Claude Monet" for number in range(1, 21))
SETTINGS = tuple(
    f"resnet50, linear probe, learning rate {rate}, weight decay {decay}, {views} views"
    for rate in (0.0003, 0.001, 0.003)
    for decay in (0.0, 0.0001, 0.001)
    for views in (1, 2, 4)
)
"""27 of them."""


@cache
def works(number: int) -> tuple[Picture, ...]:
    """Pictures by the invented painters, with captions; the last file is damaged."""
    pictures = []
    for index in range(number - 1):
        painter = PAINTERS[index % len(PAINTERS)]
        buffer = io.BytesIO()
        size = ((160, 120), (120, 160), (160, 40), (140, 140))[index % 4]
        paint(painter, index, size=size).save(buffer, "JPEG")
        name = painter.name.replace("-", " ").title()
        caption = (
            name,
            f"work {index + 1}, classified as {KNOWN[index % 10]}",
            f"probability 0.{9 - index}",
        )
        pictures.append(Picture(thumbnail(buffer.getvalue()), f"A work by {name}", caption))
    lost = Picture(thumbnail(b"damaged"), "No picture: its file is damaged", ("x" * 64, "damaged"))
    return (*pictures, lost)


def matrix() -> npt.NDArray[np.int64]:
    """(30, 30) counts, most of them on the diagonal."""
    rng = np.random.default_rng(5)
    counts = rng.poisson(0.6, (30, 30)) + np.diag(rng.integers(0, 130, 30))
    return counts.astype(np.int64)


def curves() -> tuple[Curve, ...]:
    """27 learning curves, one of them marked."""
    rng = np.random.default_rng(6)

    def curve(number: int, name: str) -> Curve:
        pace, height = rng.uniform(2, 9), 0.9 - 0.012 * number
        noise = rng.normal(0, 0.008, 30)
        values = (height * (1 - math.exp(-(k + 1) / pace)) + noise[k] for k in range(30))
        return Curve(name, tuple(values), marked=number == 1)

    return tuple(curve(number, name) for number, name in enumerate(SETTINGS))


def _charts() -> tuple[Chart, ...]:
    rows = [
        Interval(setting, value, value - 0.04, value + 0.03)
        for setting, value in zip(SETTINGS[:8], (0.9 - 0.01 * n for n in range(8)), strict=True)
    ]
    differences = [Interval("one minus other", 0.02, -0.005, 0.05)]
    differences.append(Interval("x" * 90, -0.1234, -0.1236, 0.1))
    two = (Curve("train", (0.4, 0.7, 0.8, 0.84)), Curve("val", (0.4, 0.6, 0.7, 0.69), marked=True))
    drawn = (
        ("All settings by epoch", curves_figure(curves(), "validation accuracy", "")),
        ("The chosen setting, refitted", curves_figure(two, "accuracy", "")),
        (
            "Test accuracy with 95 % intervals",
            intervals_figure(rows, "test accuracy", "", Reference(0.213)),
        ),
        (
            "Differences",
            intervals_figure(
                differences,
                "difference in macro-F1: first minus second",
                "Not to be seen",
                Reference(0.0, "no difference:"),
            ),
        ),
        ("Who was taken for whom", confusion_figure(matrix(), NAMES, "")),
        ("Among five of them", confusion_figure(matrix()[:5, :5], NAMES[:5], "")),
    )
    says = "What the figure says, in words, for those who cannot see it or do not want to look."
    return tuple(Chart(title, svg_text(figure, title, says), says) for title, figure in drawn)


def _tables() -> tuple[Table, ...]:
    wide = (
        "setting",
        "learning rate",
        "weight decay",
        "views",
        *(f"fold {k}" for k in range(1, 9)),
    )
    rows = tuple((name, "0.0003", "0.0001", "2", *["0.812"] * 8) for name in SETTINGS[:9])
    paired = (
        ("Odile Marchetti", works(5)[:2], "0.12"),
        (KNOWN[8], works(5)[2:], "0.40"),
    )
    return (
        Table(
            "Every setting",
            (*wide[:-1], "macro-F1"),
            rows,
            tuple(range(1, 12)),
            (1,),
            "Marked: the chosen one.",
        ),
        Table("Closest works", ("attributed to", "works", "distance"), paired, right=(2,)),
    )


@cache
def rich_page() -> Page:
    """A study's report with all of it."""
    words = "The accuracy on works that took no part in the choice is what counts. " * 3
    command = "morelli study wikiart-artists --task artist " + " ".join(
        f"--rate {number / 1000}" for number in range(1, 12)
    )
    return Page(
        kind="study",
        title="Which setting tells thirty painters of the WikiArt collection apart?",
        asked=(
            ("Collection", "/data/collections/" + "wikiart-" * 8),
            ("Task", "artist"),
            ("Works", "12,345 in 30 classes"),
            ("Backbone", "resnet50, weights IMAGENET1K_V2"),
        ),
        conclusion="The linear probe at a learning rate of 0.0003 tells the right painter for "
        "81.2 % of works that it has never seen (95 % interval 78.0 % to 84.1 %); always answering "
        "the commonest painter would give 21.3 %.",
        warnings=(
            "Weights are random: figures, AUROC too, say nothing about art.",
            "Nine copies were found.",
        ),
        sections=(
            Section("What came out", (Text((words, words)), *_tables())),
            Section("Figures", _charts()),
            Section("Works", (Gallery("The surest mistakes", works(9), "Surest first."),)),
            Section("Do it again", (Command("Type this", command),)),
        ),
    )
