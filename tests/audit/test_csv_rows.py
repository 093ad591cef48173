"""Rows come back from CSV files as they were, and what is no table is refused."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.audit.checks.quality import Quarantined
from morelli.audit.csv_rows import (
    TABLES,
    AuditedWork,
    ConflictRow,
    CopyRow,
    LabelRow,
    QualityRow,
    Rows,
    SeriesRow,
    ShortcutRow,
    columns_of,
    csv_texts,
    read_rows,
)
from morelli.errors import BadFolder

NOTHING = Rows((), (), (), (), (), (), ())

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)
numbers = st.integers(0, 10**9)
shares = st.floats(allow_nan=False, allow_infinity=False)
works = st.builds(AuditedWork, numbers, texts, texts, texts, numbers, texts)

STRATEGIES: dict[object, st.SearchStrategy[object]] = {
    str: texts,
    int: numbers,
    float: shares,
    float | None: st.none() | shares,
    bool: st.booleans(),
    AuditedWork: works,
}


def several(kind: type) -> st.SearchStrategy[tuple[object, ...]]:
    fields = {name: STRATEGIES[hint] for name, hint in get_type_hints(kind).items()}
    return st.lists(st.builds(kind, **fields), max_size=2).map(tuple)


tables = st.builds(
    Rows,
    several(CopyRow),
    several(ConflictRow),
    several(LabelRow),
    several(SeriesRow),
    several(ShortcutRow),
    st.lists(st.builds(QualityRow, st.sampled_from(["near-grey", "one colour"]), texts, works)).map(
        tuple
    ),
    st.lists(st.builds(Quarantined, texts, numbers, texts, texts), max_size=3).map(tuple),
)


def written(folder: Path, rows: Rows) -> None:
    for name, text in csv_texts(rows).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")


@given(tables)
def test_rows_come_back_as_they_were(rows: Rows) -> None:
    with TemporaryDirectory() as folder:
        written(Path(folder), rows)
        assert read_rows(Path(folder)) == rows


def test_a_table_without_a_finding_keeps_its_columns() -> None:
    heads = {name: next(csv.reader(io.StringIO(text))) for name, text in csv_texts(NOTHING).items()}

    assert heads == {name: list(columns_of(kind)) for name, kind in TABLES.items()}
    assert heads["copies"] == [
        *("cluster", "exact", "agreement", "short_side", "bytes", "bordered_sides"),
        *("work", "work_id", "class", "shard", "row", "path"),
    ]
    assert heads["labels"][:2] == ["rank", "suggested"]
    assert heads["shortcuts"][-3:] == ["class", "share", "elsewhere"]


def test_an_exact_copy_is_marked_by_yes_and_what_is_missing_is_empty(tmp_path: Path) -> None:
    work = AuditedWork(7, "id", "", "", 3, "a.jpg")
    copies = tuple(CopyRow(0, exact, 0.5, 48, 900, 0, work) for exact in (True, False))
    series = (SeriesRow(0, "title", "haystack", None, "Monet", "", work),)
    text = csv_texts(Rows(copies, (), (), series, (), (), ()))

    assert text["copies"].splitlines()[1:] == [
        "0,yes,0.5,48,900,0,7,id,,,3,a.jpg",
        "0,no,0.5,48,900,0,7,id,,,3,a.jpg",
    ]
    assert text["series"].splitlines()[1] == "0,title,haystack,,Monet,,7,id,,,3,a.jpg"


def test_an_unusable_file_stands_at_the_end_of_the_table_of_quality() -> None:
    bad = Quarantined("one.parquet", 4, "b.jpg", "no image")
    rows = Rows((), (), (), (), (), (), (bad,))

    assert csv_texts(rows)["quality"].splitlines()[-1] == (
        "quarantined,no image,,,,one.parquet,4,b.jpg"
    )


@pytest.mark.parametrize("text", ["cluster,task\n0,artist\n", "a,b\n1,2\n", "cluster\nx\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    written(tmp_path, NOTHING)
    (tmp_path / "conflicts.csv").write_text(text, encoding="utf-8")

    with pytest.raises(BadFolder, match=r"a table of .* is damaged: .*; make it anew"):
        read_rows(tmp_path)
