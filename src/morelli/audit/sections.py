"""The parts of an audit's report that show works side by side."""

from collections.abc import Iterable, Sequence

from morelli.audit.csv_rows import ConflictRow, CopyRow, LabelRow, SeriesRow
from morelli.audit.figures import LabelFigures, SeriesFigures
from morelli.audit.folder import Audit
from morelli.audit.galleries import (
    CLUSTERS,
    DOUBTFUL,
    MEMBERS,
    SERIES,
    Images,
    WorkRow,
    gallery,
    shown_conflicts,
    shown_copies,
    shown_labels,
    shown_series,
    spread,
)
from morelli.markup import counted
from morelli.reporting.page import Block, Gallery, Section, Table, Text

NO_LABEL = "no known class"


def copies_section(audit: Audit, images: Images) -> Section:
    """Return the clusters of copies."""
    copies = audit.results.copies
    shown = shown_copies(audit)
    if not copies.clusters:
        return Section("Copies", (Text(("No two works were found that show the same.",)),))
    spare = copies.works - copies.clusters
    text = (
        f"{counted(copies.works, 'work')} show {counted(copies.clusters, 'work')} of art "
        f"between them, so that {spare:,} are spare. Of {counted(copies.pairs, 'pair')} "
        f"{copies.exact_pairs:,} have equal pixels; the others agree in their texture by "
        f"{copies.least_agreement:g} or more where laid over one another. Copies on both sides "
        "of a split make a classifier look better than it is."
    )
    rule = _rule(
        shown,
        copies.clusters,
        f"the {CLUSTERS // 2} largest clusters and, of the others, those whose copies agree least",
    )
    return Section(
        "Copies", (Text((text, f"{rule} copies.csv lists all.")), *_copies(shown, images))
    )


def conflicts_section(audit: Audit, images: Images) -> Section:
    """Return copies under several names."""
    title, counts = "Conflicting labels", audit.results.conflicts
    shown, total = shown_conflicts(audit), sum(counts.values())
    if not total:
        return Section(title, (Text(("No work has copies under different names.",)),))
    by_task = ", ".join(f"{count:,} by {task}" for task, count in counts.items() if count)
    text = (
        f"Copies of one work stand under different names: {by_task}. One of the names at least "
        "cannot be right, or two painters made versions of one picture, or a copy was taken for "
        "what it is not. A cleaned collection sets all of them aside until a person decides."
    )
    rule = _rule(shown, total, f"the first, by {audit.results.task} before others")
    galleries = _shown(gallery(_conflict_name(rows), spread(rows), images, _side) for rows in shown)
    return Section(title, (Text((text, f"{rule} conflicts.csv lists all.")), *galleries))


def labels_section(audit: Audit, images: Images) -> Section:
    """Return the labels that the data speak against."""
    title, labels = "Labels worth a look", audit.results.labels
    if labels is None:
        return Section(title, (Text((_WITHOUT_FEATURES,)),))
    if not labels.judged:
        text = "No label was judged: that needs two classes with works in five groups of copies."
        return Section(title, (Text((text,)),))
    text, shown = _judgement(labels, audit.results.task), shown_labels(audit)
    if not shown:
        return Section(title, (Text((text,)),))
    rule = _rule(shown, labels.issues, "the most doubtful", "label")
    pictures = gallery(f"The first {len(shown)}", shown, images, _doubt)
    return Section(
        title,
        (
            Text((text, f"{rule} labels.csv lists all.")),
            *_shown([pictures]),
            *([] if pictures else [_doubts(shown)]),
        ),
    )


def _judgement(labels: LabelFigures, task: str) -> str:
    works = counted(labels.judged, "work")
    return (
        f"A regression on features predicted the {task} of each of {works} from works of other "
        f"folds, copies kept together, and was right for {labels.accuracy:.1%}. Confident learning "
        f"finds {counted(labels.issues, 'label')} that it speaks against. That makes them worth a "
        "look, not wrong: the regression itself disagrees with the collection on "
        f"{1 - labels.accuracy:.1%} of the works."
    )


def series_section(audit: Audit, images: Images) -> Section:
    """Return works of one artist that belong together, by title and by look."""
    paragraphs = [
        "Works of a series, as Monet's haystacks, are near to copies for a network: a test work "
        "whose sisters were learned from says little about others. --split grouped keeps them on "
        "one side.",
        _by_title(audit),
        _by_look(audit.results.series),
    ]
    blocks: list[Block] = []
    for kind in ("title", "visual"):
        for rows in shown_series(audit, kind):
            note = f"{counted(len(rows), 'work')}, {len(spread(rows))} shown"
            blocks += _shown([gallery(_series_name(rows), spread(rows), images, _member, note)])
    if blocks:
        paragraphs.append(
            f"Shown are the largest, at most {SERIES} of each kind with at most {MEMBERS} works. "
            "series.csv lists all."
        )
    return Section("Series", (Text(tuple(paragraphs)), *blocks))


_WITHOUT_FEATURES = (
    "Not looked for: the network's weights were random, and its features would say nothing."
)


def _by_title(audit: Audit) -> str:
    series = audit.results.series
    if not any(row.artist for row in audit.findings.series) and not _has_artists(audit):
        return "The collection names no artists, and a series is one artist's: none was looked for."
    if not series.titled_works:
        return "By title: the collection has no titles, and its file names are none."
    return (
        f"By title: {counted(series.titled_works, 'work')} have one; "
        f"{counted(series.title.works, 'work')} share its stem in "
        f"{counted(series.title.series, 'series', 'series')}."
    )


def _by_look(series: SeriesFigures) -> str:
    if series.visual is None:
        return _WITHOUT_FEATURES
    return (
        f"By look: {counted(series.visual.works, 'work')} in "
        f"{counted(series.visual.series, 'series', 'series')} of a mean similarity of "
        f"{series.threshold:g} or more; copies are among them."
    )


def _has_artists(audit: Audit) -> bool:
    return "artist" in audit.results.conflicts


def _copies(clusters: Iterable[Sequence[CopyRow]], images: Images) -> list[Gallery]:
    galleries = []
    for rows in clusters:
        exact = all(row.exact for row in rows)
        least = min(row.agreement for row in rows)
        note = "equal pixels" if exact else f"agreement {least:.2f} or more"
        if len(rows) > MEMBERS:
            note += f"; {MEMBERS} shown"
        name = f"Cluster {rows[0].cluster}: {counted(len(rows), 'copy', 'copies')}"
        galleries.append(gallery(name, spread(rows), images, _copy, note))
    return _shown(galleries)


def _shown(galleries: Iterable[Gallery | None]) -> list[Gallery]:
    return [pictures for pictures in galleries if pictures is not None]


def _rule(shown: Sequence[object], total: int, which: str, noun: str = "cluster") -> str:
    if len(shown) == total:
        return "All are shown." if total > 1 else "It is shown."
    return f"Shown of {counted(total, noun)} are {len(shown)}: {which}."


def _copy(row: CopyRow) -> tuple[str, ...]:
    return row.work.class_name or NO_LABEL, f"short side {row.short_side} pixels", _number(row)


def _doubt(row: LabelRow) -> tuple[str, ...]:
    return (
        f"{row.work.class_name} ({row.given_probability:.1%})",
        f"rather {row.suggested} ({row.suggested_probability:.1%})",
        _number(row),
    )


def _member(row: SeriesRow) -> tuple[str, ...]:
    return row.title or row.artist, _number(row)


def _side(row: ConflictRow) -> tuple[str, ...]:
    return row.label, _number(row)


def _number(row: WorkRow) -> str:
    return f"work {row.work.number}"


def _conflict_name(rows: Sequence[ConflictRow]) -> str:
    return f"Cluster {rows[0].cluster}, by {rows[0].task}"


def _series_name(rows: Sequence[SeriesRow]) -> str:
    first = rows[0]
    if first.similarity is None:
        return f"{first.artist}, by title: {first.stem}"
    return f"{first.artist}, by look: similarity {first.similarity:.2f}"


def _doubts(rows: Sequence[LabelRow]) -> Table:
    """Return the doubtful labels in words, where pictures are not to be had."""
    return Table(
        f"The first {min(DOUBTFUL, len(rows))}",
        ("work", "label", "rather"),
        tuple((f"{row.work.number}", *_doubt(row)[:2]) for row in rows),
    )
