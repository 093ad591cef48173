"""The report of an audit: what to look at before anything is learned from a collection."""

from pathlib import Path
from shlex import quote

from morelli.audit.figures import AuditFigures, SeriesCount, SeriesFigures, ShortcutFigures
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
    "The network's weights were random: copies were found by their pictures alone, and neither "
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
    warnings = [*warnings_of(audit), *([] if results.network else [UNTRAINED])]
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
        warnings=(*warnings, *([lacking] if lacking else [])),
    )


def conclusion(results: AuditFigures) -> str:
    """Return what was found, in a paragraph."""
    copies, works = results.copies, results.collection.works
    spare = copies.works - copies.clusters
    sentences = [
        f"Of {counted(works, 'work')}, {spare:,} only repeat another and can be left out."
        if spare
        else f"Among {counted(works, 'work')} no two were found that show the same work."
    ]
    contradicting = sum(results.conflicts.values())
    if contradicting:
        sentences.append(
            f"{counted(contradicting, 'cluster')} of copies stand under names that contradict."
        )
    short = results.shortcuts
    if short and short.warning:
        sentences.append(
            f"From files alone, without a look at the picture, {short.accuracy:.0%} of works are "
            f"classified correctly ({short.majority:.0%} by always answering the commonest "
            "class): accuracy on this collection may not be about painting."
        )
    elif short:
        sentences.append("It was not found that files alone predict the class.")
    return " ".join(sentences)


def glance(results: AuditFigures) -> Table:
    """Return a table of all findings, each with what to do about it."""
    columns = ("looked for", "found", "what to do")
    return Table("Findings", columns, tuple(findings_of(results)))


def findings_of(results: AuditFigures) -> list[Finding]:
    """Return for each thing looked for what was found, and what to do; nothing where all is well.

    Args:
        results: Figures of an audit.
    """
    short = ("shortcuts", _shortcut(results.shortcuts), _cure(results))
    return [*_of_copies(results), *_of_series(results.series), short, *_of_quality(results)]


def _of_copies(results: AuditFigures) -> list[Finding]:
    copies, doubtful = results.copies, results.labels
    contradicting = ", ".join(
        f"{counted(count, 'cluster')} by {task}"
        for task, count in results.conflicts.items()
        if count
    )
    in_clusters = (
        f"{counted(copies.works, 'work')} in {counted(copies.clusters, 'cluster')}"
        if copies.works
        else "none"
    )
    judged = f"{doubtful.issues:,} of {doubtful.judged:,} judged" if doubtful else NOT_LOOKED
    return [
        ("copies", in_clusters, _if(copies.works, "keep one of each (--fix)")),
        ("conflicting labels", contradicting or "none", _if(contradicting, "set aside (--fix)")),
        (
            "labels worth a look",
            judged,
            _if(doubtful and doubtful.issues, "look at the first"),
        ),
    ]


def _of_series(series: SeriesFigures) -> list[Finding]:
    title, visual = series.title, series.visual
    by_title = _in_series(title) if series.titled_works else "there are no titles"
    by_look = NOT_LOOKED if visual is None else _in_series(visual)
    return [
        ("series by title", by_title, _if(title.series, GROUPED)),
        ("series by look", by_look, _if(visual and visual.series, GROUPED)),
    ]


def _of_quality(results: AuditFigures) -> list[Finding]:
    quality = results.quality
    tiny, few = quality.tiny, quality.limits.few
    counts = [
        ("low resolution", quality.low_resolution, "work", "look for larger images"),
        ("near-grey", quality.near_grey, "work", "colour says nothing of these"),
        ("one colour", quality.one_colour, "work", "leave them out"),
        ("quarantined", quality.quarantined, "file", "see quarantine.csv"),
    ]
    return [
        (
            "tiny classes",
            f"{len(tiny):,} with fewer than {few} works",
            _if(tiny, "add works, or leave them out"),
        ),
        *((name, counted(count, noun), _if(count, advice)) for name, count, noun, advice in counts),
    ]


def _if(condition: object, advice: str) -> str:
    return advice if condition else ""


def _shortcut(short: ShortcutFigures | None) -> str:
    if short is None:
        return "too few works of two classes"
    return f"{short.accuracy:.1%} classified correctly, majority {short.majority:.1%}"


def _cure(results: AuditFigures) -> str:
    short = results.shortcuts
    if short and short.warning:
        return "train with --augment capture"
    warned = [source.column for source in results.sources if source.warning]
    return f"split with --split-by {warned[0]}" if warned else ""


def _in_series(count: SeriesCount) -> str:
    return f"{counted(count.works, 'work')} in {counted(count.series, 'series', 'series')}"


def _asked(results: AuditFigures) -> tuple[tuple[str, str], ...]:
    collection = results.collection
    source = ", ".join(f"{key} {value}" for key, value in collection.source.items())
    unlabelled = collection.works - collection.labelled
    without = f", {unlabelled:,} of them with no known {results.task}" if unlabelled else ""
    took = sum(results.seconds.values())
    return (
        ("Collection", f"{collection.folder} ({source})"),
        ("Works", f"{collection.works:,}{without}"),
        ("Classes", f"{len(results.quality.classes):,} of {results.task}"),
        ("Network", results.network or "none: its weights were random"),
        ("Took", f"{took:,.0f} s"),
    )


def _commands(audit: Audit) -> tuple[Block, ...]:
    folder = quote(audit.results.collection.folder)
    untrained = "" if audit.results.network else " --weights random"
    again = f"morelli audit {folder} --task {audit.results.task}{untrained} --out"
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
