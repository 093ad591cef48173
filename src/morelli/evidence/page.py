"""The page of an attribution's evidence, and its pictures as files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from morelli.classifier import NONE_OF_THESE
from morelli.data.pictures import Place
from morelli.errors import writing
from morelli.evidence.gather import Evidence, Look
from morelli.evidence.neighbours import Neighbour, same_label
from morelli.evidence.parts_page import cells_of, parts_blocks, picture_of
from morelli.evidence.regions import Box
from morelli.evidence.saliency import enlarged
from morelli.evidence.words import percent
from morelli.markup import counted
from morelli.reporting.overlay import lit, look_figure, over_picture, parts_figure, save_jpeg
from morelli.reporting.page import Block, Chart, Gallery, Page, Picture, Section, Table, Text
from morelli.reporting.report import write_report
from morelli.reporting.thumbnails import thumbnail

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = "evidence.html"

SHOWN = 5
"""Classes in the table of answers."""

FAINT = 0.25
"""How strong what spoke for an answer must be, where what spoke against it has 1."""

_NUMBERED = ("neighbour-*", "parts-*.jpg")
"""Pictures that a page before may have had more of."""

_SIDE = 320
"""Of a map, in pixels, before it is laid over the picture."""

Share = tuple[float, float, float, float]


def write_evidence(
    folder: str | Path,
    evidence: Evidence,
    pictures: Mapping[Place, bytes] | None = None,
    missing: str = "",
) -> Path:
    """Write a page of evidence and its pictures into a folder, and return the page's path.

    Args:
        folder: Made if it is not there.
        evidence: Of one image.
        pictures: Image files of its neighbours by place, as `grounds.pictures_for` reads them;
            without, the page names them only.
        missing: Why there are no pictures, as a sentence.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    folder, pictures = Path(folder), pictures or {}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _write_pictures(folder, evidence, pictures)
        write_report(folder / PAGE, evidence_page(evidence, pictures, missing))
    return folder / PAGE


def _write_pictures(folder: Path, evidence: Evidence, pictures: Mapping[Place, bytes]) -> None:
    """Write the figures and the neighbours' images; those of a page before do not stay."""
    for old in [path for pattern in _NUMBERED for path in folder.glob(pattern)]:
        old.unlink()
    for name, figure in _figures(evidence):
        save_jpeg(figure, folder / f"{name}.jpg")
    for number, neighbour in enumerate(evidence.neighbours, 1):
        if neighbour.place in pictures:
            data = pictures[neighbour.place]
            suffix = ".png" if data.startswith(b"\x89PNG") else ".jpg"
            (folder / f"neighbour-{number}{suffix}").write_bytes(data)


def evidence_page(
    evidence: Evidence, pictures: Mapping[Place, bytes] | None = None, missing: str = ""
) -> Page:
    """Return the page of an image's evidence; arguments as `write_evidence` takes them."""
    name = Path(evidence.attribution.image).name
    return Page(
        kind="evidence",
        title=f"Who made {name}?" if evidence.attribution.task == "artist" else name,
        asked=_asked(evidence),
        conclusion=evidence.sentence,
        sections=(
            Section("Answer", (_answers(evidence),)),
            Section("Closest works", tuple(_neighbours(evidence, pictures or {}, missing))),
            Section("Parts", tuple(parts_blocks(evidence))),
            Section("Where it looked", tuple(_saliency(evidence))),
        ),
        warnings=tuple(f"{doubt[0].upper()}{doubt[1:]}." for doubt in evidence.doubts),
    )


def _asked(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    width, height = evidence.size
    return (
        ("Image", evidence.attribution.image),
        ("Size", f"{width:,} x {height:,} pixels"),
        ("Classes", counted(len(evidence.class_names), evidence.attribution.task)),
        ("None of these?", NONE_OF_THESE if evidence.attribution.declined else "one of these"),
        ("Network", ", ".join(look.network for look in evidence.looks)),
    )


def _answers(evidence: Evidence) -> Table:
    return Table(
        caption="The likeliest answers",
        columns=(evidence.attribution.task, "probability"),
        rows=tuple(
            (name, percent(probability)) for name, probability in evidence.attribution.top(SHOWN)
        ),
        right=(1,),
        marked=(0,),
        note="Probabilities are shared out among the classes that were learned; a maker who is not "
        "among them cannot be named.",
    )


def _neighbours(evidence: Evidence, pictures: Mapping[Place, bytes], missing: str) -> list[Block]:
    near = evidence.neighbours
    if not near:
        return [Text(("There are no known works to compare it with.",))]
    agreeing = same_label(near, evidence.label)
    note = (
        f"{agreeing} of {len(near)} are of {evidence.attribution.best}. Distance: 0 is the same, "
        "1 has nothing in common. It is measured before anything was learned of the classes, so "
        "that it is an opinion of its own; often it is the subject that is alike."
    )
    named = [(evidence.class_names[neighbour.label], neighbour) for neighbour in near]
    if not all(neighbour.place in pictures for neighbour in near):
        rows = tuple(
            (name, f"{neighbour.distance:.3f}", neighbour.id[:12]) for name, neighbour in named
        )
        columns = (evidence.attribution.task, "distance", "work")
        note = f"{note} {missing}".strip()
        return [Table("The closest known works", columns, rows, right=(1,), note=note)]
    known = [_known(name, neighbour, pictures[neighbour.place]) for name, neighbour in named]
    asked = picture_of(evidence.picture, "The image asked about", ("asked about",))
    return [Gallery("The closest known works", (asked, *known), note)]


def _known(name: str, neighbour: Neighbour, data: bytes) -> Picture:
    caption = (name, f"distance {neighbour.distance:.2f}")
    return Picture(thumbnail(data), f"A known work of {name}", caption)


def _saliency(evidence: Evidence) -> list[Block]:
    blocks: list[Block] = []
    for look in evidence.looks:
        title = f"Where {look.network} looked for {evidence.attribution.best}"
        figure = look_figure(evidence.size, _shares(look.box, evidence.size))
        drawn = over_picture(figure, _lit(evidence, look), evidence.size, title, _where(look))
        blocks.append(Chart(title, drawn, f"{_where(look)} {_checked(look)}"))
    return blocks


def _shares(box: Box, size: tuple[int, int]) -> Share:
    left, top, right, bottom = box
    return left / size[0], top / size[1], right / size[0], bottom / size[1]


def _lit(evidence: Evidence, look: Look) -> Image.Image:
    """Return the picture, warm where a network looked."""
    width, height = evidence.picture.size
    left, top, right, bottom = _shares(look.box, evidence.size)
    box = (
        round(left * width),
        round(top * height),
        max(round(right * width), round(left * width) + 1),
        max(round(bottom * height), round(top * height) + 1),
    )
    return lit(evidence.picture, box, enlarged(look.map, _SIDE))


_THIRDS = (
    ("upper left", "upper middle", "upper right"),
    ("left", "middle", "right"),
    ("lower left", "lower middle", "lower right"),
)


def _where(look: Look) -> str:
    """Return in words where a map is highest."""
    positive = enlarged(look.map, 3)
    if not positive.any():
        return "Nothing in the image spoke for this answer more than for others."
    row, column = divmod(int(positive.argmax()), 3)
    faint = " It is faint: elsewhere something spoke far more strongly against the answer."
    return (
        f"Most of what spoke for the answer lies in the {_THIRDS[row][column]} of the square that "
        f"the network saw.{faint if look.map.max() < FAINT else ''}"
    )


def _checked(look: Look) -> str:
    """Return a sentence on the map's sanity check."""
    mean = sum(look.check.correlations) / len(look.check.correlations)
    shuffled, correlation = "With the network's weights shuffled", f"(rank correlation {mean:.2f})"
    if look.check.changes:
        return (
            f"{shuffled} the map is another {correlation}: it comes from the network's weights, "
            "not from the image alone."
        )
    return (
        f"{shuffled} the map stays much the same {correlation}: it shows the image more than what "
        "was learned, and is no evidence."
    )


def _figures(evidence: Evidence) -> list[tuple[str, "Figure"]]:
    """Return the figures that are written to files, with their names."""
    figures = []
    for parts in evidence.regions:
        figure = parts_figure(evidence.size, *cells_of(evidence, parts), evidence.picture)
        figures.append((f"parts-{round(1 / parts.scale)}", figure))
    for look in evidence.looks:
        shares = _shares(look.box, evidence.size)
        figures.append((look.network, look_figure(evidence.size, shares, _lit(evidence, look))))
    return figures
