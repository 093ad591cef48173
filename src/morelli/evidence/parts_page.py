"""What parts of an image say alone, as a page shows it."""

import io
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image

from morelli.evidence.gather import Evidence
from morelli.evidence.regions import Parts
from morelli.evidence.words import percent, percent_of
from morelli.markup import counted
from morelli.reporting.overlay import LETTERS, Cell, Legend, over_picture, parts_figure
from morelli.reporting.page import Block, Chart, Gallery, Picture, Table, Text
from morelli.reporting.thumbnails import thumbnail

SHOWN = 5
"""Parts in a gallery."""

UNLIKE = 1.5
"""From how many times finer or coarser than those they were calibrated on parts are said to be."""

_ROUGH = (
    " They were calibrated on parts of {side:.0f} pixels, so that their probabilities are rough."
)


def parts_blocks(evidence: Evidence) -> list[Block]:
    """Return the blocks that show what parts of an image say alone."""
    if not evidence.regions:
        return [Text(("The image is too small to be cut into parts that show anything.",))]
    blocks: list[Block] = [_scales(evidence)]
    for parts in evidence.regions:
        cells, legend = cells_of(evidence, parts)
        title, described = _titled(evidence, parts), "; ".join(_legend_lines(legend)) + "."
        figure = parts_figure(evidence.size, cells, legend)
        drawn = over_picture(figure, evidence.picture, evidence.size, title, described)
        blocks.append(Chart(title, drawn, _how_drawn(evidence, parts)))
    for parts in evidence.regions[-1:]:
        against = parts.disagreeing(evidence.label)[:SHOWN]
        if against:
            note = "Of the smaller parts, those that are surest of another answer."
            cut = tuple(_cut(evidence, parts, number) for number in against)
            blocks.append(Gallery("Parts that say otherwise", cut, note))
    return blocks


def _scales(evidence: Evidence) -> Table:
    rows = []
    for parts in evidence.regions:
        fit = parts.fit
        mean = float(parts.probabilities[:, evidence.label].mean())
        rows.append(
            (
                _size_of(parts),
                f"{parts.agreeing(evidence.label)} of {len(parts.boxes)}",
                percent(mean),
                percent_of(fit.accuracy, fit.parts) if fit else "not known",
                f"{fit.side:.0f}" if fit else "",
            )
        )
    return Table(
        caption=f"Parts that say {evidence.attribution.best}",
        columns=(
            "parts",
            "say so",
            "mean probability",
            "right alone, on val",
            "pixels of those",
        ),
        rows=tuple(rows),
        right=(1, 2, 3, 4),
        note="Right alone, on val: the share of such parts of works not trained on that are "
        "classified correctly by themselves, and the pixels that those had a side. Where parts are "
        "seldom right alone, that they disagree says little.",
    )


def _size_of(parts: Parts) -> str:
    left, _, right, _ = parts.boxes[0]
    return f"{right - left:,} pixels, 1/{round(1 / parts.scale)} of the short side"


def _titled(evidence: Evidence, parts: Parts) -> str:
    return (
        f"Parts of {_size_of(parts)}: {parts.agreeing(evidence.label)} of {len(parts.boxes)} "
        f"say {evidence.attribution.best}"
    )


def _how_drawn(evidence: Evidence, parts: Parts) -> str:
    left, _, right, _ = parts.boxes[0]
    calibrated = " The probabilities are not calibrated."
    if parts.fit:
        rough = max(parts.fit.side, right - left) > UNLIKE * min(parts.fit.side, right - left)
        calibrated = _ROUGH.format(side=parts.fit.side) if rough else ""
    long, short = max(evidence.size), min(evidence.size)
    drawn = " The picture is drawn wider than it is, to be readable." if long > 4 * short else ""
    return (
        f"Parts of {right - left:,} pixels overlap by about half, each was judged alone, and each "
        "is drawn as the cell around its middle. Tinted cells say otherwise than the whole; the "
        f"larger the disc, the surer.{calibrated}{drawn}"
    )


def cells_of(evidence: Evidence, parts: Parts) -> tuple[list[Cell], Legend]:
    """Return the parts of a scale as they are drawn, and what they mean."""
    counts = Counter(parts.predicted.tolist())
    others = [label for label, _ in counts.most_common() if label != evidence.label]
    shown = [evidence.label, *others[: len(LETTERS) - 1]]
    kinds = {label: kind for kind, label in enumerate(shown)}
    lines = tuple(
        f"{evidence.class_names[label]}: {counted(counts[label], 'part')}" for label in shown
    )
    rest = sum(counts[label] for label in others[len(LETTERS) - 1 :])
    legend = Legend(lines, f"others: {counted(rest, 'part')}" if rest else "")
    across = _between([(left + right) / 2 for left, _, right, _ in parts.boxes], evidence.size[0])
    down = _between([(top + bottom) / 2 for _, top, _, bottom in parts.boxes], evidence.size[1])
    cells = []
    confidence = parts.probabilities.max(axis=1).tolist()
    for box, label, share in zip(parts.boxes, parts.predicted.tolist(), confidence, strict=True):
        left, right = across[(box[0] + box[2]) / 2]
        top, bottom = down[(box[1] + box[3]) / 2]
        kind = kinds.get(label, len(LETTERS))
        cells.append(Cell(left, top, right, bottom, kind, share))
    return cells, legend


def _between(middles: Sequence[float], length: int) -> dict[float, tuple[float, float]]:
    """Return for each middle, in pixels, from where to where its cell goes, in shares of 1."""
    ordered = sorted(set(middles))
    halves = [(one + other) / 2 for one, other in pairwise(ordered)]
    edges = [0.0, *(half / length for half in halves), 1.0]
    return {middle: (edges[n], edges[n + 1]) for n, middle in enumerate(ordered)}


def _legend_lines(legend: Legend) -> list[str]:
    return [*legend.names, *([legend.other] if legend.other else [])]


def _cut(evidence: Evidence, parts: Parts, number: int) -> Picture:
    name = evidence.class_names[int(parts.predicted[number])]
    caption = (name, percent(float(parts.probabilities[number].max())))
    return picture_of(evidence.cut(parts.boxes[number]), f"A part that says {name}", caption)


def picture_of(image: Image.Image, alt: str, caption: tuple[str, ...]) -> Picture:
    """Return an image as a small picture of a page."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return Picture(thumbnail(buffer.getvalue()), alt, caption)
