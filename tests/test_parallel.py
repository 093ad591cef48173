"""A parallel map keeps the order and never runs further ahead than asked."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morelli.parallel import ordered_map


@given(st.lists(st.integers()), st.integers(1, 4), st.integers(1, 9))
@settings(max_examples=30)
def test_results_come_in_order(items: list[int], workers: int, ahead: int) -> None:
    found = ordered_map(lambda item: item * 2, items, workers=workers, ahead=ahead)
    assert list(found) == [item * 2 for item in items]


@given(st.integers(0, 20), st.integers(1, 4), st.integers(1, 9))
@settings(max_examples=30)
def test_no_more_is_taken_than_asked(count: int, workers: int, ahead: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(count):
            taken += 1
            yield item

    for done, _ in enumerate(ordered_map(str, items(), workers=workers, ahead=ahead)):
        assert taken - done <= ahead


def test_work_runs_on_several_threads_at_once() -> None:
    both = threading.Barrier(2, timeout=10)
    assert sorted(ordered_map(lambda _: both.wait(), range(2), workers=2, ahead=2)) == [0, 1]


def test_an_error_comes_where_its_item_stands() -> None:
    found = ordered_map(lambda item: 6 // item, [3, 2, 0, 1], workers=2, ahead=3)
    assert [next(found), next(found)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_when_the_consumer_stops_no_thread_is_left() -> None:
    before = threading.active_count()
    found = ordered_map(str, range(100), workers=3, ahead=6)
    assert next(found) == "0"
    found.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
