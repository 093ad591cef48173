"""Records: what is written comes back the same, and what is damaged is told in one line."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.data.records import as_json, from_json, read_record, sparse, write_record
from morelli.errors import BadFolder


@dataclass(frozen=True)
class Inner:
    share: float
    span: tuple[float, float]


@dataclass(frozen=True)
class Record:
    name: str
    works: int
    fine: bool
    inner: Inner
    classes: dict[str, Inner]
    rows: tuple[int, ...]
    best: float | None = None


numbers = st.floats(allow_nan=False, allow_infinity=False)
inners = st.builds(Inner, numbers, st.tuples(numbers, numbers))
records = st.builds(
    Record,
    st.text(),
    st.integers(),
    st.booleans(),
    inners,
    st.dictionaries(st.text(), inners, max_size=3),
    st.lists(st.integers(), max_size=4).map(tuple),
    st.none() | numbers,
)
RECORD = Record("a", 2, True, Inner(0.5, (0.25, 0.75)), {"b": Inner(1.0, (1.0, 1.0))}, (3, 4))


@given(records)
def test_a_record_comes_back_through_json_as_it_was(record: Record) -> None:
    text = json.dumps(as_json(record))

    assert from_json(json.loads(text), Record, Path("file")) == record


def test_fields_keep_their_order_and_a_file_ends_with_a_line_end(tmp_path: Path) -> None:
    write_record(tmp_path / "a.json", RECORD)

    text = (tmp_path / "a.json").read_text("utf-8")
    assert list(json.loads(text)) == [
        "name",
        "works",
        "fine",
        "inner",
        "classes",
        "rows",
        "best",
    ]
    assert text.endswith("}\n")
    assert read_record(tmp_path / "a.json", Record) == RECORD


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("name", 3, "expected str @ $.name"),
        ("works", "2", "expected int @ $.works"),
        ("works", True, "expected int @ $.works"),
        ("fine", 1, "expected bool @ $.fine"),
        ("inner", {"share": 0.5}, "required field missing @ $.inner.span"),
        ("inner", {"share": "x", "span": [0, 1]}, "expected float @ $.inner.share"),
        ("rows", None, "@ $.rows"),
        ("best", "high", "@ $.best"),
    ],
)
def test_a_value_of_another_kind_is_told_by_its_place(
    key: str, value: object, problem: str
) -> None:
    with pytest.raises(BadFolder) as refused:
        from_json(as_json(RECORD) | {key: value}, Record, Path("run/results.json"))

    assert str(refused.value).startswith("run/results.json is damaged: ")
    assert problem in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 100_000])
def test_what_is_no_record_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)

    with pytest.raises(BadFolder, match=r"a\.json is damaged: ") as refused:
        read_record(tmp_path / "a.json", Record)

    assert "\n" not in str(refused.value)


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="No such file"):
        read_record(tmp_path / "a.json", Record)


@sparse
@dataclass(frozen=True)
class Sparse:
    name: str
    best: float | None
    inner: Inner | None = None


def test_what_is_as_by_default_is_left_out_of_a_sparse_record() -> None:
    inner = Inner(0.5, (0.0, 1.0))

    assert as_json(Sparse("a", None)) == {"name": "a", "best": None}
    assert as_json([Sparse("a", 0.5, inner)]) == [
        {"name": "a", "best": 0.5, "inner": {"share": 0.5, "span": (0.0, 1.0)}}
    ]
    assert from_json({"name": "a", "best": None}, Sparse, Path("file")) == Sparse("a", None)
