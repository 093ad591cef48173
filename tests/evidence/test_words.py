"""The sentence names the figures and what could mislead, and claims no more."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from morelli.evidence.words import Figures, doubts_of, percent, percent_of, sentence

FIGURES = Figures(
    name="claude-monet",
    probability=0.874,
    works=1260,
    short=900,
    taken=224,
    seen=0.6,
    parts=((12, 15), (20, 35)),
    part_side=300,
    neighbours=(4, 5),
)


def test_a_plain_case_is_one_plain_sentence() -> None:
    assert sentence(FIGURES) == (
        "claude-monet with 87 %: 12 of 15 large parts, 20 of 35 small parts and 4 of the 5 "
        "closest works agree, and 1,260 works of the class taught it."
    )


def test_what_is_declined_is_none_of_the_known_with_the_guess_still_there() -> None:
    text = sentence(replace(FIGURES, declined=True))

    assert text.startswith("None of the known classes, the nearest guess being claude-monet with")
    assert sentence(replace(FIGURES, declined=False)) == sentence(FIGURES)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"short": 211}, "the image is small (211 pixels on its short side"),
        ({"short": 1}, "(1 pixel on its short side"),
        ({"works": 12}, "12 training works of the class are few"),
        ({"works": 1}, "1 training work of the class is few"),
        ({"works": 3}, "the class has fewer works than the neighbours looked at"),
        ({"parts": (), "part_side": 0}, "it is too small to be cut into parts"),
        ({"part_side": 80}, "parts had to be enlarged up to 2.8 times"),
        ({"seen": 0.2}, "the whole was judged by its middle, 20 % of it"),
        ({"one_colour": True}, "the image is nearly of one colour"),
        ({"shortcut": "the files' sizes tell the classes apart"}, "the files' sizes tell"),
    ],
)
def test_what_could_mislead_is_named(change: dict[str, object], named: str) -> None:
    figures = replace(FIGURES, **change)  # type: ignore[arg-type]

    assert any(named in doubt for doubt in doubts_of(figures))
    assert named in sentence(figures)
    assert "mislead" not in sentence(FIGURES)


def test_without_parts_or_neighbours_none_are_spoken_of() -> None:
    text = sentence(replace(FIGURES, parts=(), neighbours=(0, 0)))

    assert "nothing to compare it with" in text
    assert "agree" not in text


def test_a_single_neighbour_is_spoken_of_as_one() -> None:
    assert "and the closest work agree" in sentence(replace(FIGURES, neighbours=(1, 1)))
    assert "not the closest work" in sentence(replace(FIGURES, neighbours=(0, 1)))


@given(st.floats(0, 1))
@example(0.005)
@example(0.995)
def test_only_certainty_is_rounded_to_certainty(share: float) -> None:
    text = percent(share)

    assert (text == "100 %") == (share == 1)
    assert (text == "0 %") == (share == 0)


def test_a_share_of_few_is_a_count_and_of_many_in_per_cent() -> None:
    assert percent_of(0.7, 90) == "63 of 90"
    assert percent_of(0.716, 4_092) == "72 % of 4,092"
    assert percent_of(0.999, 4_092) == "over 99 % of 4,092"


@given(
    st.builds(
        Figures,
        name=st.sampled_from(["claude-monet", "a. b."]),
        probability=st.floats(0, 1),
        works=st.integers(0, 10_000),
        short=st.integers(1, 10_000),
        taken=st.just(224),
        seen=st.floats(0.001, 1),
        parts=st.lists(st.tuples(st.integers(0, 9), st.integers(9, 90)), max_size=2).map(tuple),
        part_side=st.integers(1, 4000),
        neighbours=st.tuples(st.integers(0, 3), st.integers(3, 9)),
        declined=st.booleans(),
        one_colour=st.booleans(),
    )
)
def test_it_is_always_one_sentence_that_names_the_class(figures: Figures) -> None:
    text = sentence(figures)

    assert text.endswith(".")
    assert "\n" not in text
    assert "  " not in text
    assert figures.name in text
    assert f"{figures.works:,} work" in text
