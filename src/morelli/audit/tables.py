"""What an audit found as rows for spreadsheets and as figures for a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from morelli.audit.checks.copies import NEAR
from morelli.audit.checks.quality import FEW, FEWEST, GREY, INPUT
from morelli.audit.checks.series import MIDDLE, Series
from morelli.audit.findings import Found
from morelli.audit.groups import NETWORK
from morelli.data.works import class_counts

Row = dict[str, Any]

TABLES = {
    "copies": ("cluster", "exact", "agreement", "short_side", "bytes", "bordered_sides"),
    "conflicts": ("cluster", "task", "label"),
    "labels": ("rank", "suggested", "given_probability", "suggested_probability"),
    "series": ("series", "kind", "stem", "similarity", "artist", "title"),
    "shortcuts": (),
    "quality": ("finding", "value"),
}
"""The CSV files, with what each says of a work beside where it is."""

WHERE = ("work", "work_id", "class", "shard", "row", "path")
"""Where a work is: its number in the collection from 0, its id, its class, and its place in the
source."""

SHORTCUTS = (
    "told_by",
    "accuracy",
    "low",
    "high",
    "majority",
    "lost_without",
    "class",
    "share",
    "elsewhere",
)


MOST_PURE = 10
"""Sources of one class that the figures name."""


@dataclass(frozen=True)
class Table:
    """A CSV file.

    Attributes:
        columns: Its columns, there even where nothing was found.
        rows: A finding or a work each.
    """

    columns: tuple[str, ...]
    rows: list[Row]


def tables_of(found: Found) -> dict[str, Table]:
    """Return what was found, by the names in `TABLES`."""
    where = _where(found)
    rows = {
        "copies": _copies(found, where),
        "conflicts": _conflicts(found, where),
        "labels": _labels(found, where),
        "series": _series(found, where),
        "shortcuts": _shortcuts(found),
        "quality": _quality(found, where),
    }
    return {
        name: Table(SHORTCUTS if name == "shortcuts" else (*own, *WHERE), list(rows[name]))
        for name, own in TABLES.items()
    }


def figures_of(found: Found) -> dict[str, Any]:
    """Return the figures of what was found, as JSON can hold them."""
    collection = found.collection
    exact = found.looks.copies.exact
    return {
        "collection": {
            "folder": str(collection.folder),
            "source": collection.source,
            "works": collection.works,
            "labelled": int((found.labels >= 0).sum()),
            "shards": len(collection.shards),
        },
        "task": found.task,
        "network": NETWORK if found.looks.features is not None else None,
        "copies": {
            "clusters": len(found.clusters),
            "works": sum(map(len, found.clusters)),
            "pairs": len(exact),
            "exact_pairs": int(exact.sum()),
            "least_agreement": NEAR,
        },
        "conflicts": _by_task(found),
        "labels": _label_figures(found),
        "series": _series_figures(found),
        "shortcuts": _shortcut_figures(found),
        "sources": _source_figures(found),
        "quality": _quality_figures(found),
        "seconds": found.seconds,
    }


def _where(found: Found) -> list[Row]:
    """Return for each work where it is."""
    columns = ["work_id", "source_shard", "source_row", "source_path"]
    table = found.collection.table(columns)
    names = found.collection.class_names[found.task]
    lists = (table[name].to_pylist() for name in columns)
    return [
        dict(zip(WHERE, (work, identity, named, shard or "", row, path or ""), strict=True))
        for work, (identity, shard, row, path) in enumerate(zip(*lists, strict=True))
        for named in [names[found.labels[work]] if found.labels[work] >= 0 else ""]
    ]


def _copies(found: Found, where: Sequence[Row]) -> Iterator[Row]:
    copies, sizes = found.looks.copies, _sizes(found)
    best, exact = np.zeros(copies.works), np.zeros(copies.works, bool)
    for (one, other), score, equal in zip(copies.pairs, copies.scores, copies.exact, strict=True):
        for work in (one, other):
            best[work] = max(best[work], score)
            exact[work] |= equal
    for number, members in enumerate(found.clusters):
        for work in members.tolist():
            said = {"exact": "yes" if exact[work] else "no", "agreement": round(best[work], 4)}
            yield {"cluster": number} | said | sizes[work] | where[work]


def _sizes(found: Found) -> list[Row]:
    """Return for each work what its source file was like, by which the best copy is chosen."""
    names = ["width", "height", "byte_count", "border_left", "border_top"]
    names += ["border_right", "border_bottom"]
    table = found.collection.table(names)
    return [
        {
            "short_side": min(width, height),
            "bytes": count,
            "bordered_sides": sum(border > 0 for border in borders),
        }
        for width, height, count, *borders in zip(
            *(table[name].to_pylist() for name in names), strict=True
        )
    ]


def _conflicts(found: Found, where: Sequence[Row]) -> Iterator[Row]:
    for each in found.conflicts:
        names = found.collection.class_names[each.task]
        for work, label in zip(each.works, each.labels, strict=True):
            yield {
                "cluster": each.cluster,
                "task": each.task,
                "label": names[label],
            } | where[work]


def _labels(found: Found, where: Sequence[Row]) -> Iterator[Row]:
    names = found.collection.class_names[found.task]
    for rank, each in enumerate(found.doubtful.issues if found.doubtful else (), 1):
        yield {
            "rank": rank,
            "suggested": names[each.suggested],
            "given_probability": round(each.given_probability, 4),
            "suggested_probability": round(each.suggested_probability, 4),
        } | where[each.work]


def _series(found: Found, where: Sequence[Row]) -> Iterator[Row]:
    names = found.collection.class_names.get("artist", ())
    kinds = {"title": found.titled, "visual": found.visual or ()}
    listed = [(kind, each) for kind, several in kinds.items() for each in several]
    for number, (kind, each) in enumerate(listed):
        for work in each.works:
            yield {
                "series": number,
                "kind": kind,
                "stem": each.stem,
                "similarity": "" if each.similarity is None else round(each.similarity, 4),
                "artist": names[each.artist],
                "title": found.titles[work] or "",
            } | where[work]


def _shortcuts(found: Found) -> Iterator[Row]:
    short, names = found.shortcuts, found.collection.class_names[found.task]
    if short is not None:
        low, high = short.interval
        yield {
            "told_by": "all that is not the picture",
            "accuracy": short.accuracy,
            "low": low,
            "high": high,
            "majority": short.majority,
        }
        for group in short.groups:
            yield {"told_by": group.name, "accuracy": group.alone, "lost_without": group.lost}
        for mark in short.marks:
            said = {"share": mark.share, "elsewhere": mark.elsewhere}
            yield {"told_by": mark.fact, "class": names[mark.label]} | said
    for each in found.sources:
        yield {
            "told_by": f"column {each.column}",
            "accuracy": each.told,
            "low": each.interval[0],
            "high": each.interval[1],
            "majority": each.majority,
        }


def _quality(found: Found, where: Sequence[Row]) -> Iterator[Row]:
    looked = found.quality
    kinds: Mapping[str, tuple[Any, Any]] = {
        "low resolution": (looked.low_resolution, looked.short_sides),
        "near-grey": (looked.near_grey, looked.colours.chroma.round(2)),
        "one colour": (looked.one_colour, looked.colours.spread.round(2)),
    }
    for finding, (works, values) in kinds.items():
        for work in works.tolist():
            yield {"finding": finding, "value": values[work].item()} | where[work]
    for bad in looked.quarantined:
        said = {"shard": bad.shard, "row": bad.row, "path": bad.path}
        yield {"finding": "quarantined", "value": bad.reason} | said


def _label_figures(found: Found) -> dict[str, Any] | None:
    doubtful = found.doubtful
    if doubtful is None:
        return None
    return {
        "judged": int(doubtful.judged.sum()),
        "issues": len(doubtful.issues),
        "accuracy": doubtful.accuracy,
    }


def _series_figures(found: Found) -> dict[str, Any]:
    return {
        "titled_works": sum(title is not None for title in found.titles),
        "title": _counted(found.titled),
        "visual": None if found.visual is None else _counted(found.visual),
        "threshold": MIDDLE,
    }


def _shortcut_figures(found: Found) -> dict[str, Any] | None:
    short, names = found.shortcuts, found.collection.class_names[found.task]
    if short is None:
        return None
    return asdict(short) | {
        "marks": [asdict(each) | {"label": names[each.label]} for each in short.marks],
        "recall": {names[label]: share for label, share in short.recall.items()},
    }


def _source_figures(found: Found) -> list[dict[str, Any]]:
    names = found.collection.class_names[found.task]
    return [
        asdict(each)
        | {"pure": [asdict(one) | {"label": names[one.label]} for one in each.pure[:MOST_PURE]]}
        for each in found.sources
    ]


def _quality_figures(found: Found) -> dict[str, Any]:
    looked, names = found.quality, found.collection.class_names[found.task]
    return {
        "classes": class_counts(found.labels, names),
        "ratio": looked.classes.ratio,
        "effective": looked.classes.effective,
        "tiny": [names[label] for label in looked.classes.tiny],
        "left_out": [names[label] for label in looked.classes.left_out],
        "low_resolution": len(looked.low_resolution),
        "near_grey": len(looked.near_grey),
        "one_colour": len(looked.one_colour),
        "quarantined": len(looked.quarantined),
        "limits": {"few": FEW, "fewest": FEWEST, "short_side": INPUT, "chroma": GREY},
    }


def _by_task(found: Found) -> dict[str, int]:
    """Return for each label column the number of clusters under several of its names."""
    tasks = [each.task for each in found.conflicts]
    return {task: tasks.count(task) for task in found.collection.class_names}


def _counted(series: Sequence[Series]) -> dict[str, int]:
    return {"series": len(series), "works": sum(len(each.works) for each in series)}
