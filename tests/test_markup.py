"""Words for people: a share of few works is a count of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.markup import FEW, counted, html_table, share_of


@pytest.mark.parametrize(
    ("share", "works", "text"),
    [
        (0.5, 20, "10 of 20"),
        (1 / 3, 99, "33 of 99"),
        (0.5, 100, "0.5000"),
        (0.49834, 1_203, "0.4983"),
        (0.0, 1, "0 of 1"),
        (1.0, 7, "7 of 7"),
        (0.0, 0, "0 of 0"),
    ],
)
def test_a_share_of_few_works_is_a_count_and_of_many_four_digits(
    share: float, works: int, text: str
) -> None:
    assert share_of(share, works) == text


def test_a_share_of_many_works_may_have_other_digits() -> None:
    assert share_of(0.49834, 5000, ".1%") == "49.8%"
    assert share_of(0.5, 20, ".1%") == "10 of 20"


def test_what_is_no_share_of_whole_works_is_not_counted() -> None:
    assert share_of(0.512, 20) == "0.5120"


@given(st.data(), st.integers(1, FEW - 1))
def test_any_count_comes_back_from_its_share(data: st.DataObject, works: int) -> None:
    right = data.draw(st.integers(0, works))

    assert share_of(right / works, works) == f"{right} of {works}"


def test_a_number_stands_with_its_noun() -> None:
    assert counted(1, "shard") == "1 shard"
    assert counted(1_288, "work") == "1,288 works"
    assert counted(2, "class", "classes") == "2 classes"


def test_an_html_table_shows_text_as_it_is() -> None:
    assert html_table("<b>", ("a & b",), [("1 < 2",)]) == (
        "<table><caption>&lt;b&gt;</caption><tr><th>a &amp; b</th></tr>"
        "<tr><td>1 &lt; 2</td></tr></table>"
    )
