"""The parts of an audit's report on what files are like: shortcuts, class sizes, small images."""

from collections.abc import Sequence
from typing import Any

from morelli.audit.folder import Audit
from morelli.audit.galleries import Images, gallery, shown_grey
from morelli.audit.tables import MOST_PURE
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
    "Trees were grown on what the source files are like, not on the pictures, and told the class "
    "of works that they never saw, copies kept together. Where they are well above the majority, "
    "a network can do the same: it learns how each class was photographed, scaled and compressed."
)


def shortcuts_section(results: dict[str, Any]) -> Section:
    """Return how well the class is told from what is not the picture."""
    title, short = "Shortcuts", results["shortcuts"]
    sources = _sources(results)
    if short is None:
        said = "Not told: that needs two classes with works in five groups of copies."
        return Section(title, (Text((said,)), *sources))
    low, high = short["interval"]
    figure = (
        f"{short['accuracy']:.1%} of {counted(short['works'], 'work')} were told right (95 % "
        f"interval {low:.1%} to {high:.1%}); always answering the commonest {results['task']} "
        f"gives {short['majority']:.1%}."
    )
    verdict = short["warning"] or (
        f"{figure} The interval does not begin clearly above the majority: there is nothing to "
        "warn of."
    )
    blocks: list[Block] = [Text((MEANING, verdict)), _chart(short), _groups(short)]
    if short["marks"]:
        blocks.append(_marks(short["marks"]))
    return Section(title, (*blocks, *sources))


def quality_section(audit: Audit, images: Images) -> Section:
    """Return class sizes, and images that say little."""
    results = audit.results
    looked, task = results["quality"], results["task"]
    limits, classes = looked["limits"], looked["classes"]
    lines = [
        _imbalance(looked, task),
        f"{counted(looked['low_resolution'], 'work')} of {results['collection']['works']:,} have a "
        f"short side below {limits['short_side']} pixels, which networks take in: they are "
        "enlarged, and their brushwork is gone.",
        f"{counted(looked['near_grey'], 'work')} nearly without colour (photographs, drawings, "
        f"prints), {looked['one_colour']:,} of one colour throughout.",
    ]
    blocks: list[Block] = [Text(tuple(lines))]
    if classes:
        blocks.append(_classes(classes, looked, task))
    grey = gallery(
        "The greyest",
        shown_grey(audit),
        images,
        lambda row: (row["class"] or "no known class", f"work {row['work']}"),
        "Mean chroma least; quality.csv lists all.",
    )
    blocks += [grey] if grey else []
    return Section("Quality", (*blocks, _quarantined(audit)))


def _imbalance(looked: dict[str, Any], task: str) -> str:
    classes = looked["classes"]
    if not classes:
        return f"No work has a known {task}."
    if len(classes) == 1:
        return f"All labelled works are of one {task}: there is nothing to tell apart."
    tiny = ", ".join(looked["tiny"][:10]) or "none"
    out = ", ".join(looked["left_out"][:10]) or "none"
    return (
        f"{len(classes):,} classes, the largest {looked['ratio']:,.1f} times the smallest; as "
        f"hard to guess as {looked['effective']:.1f} of equal size. Tiny, with fewer than "
        f"{looked['limits']['few']} works: {tiny}. Left out of training, with fewer than "
        f"{looked['limits']['fewest']}: {out}."
    )


def _chart(short: dict[str, Any]) -> Chart:
    title = "Told right from what is not the picture"
    low, high = short["interval"]
    rows = [
        Interval("all of it", short["accuracy"], low, high),
        *(Interval(f"{group['name']} alone", group["alone"]) for group in short["groups"]),
    ]
    described = "; ".join(f"{row.name}: {row.value:.3f}" for row in rows)
    figure = intervals_figure(rows, "accuracy", title, Reference(short["majority"]))
    return Chart(title, svg_text(figure, title, described), described)


def _groups(short: dict[str, Any]) -> Table:
    return Table(
        "What carries it",
        ("trait", "accuracy alone", "lost without it"),
        tuple(
            (each["name"], f"{each['alone']:.3f}", f"{each['lost']:+.3f}")
            for each in short["groups"]
        ),
        right=(1, 2),
        note=f"The majority's share is {short['majority']:.3f}. What two traits both say is lost "
        "without neither.",
    )


def _marks(marks: Sequence[dict[str, Any]]) -> Table:
    return Table(
        "What marks a class",
        ("class", "its files are", "of its works", "of others"),
        tuple(
            (each["label"], each["fact"], f"{each['share']:.0%}", f"{each['elsewhere']:.0%}")
            for each in marks[:MARKS]
        ),
        right=(2, 3),
        note=f"The most telling {MARKS} of {len(marks)}; shortcuts.csv lists all."
        if len(marks) > MARKS
        else "",
    )


def _sources(results: dict[str, Any]) -> list[Block]:
    """Return what columns of text tell of the class."""
    if not results["sources"]:
        return []
    rows = tuple(
        (
            each["column"],
            f"{each['works']:,}",
            f"{each['told']:.3f}",
            f"{each['majority']:.3f}",
            f"{each['cramers_v']:.2f}",
            _pure(each["pure"]),
        )
        for each in results["sources"]
    )
    table = Table(
        "What columns tell of the class",
        ("column", "works", "told right", "majority", "Cramér's V", "of one class"),
        rows,
        right=(1, 2, 3, 4),
        note="A work is told by the commonest class of the others with its value.",
    )
    warned = tuple(each["warning"] for each in results["sources"] if each["warning"])
    return [table, *([Text(warned)] if warned else [])]


def _pure(sources: Sequence[object]) -> str:
    number = len(sources)
    return counted(number, "value") if number < MOST_PURE else f"{MOST_PURE} values or more"


def _classes(classes: dict[str, int], looked: dict[str, Any], task: str) -> Table:
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
    rows = [row for row in audit.findings["quality"] if row["finding"] == "quarantined"]
    if not rows:
        return Text(("No file was quarantined when the collection was made.",))
    return Table(
        "Files that could not be used",
        ("file", "why"),
        tuple(
            (row["path"] or f"{row['shard']}, row {row['row']}", row["value"])
            for row in rows[:QUARANTINED]
        ),
        note=f"{len(rows):,} in all; quality.csv lists them." if len(rows) > QUARANTINED else "",
    )
