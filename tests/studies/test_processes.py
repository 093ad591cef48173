"""Studies of a grid by real processes: shared, killed, begun at once, and short of room."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from processes import process
from studies.small_studies import (
    BEGINNINGS,
    Asked,
    begun,
    killed_and_ended,
    short_of_room,
    side_by_side,
    small,
)

from morelli.data.collection import Collection
from morelli.studies.folder import open_study
from morelli.studies.recipe import StudyRecipe

SHARED = small(dropout=(0.0, 0.3, 0.5), seeds=12, hidden=8)
"""Six settings; with so many seeds each is a stack of its own."""


def test_processes_share_a_study_and_do_no_trial_twice(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    asked = Asked(collection.folder, tmp_path / "shared", SHARED, cache)

    done = side_by_side(2, asked, tmp_path / "logs")
    (alone,) = side_by_side(1, replace(asked, out=tmp_path / "alone"), tmp_path / "log")

    assert alone == list(range(6))
    assert sorted(done[0] + done[1]) == alone
    assert all(done)
    tables = [(tmp_path / name / "results.csv").read_bytes() for name in ("shared", "alone")]
    assert tables[0] == tables[1]


def test_killed_at_random_moments_it_ends_as_if_nothing_had_happened(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    asked = Asked(collection.folder, whole, SHARED, cache)
    side_by_side(1, asked, tmp_path / "logs")

    done = killed_and_ended(replace(asked, out=out), tmp_path / "log", longest=0.5)

    assert len(done) == len(set(done))  # a line may be lost to a kill, but no trial comes twice
    assert len(open_study(out).trials()) == 6
    for name in ("results.csv", "chosen/results.json", "chosen/classifier/head.safetensors"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    assert not list(out.rglob("*.partial"))


def test_processes_may_begin_one_study_at_the_same_moment(
    collection: Collection, tmp_path: Path
) -> None:
    logs = [tmp_path / f"log {number}" for number in range(3)]
    started = [
        process(begun, tmp_path / "studies", collection.folder, SHARED, log, tmp_path / "start")
        for log in logs
    ]
    while not all(log.exists() for log in logs):
        assert all(each.is_alive() for each in started)
    (tmp_path / "start").touch()
    for each in started:
        each.join(30)
        assert each.exitcode == 0

    assert [log.read_text() for log in logs] == [""] * 3
    for number in range(BEGINNINGS):
        names = {path.name for path in (tmp_path / "studies" / str(number)).iterdir()}
        assert names == {"begun.json", "study.toml", "trials", "claims"}


SMALL = {"dropout": (0.5,), "lr": (1e-3,), "epochs": 1}


@pytest.mark.parametrize(
    "short",
    [
        (small(**SMALL), 500, "cannot write to .*study: a file grew larger"),
        (small(**SMALL, seeds=9), 2500, "cannot write to .*study: a file grew larger"),
        (small(**SMALL), 40_000, "cannot write to .*: a file grew larger"),
        (small(search="tpe", trials=1, seeds=1, epochs=1), 40_000, r"cannot write to .*search\.db"),
    ],
    ids=["begin", "trial", "chosen", "search"],
)
def test_a_disk_that_fills_up_is_told_and_the_same_call_goes_on(
    collection: Collection, cache: Path, tmp_path: Path, short: tuple[StudyRecipe, int, str]
) -> None:
    recipe, size, told = short
    asked, said = Asked(collection.folder, tmp_path / "study", recipe, cache), tmp_path / "said"
    process(short_of_room, asked, said, size).join(60)

    line = said.read_text(encoding="utf-8")
    assert re.match(told, line), line
    assert "run the same command again" in line
    assert not list(asked.out.rglob("*.partial"))
    side_by_side(1, asked, tmp_path / "log")
    assert open_study(asked.out).failed == 0
