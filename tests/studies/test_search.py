"""A search: what is drawn, and who tries it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from processes import process
from studies.small_studies import (
    drawn,
    hold_trial,
    killed,
    small,
    write_drawn,
)

from morelli.studies.search import STARTUP, Search
from morelli.studies.trials import (
    FAILED,
    Trial,
    open_folders,
)

SHORT = small(search="tpe", trials=6, seeds=1, epochs=3)

LONG = replace(SHORT, trials=STARTUP + 2)
"""Long enough for the estimator to have a say."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study's folder with room for claims."""
    open_folders(tmp_path / "study")
    return tmp_path / "study"


def test_what_is_drawn_hangs_on_seed_and_number_and_not_on_the_process(tmp_path: Path) -> None:
    here = drawn(tmp_path / "here", LONG)
    other = process(write_drawn, tmp_path / "other", LONG, tmp_path / "drawn.json")
    other.join(60)

    assert json.loads((tmp_path / "drawn.json").read_text()) == here
    assert len({settings["lr"] for settings in here}) == LONG.trials
    last = replace(LONG, trials=2, base=replace(LONG.base, seed=2**63 - 1))
    others = drawn(tmp_path / "last", last)
    assert not {settings["lr"] for settings in others} & {settings["lr"] for settings in here}


def test_several_networks_are_drawn_among(folder: Path) -> None:
    recipe = replace(SHORT, backbones=("squeezenet1_1", "alexnet"), trials=4)

    names = [settings["backbone"] for settings in drawn(folder, recipe)]

    assert set(names) == {"squeezenet1_1", "alexnet"}


def test_a_trial_is_taken_up_by_another_process_only_when_its_own_is_dead(
    folder: Path, tmp_path: Path
) -> None:
    other = process(hold_trial, folder, SHORT, tmp_path / "held")
    while not (tmp_path / "held").exists():
        assert other.is_alive()
    search = Search(folder, SHORT)
    with search.take() as taken:
        assert taken is not None
        assert taken.number == 1  # 0 is the other's
    with search.take() as taken:
        assert taken is not None
        assert taken.number == 1  # it did not end
    assert killed(other, after=0)

    with search.take() as taken:
        assert taken is not None
        assert taken.number == 0
        assert taken.recipe.as_dict() == json.loads((tmp_path / "held").read_text())


def test_there_is_no_more_to_take_than_was_asked_for(folder: Path) -> None:
    search = Search(folder, replace(SHORT, trials=2))
    with search.take() as first, search.take() as second, search.take() as third:
        assert first is not None
        assert second is not None
        assert third is None
        assert (search.ended, search.over) == (0, False)
        for one in (first, second):
            one.end(Trial(one.number, one.recipe, FAILED))

    assert (search.ended, search.over) == (2, True)
    with search.take() as taken:
        assert taken is None
