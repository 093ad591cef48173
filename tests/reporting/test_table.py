"""Figures as CSV: a column for each name, and what a row lacks stays empty."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from morelli.reporting.table import as_csv


def test_columns_come_in_order_of_appearance_and_gaps_stay_empty() -> None:
    assert as_csv([{"b": 1, "a": 2}, {"a": 3, "c": ""}]) == "b,a,c\n1,2,\n,3,\n"


def test_columns_that_are_asked_for_are_there_without_rows_too() -> None:
    assert as_csv([], ["a", "b"]) == "a,b\n"
    assert as_csv([{"b": 1}], ["a", "b"]) == "a,b\n,1\n"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=1))
def test_any_text_comes_back(texts: list[str]) -> None:
    written = as_csv([{"text": text} for text in texts], ["text"])

    rows = list(csv.DictReader(io.StringIO(written, newline=""), skipinitialspace=False))
    assert [row["text"] for row in rows] == texts
