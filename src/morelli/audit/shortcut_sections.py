"""The parts of an audit's report on what files are like: shortcuts, class sizes, small images."""

from collections.abc import Sequence

from morelli.audit.figures import (
    MOST_PURE,
    AuditFigures,
    MarkFigures,
    QualityFigures,
    ShortcutFigures,
)
from morelli.audit.folder import Audit
from morelli.audit.galleries import Images, gallery, shown_grey
from morelli.markup import counted
from morelli.reporting.page import Block, Chart, Section, Table, Text
from morelli.reporting.plots import Interval, Reference, intervals_figure, svg_text

MARKS = 12
"""Facts that mark a class in a report."""

QUARANTINED = 10
"""Unusable files in a report."""

CLASSES = 40
"""Classes in a report's table of their sizes."""

MEANING = (
    "Trees were grown on what the source files are like, not on the pictures, and predicted the "
    "class of works that they never saw, copies kept together. Where they are well above the "
    "majority, a network can do the same: it learns how each class was photographed, scaled and "
    "compressed."
)


def shortcuts_section(results: AuditFigures) -> Section:
    """Return how well the class is predicted from what is not the picture."""
    title, short = "Shortcuts", results.shortcuts
    sources = _sources(results)
    if short is None:
        text = "Not measured: that needs two classes with works in five groups of copies."
        return Section(title, (Text((text,)), *sources))
    low, high = short.interval
    figure = (
        f"{short.accuracy:.1%} of {counted(short.works, 'work')} were classified correctly (95 % "
        f"interval {low:.1%} to {high:.1%}); always answering the commonest {results.task} "
        f"gives {short.majority:.1%}."
    )
    verdict = short.warning or (
        f"{figure} The interval does not begin clearly above the majority: there is nothing to "
        "warn of."
    )
    blocks: list[Block] = [Text((MEANING, verdict)), _chart(short), _groups(short)]
    if short.marks:
        blocks.append(_marks(short.marks))
    return Section(title, (*blocks, *sources))


def quality_section(audit: Audit, images: Images) -> Section:
    """Return class sizes, and images that say little."""
    quality, task = audit.results.quality, audit.results.task
    lines = (
        _imbalance(quality, task),
        f"{counted(quality.low_resolution, 'work')} of {audit.results.collection.works:,} have a "
        f"short side below {quality.limits.short_side} pixels, which networks take in: they are "
        "enlarged, and their brushwork is gone.",
        f"{counted(quality.near_grey, 'work')} nearly without colour (photographs, drawings, "
        f"prints), {quality.one_colour:,} of one colour throughout.",
    )
    blocks: list[Block] = [Text(lines)]
    if quality.classes:
        blocks.append(_classes(quality.classes, task))
    grey = gallery(
        "The greyest",
        shown_grey(audit),
        images,
        lambda row: (row.work.class_name or "no known class", f"work {row.work.number}"),
        "Mean chroma least; quality.csv lists all.",
    )
    blocks += [grey] if grey else []
    return Section("Quality", (*blocks, _quarantined(audit)))


def _imbalance(quality: QualityFigures, task: str) -> str:
    classes, limits = quality.classes, quality.limits
    if not classes:
        return f"No work has a known {task}."
    if len(classes) == 1:
        return f"All labelled works are of one {task}: there is nothing to tell apart."
    tiny = ", ".join(quality.tiny[:10]) or "none"
    out = ", ".join(quality.left_out[:10]) or "none"
    return (
        f"{len(classes):,} classes, the largest {quality.ratio:,.1f} times the smallest; as "
        f"hard to guess as {quality.effective:.1f} of equal size. Tiny, with fewer than "
        f"{limits.few} works: {tiny}. Left out of training, with fewer than "
        f"{limits.fewest}: {out}."
    )


def _chart(short: ShortcutFigures) -> Chart:
    title = "Classified correctly from what is not the picture"
    low, high = short.interval
    rows = [
        Interval("all of it", short.accuracy, low, high),
        *(Interval(f"{group.name} alone", group.alone) for group in short.groups),
    ]
    described = "; ".join(f"{row.name}: {row.value:.3f}" for row in rows)
    figure = intervals_figure(rows, "accuracy", title, Reference(short.majority))
    return Chart(title, svg_text(figure, title, described), described)


def _groups(short: ShortcutFigures) -> Table:
    return Table(
        "What carries it",
        ("trait", "accuracy alone", "lost without it"),
        tuple((group.name, f"{group.alone:.3f}", f"{group.lost:+.3f}") for group in short.groups),
        right=(1, 2),
        note=f"The majority's share is {short.majority:.3f}. What two traits both say is lost "
        "without neither.",
    )


def _marks(marks: Sequence[MarkFigures]) -> Table:
    return Table(
        "What marks a class",
        ("class", "its files are", "of its works", "of others"),
        tuple(
            (mark.class_name, mark.fact, f"{mark.share:.0%}", f"{mark.elsewhere:.0%}")
            for mark in marks[:MARKS]
        ),
        right=(2, 3),
        note=f"The most telling {MARKS} of {len(marks)}; shortcuts.csv lists all."
        if len(marks) > MARKS
        else "",
    )


def _sources(results: AuditFigures) -> list[Block]:
    """Return how well columns of text predict the class."""
    if not results.sources:
        return []
    rows = tuple(
        (
            source.column,
            f"{source.works:,}",
            f"{source.accuracy:.3f}",
            f"{source.majority:.3f}",
            f"{source.cramers_v:.2f}",
            _pure(source.pure),
        )
        for source in results.sources
    )
    table = Table(
        "How well columns predict the class",
        ("column", "works", "accuracy", "majority", "Cramér's V", "of one class"),
        rows,
        right=(1, 2, 3, 4),
        note="Predicted for a work is the commonest class of the others with its value.",
    )
    warned = tuple(source.warning for source in results.sources if source.warning)
    return [table, *([Text(warned)] if warned else [])]


def _pure(sources: Sequence[object]) -> str:
    number = len(sources)
    return counted(number, "value") if number < MOST_PURE else f"{MOST_PURE} values or more"


def _classes(classes: dict[str, int], task: str) -> Table:
    total = sum(classes.values())
    names = [*classes][:CLASSES]
    return Table(
        "Works by class",
        (task, "works", "share"),
        tuple((name, f"{classes[name]:,}", f"{classes[name] / total:.1%}") for name in names),
        right=(1, 2),
        note=f"The {CLASSES} largest of {len(classes):,}." if len(classes) > CLASSES else "",
    )


def _quarantined(audit: Audit) -> Block:
    quarantined = audit.findings.quarantined
    if not quarantined:
        return Text(("No file was quarantined when the collection was made.",))
    return Table(
        "Files that could not be used",
        ("file", "why"),
        tuple(
            (bad.path or f"{bad.shard}, row {bad.row}", bad.reason)
            for bad in quarantined[:QUARANTINED]
        ),
        note=f"{len(quarantined):,} in all; quality.csv lists them."
        if len(quarantined) > QUARANTINED
        else "",
    )
