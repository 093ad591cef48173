"""The parts of an audit's report that show works side by side."""

from collections.abc import Iterable, Sequence

from morelli.audit.folder import Audit, Row
from morelli.audit.galleries import (
    CLUSTERS,
    DOUBTFUL,
    MEMBERS,
    SERIES,
    Images,
    Members,
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
    found = audit.results["copies"]
    shown = shown_copies(audit)
    if not found["clusters"]:
        return Section("Copies", (Text(("No two works were found that show the same.",)),))
    spare = found["works"] - found["clusters"]
    said = (
        f"{counted(found['works'], 'work')} show {counted(found['clusters'], 'work')} of art "
        f"between them, so that {spare:,} are spare. Of {counted(found['pairs'], 'pair')} "
        f"{found['exact_pairs']:,} have equal pixels; the others agree in their texture by "
        f"{found['least_agreement']:g} or more where laid over one another. Copies on both sides "
        "of a split make a classifier look better than it is."
    )
    rule = _rule(
        shown,
        found["clusters"],
        f"the {CLUSTERS // 2} largest clusters and, of the others, those whose copies agree least",
    )
    return Section(
        "Copies", (Text((said, f"{rule} copies.csv lists all.")), *_copies(shown, images))
    )


def conflicts_section(audit: Audit, images: Images) -> Section:
    """Return copies under several names."""
    title, counts = "Conflicting labels", audit.results["conflicts"]
    shown, total = shown_conflicts(audit), sum(counts.values())
    if not total:
        return Section(title, (Text(("No work has copies under different names.",)),))
    by_task = ", ".join(f"{count:,} by {task}" for task, count in counts.items() if count)
    said = (
        f"Copies of one work stand under different names: {by_task}. One of the names at least "
        "cannot be right, or two painters made versions of one picture, or a copy was taken for "
        "what it is not. A cleaned collection sets all of them aside until a person decides."
    )
    rule = _rule(shown, total, f"the first, by {audit.results['task']} before others")
    galleries = _shown(gallery(_conflict_name(rows), spread(rows), images, _side) for rows in shown)
    return Section(title, (Text((said, f"{rule} conflicts.csv lists all.")), *galleries))


def labels_section(audit: Audit, images: Images) -> Section:
    """Return the labels that the data speak against."""
    title, found = "Labels worth a look", audit.results["labels"]
    if found is None:
        return Section(title, (Text((_WITHOUT_FEATURES,)),))
    if not found["judged"]:
        said = "No label was judged: that needs two classes with works in five groups of copies."
        return Section(title, (Text((said,)),))
    works = counted(found["judged"], "work")
    said = (
        f"A regression on features told the {audit.results['task']} of each of {works} from works "
        f"of other folds, copies kept together, and was right for {found['accuracy']:.1%}. "
        f"Confident learning finds {counted(found['issues'], 'label')} that it speaks against. "
        "That makes them worth a look, not wrong: the regression itself tells "
        f"{1 - found['accuracy']:.1%} otherwise than the collection does."
    )
    shown = shown_labels(audit)
    if not shown:
        return Section(title, (Text((said,)),))
    rule = _rule(shown, found["issues"], "the most doubtful", "label")
    pictures = gallery(f"The first {len(shown)}", shown, images, _doubt)
    return Section(
        title,
        (
            Text((said, f"{rule} labels.csv lists all.")),
            *_shown([pictures]),
            *([] if pictures else [_doubts(shown)]),
        ),
    )


def series_section(audit: Audit, images: Images) -> Section:
    """Return works of one artist that belong together, by title and by look."""
    found = audit.results["series"]
    paragraphs = [
        "Works of a series, as Monet's haystacks, are near to copies for a network: a test work "
        "whose sisters were learned from says little about others. --split grouped keeps them on "
        "one side.",
        _titled(audit),
    ]
    visual = found["visual"]
    if visual is None:
        paragraphs.append(_WITHOUT_FEATURES)
    else:
        paragraphs.append(
            f"By look: {counted(visual['works'], 'work')} in "
            f"{counted(visual['series'], 'series', 'series')} of a mean similarity of "
            f"{found['threshold']:g} or more; copies are among them."
        )
    blocks: list[Block] = []
    for kind in ("title", "visual"):
        for rows in shown_series(audit, kind):
            note = f"{counted(len(rows), 'work')}, {len(spread(rows))} shown"
            made = gallery(_series_name(rows), spread(rows), images, _member, note)
            blocks += _shown([made])
    if blocks:
        paragraphs.append(
            f"Shown are the largest, at most {SERIES} of each kind with at most {MEMBERS} works. "
            "series.csv lists all."
        )
    return Section("Series", (Text(tuple(paragraphs)), *blocks))


_WITHOUT_FEATURES = (
    "Not looked for: the network's weights were random, and its features would say nothing."
)


def _titled(audit: Audit) -> str:
    found = audit.results["series"]
    if not any(row["artist"] for row in audit.findings["series"]) and not _has_artists(audit):
        return "The collection names no artists, and a series is one artist's: none was looked for."
    if not found["titled_works"]:
        return "By title: the collection has no titles, and its file names are none."
    title = found["title"]
    return (
        f"By title: {counted(found['titled_works'], 'work')} have one; "
        f"{counted(title['works'], 'work')} share its stem in "
        f"{counted(title['series'], 'series', 'series')}."
    )


def _has_artists(audit: Audit) -> bool:
    return "artist" in audit.results["conflicts"]


def _copies(shown: Iterable[Members], images: Images) -> list[Gallery]:
    made = []
    for rows in shown:
        exact = all(row["exact"] == "yes" for row in rows)
        least = min(float(row["agreement"]) for row in rows)
        note = "equal pixels" if exact else f"agreement {least:.2f} or more"
        if len(rows) > MEMBERS:
            note += f"; {MEMBERS} shown"
        name = f"Cluster {rows[0]['cluster']}: {counted(len(rows), 'copy', 'copies')}"
        made.append(gallery(name, spread(rows), images, _copy, note))
    return _shown(made)


def _shown(given: Iterable[Gallery | None]) -> list[Gallery]:
    return [each for each in given if each is not None]


def _rule(shown: Sequence[object], total: int, which: str, noun: str = "cluster") -> str:
    if len(shown) == total:
        return "All are shown." if total > 1 else "It is shown."
    return f"Shown of {counted(total, noun)} are {len(shown)}: {which}."


def _copy(row: Row) -> tuple[str, ...]:
    return row["class"] or NO_LABEL, f"short side {row['short_side']} pixels", *_where(row)


def _doubt(row: Row) -> tuple[str, ...]:
    return (
        f"{row['class']} ({float(row['given_probability']):.1%})",
        f"rather {row['suggested']} ({float(row['suggested_probability']):.1%})",
        *_where(row),
    )


def _member(row: Row) -> tuple[str, ...]:
    return row["title"] or row["artist"], *_where(row)


def _side(row: Row) -> tuple[str, ...]:
    return row["label"], *_where(row)


def _conflict_name(rows: Members) -> str:
    return f"Cluster {rows[0]['cluster']}, by {rows[0]['task']}"


def _where(row: Row) -> tuple[str, ...]:
    return (f"work {row['work']}",)


def _series_name(rows: Members) -> str:
    first = rows[0]
    if first["kind"] == "title":
        return f"{first['artist']}, by title: {first['stem']}"
    return f"{first['artist']}, by look: similarity {float(first['similarity']):.2f}"


def _doubts(rows: Members) -> Table:
    """Return the doubtful labels in words, where pictures are not to be had."""
    return Table(
        f"The first {min(DOUBTFUL, len(rows))}",
        ("work", "label", "rather"),
        tuple((row["work"], *_doubt(row)[:2]) for row in rows),
    )
