"""The sentence says the figures and what could mislead, and claims no more."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from morelli.evidence.words import Said, misleading, percent, sentence

SAID = Said(
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


def test_a_plain_case_is_said_in_one_plain_sentence() -> None:
    assert sentence(SAID) == (
        "claude-monet with 87 %: 12 of 15 large parts, 20 of 35 small parts and 4 of the 5 "
        "closest works agree, and 1,260 works of the class taught it."
    )


def test_what_is_declined_is_none_of_the_known_with_the_guess_still_there() -> None:
    said = sentence(replace(SAID, declined=True))

    assert said.startswith("None of the known classes, the nearest guess being claude-monet with")
    assert sentence(replace(SAID, declined=False)) == sentence(SAID)


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
    said = replace(SAID, **change)  # type: ignore[arg-type]

    assert any(each.startswith(named) or named in each for each in misleading(said))
    assert named in sentence(said)
    assert "mislead" not in sentence(SAID)


def test_without_parts_or_neighbours_none_are_spoken_of() -> None:
    said = sentence(replace(SAID, parts=(), neighbours=(0, 0)))

    assert "nothing to compare it with" in said
    assert "agree" not in said


def test_a_single_neighbour_is_spoken_of_as_one() -> None:
    assert "and the closest work agree" in sentence(replace(SAID, neighbours=(1, 1)))
    assert "not the closest work" in sentence(replace(SAID, neighbours=(0, 1)))


@given(st.floats(0, 1))
@example(0.005)
@example(0.995)
def test_only_certainty_is_rounded_to_certainty(share: float) -> None:
    said = percent(share)

    assert (said == "100 %") == (share == 1)
    assert (said == "0 %") == (share == 0)


@given(
    st.builds(
        Said,
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
def test_it_is_always_one_sentence_that_names_the_class(said: Said) -> None:
    text = sentence(said)

    assert text.endswith(".")
    assert "\n" not in text
    assert "  " not in text
    assert said.name in text
    assert f"{said.works:,} work" in text
