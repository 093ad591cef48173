"""A selection chooses works by their labels alone, and says the counts where it cannot."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.data.selection import Selection
from morelli.data.sources.choice import choose
from morelli.errors import UnknownName, UserError

NAMES = ("Unknown Artist", "Monet, Claude", "van Gogh", "Degas", "Sisley", "Renoir")
LABELS = np.array([0] * 9 + [1] * 5 + [2] * 3 + [3] * 5 + [4] * 2 + [-1] * 4)
TASKS: Mapping[str, npt.NDArray[np.int64]] = {"artist": LABELS, "genre": np.where(LABELS > 3, 1, 0)}
CLASS_NAMES = {"artist": NAMES, "genre": ("Unknown Genre", "portrait")}
KEYS = np.stack([np.arange(len(LABELS)) // 10, np.arange(len(LABELS)) % 10], axis=1)


def chosen(**settings: object) -> npt.NDArray[np.bool_]:
    return choose(TASKS, CLASS_NAMES, KEYS, Selection(**settings))  # type: ignore[arg-type]


def names_chosen(**settings: object) -> set[str]:
    return {NAMES[label] for label in LABELS[chosen(**settings)]}


def test_all_labelled_works_of_known_artists_are_chosen_by_default() -> None:
    assert (chosen() == (LABELS > 0)).all()


def test_unknown_artists_are_a_class_when_asked_for() -> None:
    assert (chosen(include_unknown=True) == (LABELS >= 0)).all()
    assert names_chosen(include_unknown=True, top=1) == {"Unknown Artist"}
    assert names_chosen(include_unknown=True, classes=("unknown artist",)) == {"Unknown Artist"}


def test_unknown_genres_are_no_class_either() -> None:
    assert (chosen(task="genre") == (LABELS == 4)).all()


def test_an_unknown_artist_cannot_be_named_unless_asked_for() -> None:
    with pytest.raises(UserError, match="no class unless --include-unknown"):
        chosen(classes=("Unknown Artist",))


def test_the_top_classes_are_those_with_most_works_and_ties_break_by_name() -> None:
    assert names_chosen(top=1) == {"Degas"}
    assert names_chosen(top=2) == {"Degas", "Monet, Claude"}
    assert names_chosen(top=4) == {"Degas", "Monet, Claude", "van Gogh", "Sisley"}


def test_a_top_larger_than_there_are_says_the_counts() -> None:
    with pytest.raises(UserError, match=r"top 5 .* only 4 artist classes \(of 15 works\)"):
        chosen(top=5)


def test_classes_are_named_without_regard_to_case_and_punctuation() -> None:
    assert names_chosen(classes=("MONET claude", "van-gogh")) == {"Monet, Claude", "van Gogh"}


def test_the_nearest_name_is_in_the_error() -> None:
    with pytest.raises(UnknownName, match=r"unknown artist 'Mone'; did you mean Monet, Claude"):
        chosen(classes=("Degas", "Mone"))


def test_classes_are_named_without_regard_to_accents() -> None:
    names = {"artist": ("Paul Cézanne", "Edvard Munch", "Tōhaku")}
    labels = {"artist": np.array([0, 1, 2])}
    for asked in ("paul-cezanne", "Paul Ce\u0301zanne", "PAUL CÉZANNE"):
        chosen_works = choose(labels, names, KEYS[:3], Selection(classes=(asked, "tohaku")))
        assert chosen_works.tolist() == [True, False, True]


def test_the_top_of_named_classes_is_by_works_and_not_by_the_order_given() -> None:
    assert names_chosen(classes=("Sisley", "van Gogh", "Degas"), top=1) == {"Degas"}


def test_a_class_named_twice_counts_once() -> None:
    with pytest.raises(UserError, match=r"only 1 artist class \(of 5 works\)"):
        chosen(classes=("Degas", "DEGAS!"), top=2)


def test_names_that_differ_in_punctuation_alone_are_both_meant() -> None:
    labels, names = {"artist": np.array([0, 0, 1])}, {"artist": ("Le Nain", "le-nain")}
    chosen_works = choose(labels, names, KEYS[:3], Selection(classes=("le nain",)))
    assert chosen_works.tolist() == [True, True, True]


def test_small_classes_can_be_left_out() -> None:
    assert names_chosen(min_works=3) == {"Degas", "Monet, Claude", "van Gogh"}
    with pytest.raises(UserError, match="no artist is left of 4 with 6 works or more"):
        chosen(min_works=6)


def test_a_source_without_labelled_works_leaves_nothing() -> None:
    with pytest.raises(UserError, match=r"no artist is left of 0$"):
        choose({"artist": np.array([-1, -1])}, {"artist": ("a",)}, KEYS[:2], Selection())


def test_a_task_that_the_source_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(UserError, match="no column 'style'; it has artist, genre"):
        chosen(task="style")


def test_a_sample_has_as_many_works_as_asked_for() -> None:
    mask = chosen(sample=6)
    assert mask.sum() == 6
    assert not (mask & ~chosen()).any()


def test_a_sample_larger_than_there_are_says_the_counts() -> None:
    with pytest.raises(UserError, match="sample of 16 was asked for, of 15 works"):
        chosen(sample=16)


@given(st.permutations(range(len(LABELS))), st.integers(0, 5), st.integers(1, 15))
def test_a_sample_is_the_same_whatever_the_order_of_rows(
    order: list[int], seed: int, sample: int
) -> None:
    selection = Selection(sample=sample, seed=seed)
    labels = {"artist": LABELS[order]}
    mask = choose(labels, {"artist": NAMES}, KEYS[order], selection)
    assert (mask == chosen(sample=sample, seed=seed)[order]).all()


def test_another_seed_draws_another_sample() -> None:
    assert (chosen(sample=7, seed=0) != chosen(sample=7, seed=1)).any()
