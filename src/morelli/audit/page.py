"""The report of an audit: what to look at before anything is learned from a collection."""

from pathlib import Path
from shlex import quote
from typing import Any

from morelli.audit.folder import REPORT, Audit, warnings_of
from morelli.audit.galleries import read_images
from morelli.audit.sections import (
    conflicts_section,
    copies_section,
    labels_section,
    series_section,
)
from morelli.audit.shortcut_sections import quality_section, shortcuts_section
from morelli.errors import writing
from morelli.markup import counted
from morelli.reporting.page import Block, Command, Page, Section, Table, Text
from morelli.reporting.report import write_report

UNTRAINED = (
    "The network's weights were random: copies were told by their pictures alone, and neither "
    "series by their look nor labels that the data speak against were looked for."
)


GROUPED = "split with --split grouped"
NOT_LOOKED = "not looked for"

Finding = tuple[str, str, str]
"""What was looked for, what was found, and what to do."""


def write_audit_report(audit: Audit) -> Path:
    """Write the report into the folder and return its path."""
    path = audit.folder / REPORT
    with writing(audit.folder):
        write_report(path, audit_page(audit))
    return path


def audit_page(audit: Audit) -> Page:
    """Return the page of an audit."""
    images, lacking = read_images(audit)
    results = audit.results
    said = [*warnings_of(audit), *([] if results["network"] else [UNTRAINED])]
    return Page(
        kind="audit",
        title="Is the collection fit to learn from?",
        asked=_asked(results),
        conclusion=conclusion(results),
        sections=(
            Section("At a glance", (glance(results),)),
            copies_section(audit, images),
            conflicts_section(audit, images),
            labels_section(audit, images),
            series_section(audit, images),
            shortcuts_section(results),
            quality_section(audit, images),
            Section("How to go on", _commands(audit)),
        ),
        warnings=(*said, *([lacking] if lacking else [])),
    )


def conclusion(results: dict[str, Any]) -> str:
    """Return what was found, in a paragraph."""
    copies, works = results["copies"], results["collection"]["works"]
    spare = copies["works"] - copies["clusters"]
    said = [
        f"Of {counted(works, 'work')}, {spare:,} only repeat another and can be left out."
        if spare
        else f"Among {counted(works, 'work')} no two were found that show the same work."
    ]
    contradicting = sum(results["conflicts"].values())
    if contradicting:
        said.append(
            f"{counted(contradicting, 'cluster')} of copies stand under names that contradict."
        )
    short = results["shortcuts"]
    if short and short["warning"]:
        said.append(
            f"Files alone, without a look at the picture, tell {short['accuracy']:.0%} of works "
            f"right ({short['majority']:.0%} by always answering the commonest class): accuracy "
            "on this collection may not be about painting."
        )
    elif short:
        said.append("That files alone tell the classes apart was not found.")
    return " ".join(said)


def glance(results: dict[str, Any]) -> Table:
    """Return a table of all findings, each with what to do about it."""
    columns = ("looked for", "found", "what to do")
    return Table("Findings", columns, tuple(findings_of(results)))


def findings_of(results: dict[str, Any]) -> list[Finding]:
    """Return for each thing looked for what was found, and what to do; nothing where all is well.

    Args:
        results: Figures of an audit.
    """
    short = ("shortcuts", _shortcut(results["shortcuts"]), _cure(results))
    return [*_of_copies(results), *_of_series(results["series"]), short, *_of_quality(results)]


def _of_copies(results: dict[str, Any]) -> list[Finding]:
    copies, doubtful = results["copies"], results["labels"]
    contradicting = ", ".join(
        f"{counted(count, 'cluster')} by {task}"
        for task, count in results["conflicts"].items()
        if count
    )
    in_clusters = (
        f"{counted(copies['works'], 'work')} in {counted(copies['clusters'], 'cluster')}"
        if copies["works"]
        else "none"
    )
    judged = f"{doubtful['issues']:,} of {doubtful['judged']:,} judged" if doubtful else NOT_LOOKED
    return [
        ("copies", in_clusters, _if(copies["works"], "keep one of each (--fix)")),
        ("conflicting labels", contradicting or "none", _if(contradicting, "set aside (--fix)")),
        (
            "labels worth a look",
            judged,
            _if(doubtful and doubtful["issues"], "look at the first"),
        ),
    ]


def _of_series(series: dict[str, Any]) -> list[Finding]:
    title, visual = series["title"], series["visual"]
    by_title = _in_series(title) if series["titled_works"] else "there are no titles"
    by_look = NOT_LOOKED if visual is None else _in_series(visual)
    return [
        ("series by title", by_title, _if(title["series"], GROUPED)),
        ("series by look", by_look, _if(visual and visual["series"], GROUPED)),
    ]


def _of_quality(results: dict[str, Any]) -> list[Finding]:
    looked = results["quality"]
    tiny, few = looked["tiny"], looked["limits"]["few"]
    counts = [
        ("low resolution", "low_resolution", "work", "look for larger images"),
        ("near-grey", "near_grey", "work", "colour cannot tell these"),
        ("one colour", "one_colour", "work", "leave them out"),
        ("quarantined", "quarantined", "file", "see quarantine.csv"),
    ]
    return [
        (
            "tiny classes",
            f"{len(tiny):,} with fewer than {few} works",
            _if(tiny, "add works, or leave them out"),
        ),
        *(
            (name, counted(looked[key], noun), _if(looked[key], do))
            for name, key, noun, do in counts
        ),
    ]


def _if(found: object, advice: str) -> str:
    return advice if found else ""


def _shortcut(short: dict[str, Any] | None) -> str:
    if short is None:
        return "too few works of two classes"
    return f"{short['accuracy']:.1%} told right, majority {short['majority']:.1%}"


def _cure(results: dict[str, Any]) -> str:
    short = results["shortcuts"]
    if short and short["warning"]:
        return "train with --augment capture"
    warned = [each["column"] for each in results["sources"] if each["warning"]]
    return f"split with --split-by {warned[0]}" if warned else ""


def _in_series(found: dict[str, int]) -> str:
    return f"{counted(found['works'], 'work')} in {counted(found['series'], 'series', 'series')}"


def _asked(results: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    about = results["collection"]
    source = ", ".join(f"{key} {value}" for key, value in about["source"].items())
    unlabelled = about["works"] - about["labelled"]
    without = f", {unlabelled:,} of them with no known {results['task']}" if unlabelled else ""
    took = sum(results["seconds"].values())
    return (
        ("Collection", f"{about['folder']} ({source})"),
        ("Works", f"{about['works']:,}{without}"),
        ("Classes", f"{len(results['quality']['classes']):,} of {results['task']}"),
        ("Network", results["network"] or "none: its weights were random"),
        ("Took", f"{took:,.0f} s"),
    )


def _commands(audit: Audit) -> tuple[Block, ...]:
    folder = quote(audit.results["collection"]["folder"])
    untrained = "" if audit.results["network"] else " --weights random"
    again = f"morelli audit {folder} --task {audit.results['task']}{untrained} --out"
    return (
        Text(
            (
                "A cleaned collection has the best copy of each work and none that contradict. "
                "Its decisions.csv says what was done with each copy and why; change its actions "
                "(keep, drop, aside) and apply it again.",
            )
        ),
        Command("A cleaned collection", f"{again} {quote(str(audit.folder))} --fix CLEANED"),
        Command(
            "Decisions that were edited",
            f"morelli audit {folder} --apply CLEANED/decisions.csv --fix EDITED",
        ),
        Command("The same audit again", f"{again} NEW"),
    )
