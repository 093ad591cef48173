"""Splits are exact, stratified, the same for the same works, and keep groups together."""

import numpy as np
import pytest
from data.strategies import (
    grouped_works,
    labels_of,
    plain_works,
    shares,
    works_and_counts,
    works_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from morelli.data.splits import (
    SPLITS,
    UNUSED,
    Counts,
    largest_remainder,
    split,
    study_counts,
    without_tiny_classes,
)
from morelli.data.works import Works
from morelli.errors import UserError

FOUR = [1935, 1869, 1449, 1189]
"""Works of the study's four artists: 6,442."""


def skewed(works: int, classes: int) -> list[int]:
    """Class sizes as WikiArt has them: a few large ones and a long tail."""
    weights = 1 / np.arange(1, classes + 1)
    sizes = np.maximum(3, (works * weights / weights.sum()).astype(int))
    sizes[0] += works - sizes.sum()
    return [int(size) for size in sizes]


def totals(sides: np.ndarray) -> tuple[int, ...]:
    return tuple(int((sides == side).sum()) for side in range(len(SPLITS)))


def members(works: Works, sides: np.ndarray) -> dict[int, list[str]]:
    return {side: sorted(works.ids[sides == side]) for side in (UNUSED, 0, 1, 2)}


def test_all_of_wikiart_is_split_as_in_the_study() -> None:
    works = works_of(labels_of(skewed(81_444, 129)))
    assert totals(split(works)) == (48_866, 16_288, 16_290)


def test_the_sampled_subset_is_split_by_the_studys_counts() -> None:
    works = works_of(labels_of(skewed(8_334, 129)))
    counts = Counts(5_000, 1_667, 1_667)
    assert totals(split(works, counts=counts)) == (5_000, 1_667, 1_667)
    assert study_counts(8_334) == Counts(5_000, 1_666, 1_668)


def test_the_four_artists_are_split_as_in_the_study_each_in_proportion() -> None:
    works = works_of(labels_of(FOUR))
    sides = split(works)
    assert totals(sides) == (3_865, 1_288, 1_289)
    for label, size in enumerate(FOUR):
        for side, share in enumerate((0.6, 0.2, 0.2)):
            works_there = ((works.labels == label) & (sides == side)).sum()
            assert abs(works_there - share * size) < 1.5


def test_given_counts_smaller_than_the_works_leave_the_rest_unused() -> None:
    sides = split(works_of(labels_of([300, 200])), counts=Counts(60, 20, 20))
    assert totals(sides) == (60, 20, 20)
    assert (sides == UNUSED).sum() == 400


def test_fewer_works_than_classes_can_be_asked_for() -> None:
    assert totals(split(works_of(labels_of([3] * 10)), counts=Counts(4, 3, 3))) == (4, 3, 3)


def test_more_works_than_there_are_cannot_be_asked_for() -> None:
    with pytest.raises(UserError, match=r"60/20/20 needs 100 works; there are 30"):
        split(works_of(labels_of([20, 10])), counts=Counts(60, 20, 20))


@pytest.mark.parametrize("counts", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 2, 2)])
def test_a_side_without_works_is_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(UserError, match="a side without works"):
        Counts(*counts)


def test_another_seed_gives_another_split_of_the_same_totals() -> None:
    works = works_of(labels_of([50, 40]))
    one, other = split(works, seed=0), split(works, seed=1)
    assert totals(one) == totals(other)
    assert (one != other).any()


@given(works_and_counts())
def test_totals_are_exact_and_no_work_is_on_two_sides(case: tuple[Works, Counts]) -> None:
    works, counts = case
    sides = split(works, counts=counts)
    assert totals(sides) == (counts.train, counts.val, counts.test)
    assert len(sides) == len(works)
    assert set(sides.tolist()) <= {UNUSED, 0, 1, 2}


@given(plain_works())
def test_without_counts_every_work_is_on_a_side(works: Works) -> None:
    assert UNUSED not in split(works)


@given(plain_works())
def test_every_class_stands_on_every_side_where_the_totals_allow(works: Works) -> None:
    counts = study_counts(len(works))
    if min(counts.val, counts.test) < len(works.class_names):
        return
    sides = split(works)
    for label in range(len(works.class_names)):
        assert set(sides[works.labels == label].tolist()) == {0, 1, 2}


@given(st.one_of(plain_works(), grouped_works()), st.integers(0, 9), st.randoms())
def test_the_order_of_the_works_does_not_matter(works: Works, seed: int, random: object) -> None:
    order = np.arange(len(works))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert members(works, split(works, seed)) == members(
        works.take(order), split(works.take(order), seed)
    )


@given(grouped_works(), st.integers(0, 9))
def test_copies_and_groups_are_never_apart_and_nothing_is_left_over(
    works: Works, seed: int
) -> None:
    sides = split(works, seed)
    assert UNUSED not in sides
    for column in (works.ids, works.groups):
        for value in set(column.tolist()) - {""}:
            assert len(set(sides[column == value].tolist())) == 1


def test_a_group_larger_than_every_quota_still_goes_to_one_side() -> None:
    groups = ["series"] * 18 + [""] * 12
    works = works_of(labels_of([20, 10]), groups=groups)
    sides = split(works)
    assert len(set(sides[:18].tolist())) == 1
    assert UNUSED not in sides


def test_a_group_of_all_works_is_on_one_side() -> None:
    sides = split(works_of(labels_of([5, 5]), groups=["all"] * 10))
    assert len(set(sides.tolist())) == 1


def test_a_copy_chain_of_ids_and_groups_stays_together() -> None:
    ids = ["a", "a", "b", "c", *(f"w{n}" for n in range(26))]
    groups = ["", "x", "x", "", *[""] * 26]
    sides = split(works_of(labels_of([20, 10]), ids, groups))
    assert len(set(sides[:3].tolist())) == 1


def test_pairs_are_spread_over_all_sides_with_exact_totals() -> None:
    ids = [f"work {number // 2}" for number in range(400)]
    sides = split(works_of(labels_of([200, 200]), ids))
    assert all(abs(a - b) <= 2 for a, b in zip(totals(sides), (240, 80, 80), strict=True))


@given(shares())
def test_shares_add_up_and_keep_their_bounds(
    case: tuple[int, list[int], list[int], list[int]],
) -> None:
    total, weights, lower, upper = case
    dealt = largest_remainder(total, *(np.array(numbers) for numbers in (weights, lower, upper)))
    assert dealt.sum() == total
    assert (dealt >= lower).all()
    assert (dealt <= upper).all()


@given(st.integers(1, 500), st.lists(st.integers(1, 100), min_size=1, max_size=9))
def test_free_shares_are_the_quota_rounded_down_or_up(total: int, weights: list[int]) -> None:
    numbers = np.array(weights)
    bounds = np.zeros_like(numbers), np.full_like(numbers, total)
    dealt = largest_remainder(total, numbers, *bounds)
    quota = total * numbers / numbers.sum()
    assert dealt.sum() == total
    assert (np.abs(dealt - quota) < 1).all()


def test_lower_bounds_give_way_where_the_total_is_smaller() -> None:
    three = np.array([1, 1, 1])
    assert largest_remainder(2, three, three, 5 * three).sum() == 2


def test_upper_bounds_give_way_where_the_total_is_larger() -> None:
    weights = np.array([6, 3, 3])
    dealt = largest_remainder(8, weights, np.zeros(3, np.int64), np.array([1, 1, 1]))
    assert dealt.tolist() == [4, 2, 2]


def test_tiny_classes_are_left_out_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"fewer than 3 works: 1 class, artist 001$"):
        left = without_tiny_classes(works_of(labels_of([5, 2, 3])))
    assert left.class_names == ("artist 000", "artist 002")
    assert left.labels.tolist() == [0] * 5 + [1] * 3


def test_the_warning_names_five_tiny_classes_and_counts_the_rest() -> None:
    with pytest.warns(UserWarning, match="artist 006 and 2 more"):
        without_tiny_classes(works_of(labels_of([4, 4, 1, 1, 1, 1, 1, 1, 1])))


def test_nothing_is_said_where_no_class_is_tiny() -> None:
    works = works_of(labels_of([3, 3]))
    assert without_tiny_classes(works) is works


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize(
    ("sizes", "kept"),
    [([5], r"there is artist 000 \(5\)"), ([2, 7], r"artist 001 \(7\)"), ([1, 2], "there is none")],
)
def test_fewer_than_two_classes_are_nothing_to_tell_apart(sizes: list[int], kept: str) -> None:
    with pytest.raises(UserError, match=kept):
        without_tiny_classes(works_of(labels_of(sizes)))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=30), st.data())
def test_totals_are_exact_for_classes_of_any_size(sizes: list[int], data: st.DataObject) -> None:
    works = works_of(labels_of(sizes))
    if len(works) < 3:
        return
    used = data.draw(st.integers(3, len(works)))
    train = data.draw(st.integers(1, used - 2))
    val = data.draw(st.integers(1, used - train - 1))
    counts = Counts(train, val, used - train - val)
    assert totals(split(works, counts=counts)) == (counts.train, counts.val, counts.test)
