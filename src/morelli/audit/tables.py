"""What an audit found as rows for spreadsheets and as figures for a report."""

from collections.abc import Iterator, Sequence

import numpy as np

from morelli.audit.checks.copies import NEAR
from morelli.audit.checks.quality import FEW, FEWEST, GREY, INPUT
from morelli.audit.checks.series import MIDDLE, Series
from morelli.audit.csv_rows import (
    AuditedWork,
    ConflictRow,
    CopyRow,
    LabelRow,
    QualityRow,
    Rows,
    SeriesRow,
    ShortcutRow,
)
from morelli.audit.figures import (
    MOST_PURE,
    AuditedCollection,
    AuditFigures,
    CopyFigures,
    LabelFigures,
    MarkFigures,
    PureSource,
    QualityFigures,
    QualityLimits,
    SeriesCount,
    SeriesFigures,
    ShortcutFigures,
    SourceFigures,
)
from morelli.audit.findings import Findings
from morelli.audit.groups import NETWORK
from morelli.data.works import class_counts

Works = Sequence[AuditedWork]
"""All works of the collection, by their number."""


def rows_of(findings: Findings) -> Rows:
    """Return the rows of all tables."""
    works = _works(findings)
    return Rows(
        copies=tuple(_copies(findings, works)),
        conflicts=tuple(_conflicts(findings, works)),
        labels=tuple(_labels(findings, works)),
        series=tuple(_series(findings, works)),
        shortcuts=tuple(_shortcuts(findings)),
        quality=tuple(_quality(findings, works)),
        quarantined=findings.quality.quarantined,
    )


def _works(findings: Findings) -> Works:
    columns = ["work_id", "source_shard", "source_row", "source_path"]
    table = findings.collection.table(columns)
    lists = (table[name].to_pylist() for name in columns)
    labels, names = findings.labels.tolist(), findings.class_names
    return [
        AuditedWork(
            number, work_id, names[label] if label >= 0 else "", shard or "", row, path or ""
        )
        for number, (label, work_id, shard, row, path) in enumerate(
            zip(labels, *lists, strict=True)
        )
    ]


def _copies(findings: Findings, works: Works) -> Iterator[CopyRow]:
    copies, sizes = findings.looks.copies, _sizes(findings)
    best, exact = np.zeros(copies.works), np.zeros(copies.works, bool)
    for pair, score, equal in zip(copies.pairs, copies.scores, copies.exact, strict=True):
        best[pair] = np.maximum(best[pair], score)
        exact[pair] |= equal
    for cluster, members in enumerate(findings.clusters):
        for work in members.tolist():
            agreement = float(round(best[work], 4))
            short_side, size, bordered = sizes[work]
            yield CopyRow(
                cluster, bool(exact[work]), agreement, short_side, size, bordered, works[work]
            )


def _sizes(findings: Findings) -> list[tuple[int, int, int]]:
    """Return short side, bytes and bordered sides of each source file: they choose a copy."""
    names = ["width", "height", "byte_count", "border_left", "border_top"]
    names += ["border_right", "border_bottom"]
    table = findings.collection.table(names)
    return [
        (min(width, height), count, sum(border > 0 for border in borders))
        for width, height, count, *borders in zip(
            *(table[name].to_pylist() for name in names), strict=True
        )
    ]


def _conflicts(findings: Findings, works: Works) -> Iterator[ConflictRow]:
    for conflict in findings.conflicts:
        names = findings.collection.class_names[conflict.task]
        for work, label in zip(conflict.works, conflict.labels, strict=True):
            yield ConflictRow(conflict.cluster, conflict.task, names[label], works[work])


def _labels(findings: Findings, works: Works) -> Iterator[LabelRow]:
    names = findings.class_names
    for rank, issue in enumerate(findings.doubtful.issues if findings.doubtful else (), 1):
        yield LabelRow(
            rank=rank,
            suggested=names[issue.suggested],
            given_probability=round(issue.given_probability, 4),
            suggested_probability=round(issue.suggested_probability, 4),
            work=works[issue.work],
        )


def _series(findings: Findings, works: Works) -> Iterator[SeriesRow]:
    names = findings.collection.class_names.get("artist", ())
    kinds = {"title": findings.titled, "visual": findings.visual or ()}
    listed = [(kind, series) for kind, several in kinds.items() for series in several]
    for number, (kind, series) in enumerate(listed):
        for work in series.works:
            yield SeriesRow(
                series=number,
                kind=kind,
                stem=series.stem,
                similarity=None if series.similarity is None else round(series.similarity, 4),
                artist=names[series.artist],
                title=findings.titles[work] or "",
                work=works[work],
            )


def _shortcuts(findings: Findings) -> Iterator[ShortcutRow]:
    short, names = findings.shortcuts, findings.class_names
    if short is not None:
        low, high = short.interval
        yield ShortcutRow("all that is not the picture", short.accuracy, low, high, short.majority)
        for group in short.groups:
            yield ShortcutRow(group.name, group.alone, lost_without=group.lost)
        for mark in short.marks:
            yield ShortcutRow(
                mark.fact,
                class_name=names[mark.label],
                share=mark.share,
                elsewhere=mark.elsewhere,
            )
    for column in findings.sources:
        low, high = column.interval
        yield ShortcutRow(f"column {column.column}", column.accuracy, low, high, column.majority)


def _quality(findings: Findings, works: Works) -> Iterator[QualityRow]:
    quality = findings.quality
    colours = quality.colours
    kinds = {
        "low resolution": (quality.low_resolution, quality.short_sides.tolist()),
        "near-grey": (quality.near_grey, colours.chroma.round(2).tolist()),
        "one colour": (quality.one_colour, colours.spread.round(2).tolist()),
    }
    for finding, (chosen, values) in kinds.items():
        for work in chosen.tolist():
            yield QualityRow(finding, str(values[work]), works[work])


def figures_of(findings: Findings) -> AuditFigures:
    """Return the figures of what was found."""
    return AuditFigures(
        collection=_collection_figures(findings),
        task=findings.task,
        network=None if findings.looks.features is None else NETWORK,
        copies=_copy_figures(findings),
        conflicts=_conflict_counts(findings),
        labels=_label_figures(findings),
        series=_series_figures(findings),
        shortcuts=_shortcut_figures(findings),
        sources=_source_figures(findings),
        quality=_quality_figures(findings),
        seconds=findings.seconds,
    )


def _collection_figures(findings: Findings) -> AuditedCollection:
    collection = findings.collection
    return AuditedCollection(
        folder=str(collection.folder),
        source=collection.source,
        works=collection.works,
        labelled=int((findings.labels >= 0).sum()),
        shards=len(collection.shards),
    )


def _copy_figures(findings: Findings) -> CopyFigures:
    exact = findings.looks.copies.exact
    return CopyFigures(
        clusters=len(findings.clusters),
        works=sum(map(len, findings.clusters)),
        pairs=len(exact),
        exact_pairs=int(exact.sum()),
        least_agreement=NEAR,
    )


def _conflict_counts(findings: Findings) -> dict[str, int]:
    tasks = [conflict.task for conflict in findings.conflicts]
    return {task: tasks.count(task) for task in findings.collection.class_names}


def _label_figures(findings: Findings) -> LabelFigures | None:
    doubtful = findings.doubtful
    if doubtful is None:
        return None
    return LabelFigures(int(doubtful.judged.sum()), len(doubtful.issues), doubtful.accuracy)


def _series_figures(findings: Findings) -> SeriesFigures:
    return SeriesFigures(
        titled_works=sum(title is not None for title in findings.titles),
        title=_series_count(findings.titled),
        visual=None if findings.visual is None else _series_count(findings.visual),
        threshold=MIDDLE,
    )


def _series_count(series: Sequence[Series]) -> SeriesCount:
    return SeriesCount(len(series), sum(len(one.works) for one in series))


def _shortcut_figures(findings: Findings) -> ShortcutFigures | None:
    short, names = findings.shortcuts, findings.class_names
    if short is None:
        return None
    return ShortcutFigures(
        works=short.works,
        accuracy=short.accuracy,
        interval=short.interval,
        majority=short.majority,
        groups=short.groups,
        marks=tuple(
            MarkFigures(names[mark.label], mark.fact, mark.share, mark.elsewhere)
            for mark in short.marks
        ),
        usual=short.usual,
        recall={names[label]: share for label, share in short.recall.items()},
        warning=short.warning,
    )


def _source_figures(findings: Findings) -> tuple[SourceFigures, ...]:
    names = findings.class_names
    return tuple(
        SourceFigures(
            column=column.column,
            works=column.works,
            cramers_v=column.cramers_v,
            accuracy=column.accuracy,
            interval=column.interval,
            majority=column.majority,
            pure=tuple(
                PureSource(source.name, source.works, names[source.label], source.share)
                for source in column.pure[:MOST_PURE]
            ),
            warning=column.warning,
        )
        for column in findings.sources
    )


def _quality_figures(findings: Findings) -> QualityFigures:
    quality, names = findings.quality, findings.class_names
    return QualityFigures(
        classes=class_counts(findings.labels, names),
        ratio=quality.classes.ratio,
        effective=quality.classes.effective,
        tiny=tuple(names[label] for label in quality.classes.tiny),
        left_out=tuple(names[label] for label in quality.classes.left_out),
        low_resolution=len(quality.low_resolution),
        near_grey=len(quality.near_grey),
        one_colour=len(quality.one_colour),
        quarantined=len(quality.quarantined),
        limits=QualityLimits(FEW, FEWEST, INPUT, GREY),
    )
