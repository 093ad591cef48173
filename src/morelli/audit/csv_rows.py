"""The rows of an audit's tables, and how CSV files hold them."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar, get_type_hints

from morelli.audit.checks.quality import Quarantined
from morelli.errors import BadFolder
from morelli.reporting.table import as_csv

QUARANTINED = "quarantined"
"""What `quality.csv` calls a file that ingest could not use."""


@dataclass(frozen=True)
class AuditedWork:
    """A work, and where it is.

    Attributes:
        number: Its number in the collection, from 0.
        work_id: Its id there.
        class_name: Its class name in the audited task; empty where there is none.
        shard: The source's shard; empty where it has no name.
        row: Its row there.
        path: Its path in the source; empty where there is none.
    """

    number: int
    work_id: str
    class_name: str
    shard: str
    row: int
    path: str


@dataclass(frozen=True)
class CopyRow:
    """A work that has copies.

    Attributes:
        cluster: Number of the cluster of copies.
        exact: Whether another one has equal pixels.
        agreement: Of texture with the copy that is most alike, up to 1.
        short_side: Of the source's file, in pixels.
        bytes: Size of the source's file.
        bordered_sides: Sides with a uniform border, 0 to 4.
        work: The work.
    """

    cluster: int
    exact: bool
    agreement: float
    short_side: int
    bytes: int
    bordered_sides: int
    work: AuditedWork


@dataclass(frozen=True)
class ConflictRow:
    """A work with a copy under another class name.

    Attributes:
        cluster: Number of the cluster of copies.
        task: Column of the class names.
        label: The one under which this work stands.
        work: The work.
    """

    cluster: int
    task: str
    label: str
    work: AuditedWork


@dataclass(frozen=True)
class LabelRow:
    """A label worth a look.

    Attributes:
        rank: From 1, the most doubtful first.
        suggested: The class name that the other works suggest.
        given_probability: Of the work's own class.
        suggested_probability: Of the suggested one.
        work: The work.
    """

    rank: int
    suggested: str
    given_probability: float
    suggested_probability: float
    work: AuditedWork


@dataclass(frozen=True)
class SeriesRow:
    """A work of a series.

    Attributes:
        series: Number of the series.
        kind: "title" or "visual".
        stem: What the titles share; empty for a visual series.
        similarity: Mean similarity of its pairs; None for a series by title.
        artist: Name of the artist.
        title: Of the work; empty where there is none.
        work: The work.
    """

    series: int
    kind: str
    stem: str
    similarity: float | None
    artist: str
    title: str
    work: AuditedWork


@dataclass(frozen=True)
class ShortcutRow:
    """How well something that is not the picture predicts the class, or a fact that marks one.

    Attributes:
        predicted_from: All that is not the picture, a group of traits, a column, or the fact.
        accuracy: Share of works classified correctly.
        low: Lower end of its 95 % interval.
        high: Upper end.
        majority: Share of the commonest class.
        lost_without: Accuracy lost without the group.
        class_name: The class that the fact marks.
        share: Share of its works of which the fact holds.
        elsewhere: Share of the other classes' works.
    """

    predicted_from: str
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    majority: float | None = None
    lost_without: float | None = None
    class_name: str = ""
    share: float | None = None
    elsewhere: float | None = None


@dataclass(frozen=True)
class QualityRow:
    """An image that says little.

    Attributes:
        finding: "low resolution", "near-grey" or "one colour".
        value: Short side in pixels, mean chroma, or spread of grey values.
        work: The work.
    """

    finding: str
    value: str
    work: AuditedWork


@dataclass(frozen=True)
class Rows:
    """The rows of an audit's tables, by the names of their CSV files.

    Attributes:
        copies: Copies of one work, cluster after cluster.
        conflicts: Copies under several class names.
        labels: Labels worth a look, the most doubtful first.
        series: Works of one artist that belong together.
        shortcuts: How well the class is predicted from what is not the picture.
        quality: Small, grey and empty images.
        quarantined: Files that ingest could not use; they stand at the end of `quality.csv`.
    """

    copies: tuple[CopyRow, ...]
    conflicts: tuple[ConflictRow, ...]
    labels: tuple[LabelRow, ...]
    series: tuple[SeriesRow, ...]
    shortcuts: tuple[ShortcutRow, ...]
    quality: tuple[QualityRow, ...]
    quarantined: tuple[Quarantined, ...]


TABLES: dict[str, type] = {
    "copies": CopyRow,
    "conflicts": ConflictRow,
    "labels": LabelRow,
    "series": SeriesRow,
    "shortcuts": ShortcutRow,
    "quality": QualityRow,
}
"""The CSV files, with the kind of their rows."""

T = TypeVar("T")

_COLUMNS = {"number": "work", "class_name": "class"}
"""Columns that are named otherwise than their fields."""

_OF_WORK = get_type_hints(AuditedWork)

_PARSERS: dict[object, Callable[[str], object]] = {
    str: str,
    int: int,
    float: float,
    float | None: lambda text: float(text) if text else None,
    bool: lambda text: text == "yes",
}


def columns_of(kind: type) -> tuple[str, ...]:
    """Return the columns of a kind of row; those of its work stand where its work does."""
    columns: list[str] = []
    for name, hint in get_type_hints(kind).items():
        columns += columns_of(hint) if hint is AuditedWork else [_COLUMNS.get(name, name)]
    return tuple(columns)


def csv_texts(rows: Rows) -> dict[str, str]:
    """Return the tables as CSV, by the names in `TABLES`."""
    cells = {name: [_cells(row) for row in getattr(rows, name)] for name in TABLES}
    cells["quality"] += [
        {"finding": QUARANTINED, "value": bad.reason}
        | {"shard": bad.shard, "row": str(bad.row), "path": bad.path}
        for bad in rows.quarantined
    ]
    return {name: as_csv(cells[name], columns_of(kind)) for name, kind in TABLES.items()}


def read_rows(folder: Path) -> Rows:
    """Read the tables from an audit's folder.

    Raises:
        BadFolder: If one holds something else.
    """
    cells: dict[str, list[dict[str, str]]] = {}
    for name in TABLES:
        with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            cells[name] = list(csv.DictReader(file))
    quarantined = [row for row in cells["quality"] if row["finding"] == QUARANTINED]
    looked = [row for row in cells["quality"] if row["finding"] != QUARANTINED]
    try:
        return Rows(
            copies=_rows(cells["copies"], CopyRow),
            conflicts=_rows(cells["conflicts"], ConflictRow),
            labels=_rows(cells["labels"], LabelRow),
            series=_rows(cells["series"], SeriesRow),
            shortcuts=_rows(cells["shortcuts"], ShortcutRow),
            quality=_rows(looked, QualityRow),
            quarantined=tuple(
                Quarantined(row["shard"], int(row["row"]), row["path"], row["value"])
                for row in quarantined
            ),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise BadFolder(f"a table of {folder} is damaged: {error!r}; make it anew") from None


def _rows(cells: list[dict[str, str]], kind: type[T]) -> tuple[T, ...]:
    hints = get_type_hints(kind)
    return tuple(_row(row, kind, hints) for row in cells)


def _row(cells: Mapping[str, str], kind: type[T], hints: Mapping[str, object]) -> T:
    return kind(
        **{
            name: _row(cells, AuditedWork, _OF_WORK)
            if hint is AuditedWork
            else _PARSERS[hint](cells[_COLUMNS.get(name, name)])
            for name, hint in hints.items()
        }
    )


def _cells(row: object) -> dict[str, str]:
    cells: dict[str, str] = {}
    for field in fields(row):  # type: ignore[arg-type]
        value = getattr(row, field.name)
        if isinstance(value, AuditedWork):
            cells |= _cells(value)
        else:
            cells[_COLUMNS.get(field.name, field.name)] = _text(value)
    return cells


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
