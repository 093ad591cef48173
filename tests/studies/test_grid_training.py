"""A grid is trained in stacks, shared by processes; a stack that fails leaves the others be."""

from dataclasses import replace
from pathlib import Path

import pytest
from studies.small_studies import (
    SHARED,
    Asked,
    Heard,
    killed_and_ended,
    side_by_side,
    small,
    trials_of,
    write_weights,
)

from morelli.data.collection import Collection
from morelli.studies.folder import open_study
from morelli.studies.grid_training import SIDE_BY_SIDE, stacks_of
from morelli.studies.study import study
from morelli.studies.trials import (
    DONE,
    FAILED,
    trial_path,
)

WILD = small(dropout=(0.5,), lr=(1e-3, 9.0), weight_decay=400.0, epochs=6)
"""At the higher rate weights grow by a factor of 3,600 a step; at the lower one they shrink."""


@pytest.mark.parametrize("seeds", [1, 2, 5, 30])
def test_stacks_hold_every_setting_once_of_one_shape_and_few_heads(seeds: int) -> None:
    recipe = small(
        backbones=("squeezenet1_1", "mobilenet_v2"), dropout=(0.0, 0.1, 0.2, 0.3, 0.4), seeds=seeds
    )
    settings = recipe.settings()
    stacks = list(stacks_of(settings, seeds))

    assert sorted(number for stack in stacks for number in stack) == list(range(len(settings)))
    for stack in stacks:
        assert len({settings[number].backbone for number in stack}) == 1
        assert len(stack) * seeds <= SIDE_BY_SIDE or len(stack) == 1


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


def test_a_head_that_diverges_is_recorded_and_the_others_go_on(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    wild = study(collection, tmp_path / "study", WILD, cache=cache)

    fine, gone = wild.trials()
    assert (fine.state, fine.error) == (DONE, "")
    assert (gone.state, gone.heads) == (FAILED, ())
    assert gone.error.startswith("the loss was NaN or infinite after epoch ")
    assert wild.failed == 1
    row = wild.results.settings[1]
    assert (row.state, row.error, row.p, row.val) == (FAILED, gone.error, None, None)
    assert wild.results.chosen == 0
    assert "1 trial failed." in wild.conclusion


def test_trials_that_failed_are_tried_again_once_the_cause_is_gone(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    weights, out = tmp_path / "weights", tmp_path / "study"
    write_weights(weights, "squeezenet1_1")
    networks = ("mobilenet_v2", "squeezenet1_1")
    recipe = small(backbones=networks, dropout=(0.5,), weights=str(weights), epochs=1)

    first = study(collection, out, recipe, cache=cache)

    assert first.failed == 2
    for trial in first.trials()[:2]:
        assert (trial.state, trial.heads) == (FAILED, ())
        assert trial.error.startswith(f"{weights} has no mobilenet_v2.safetensors; its weights are")
    assert first.results.chosen in (2, 3)
    assert "2 trials failed." in first.conclusion
    kept = {number: trial_path(out, number).stat().st_mtime_ns for number in (2, 3)}
    write_weights(weights, "mobilenet_v2")
    heard = Heard()

    again = study(collection, out, recipe, cache=cache, progress=heard)

    assert trials_of(heard.notes) == [0, 1]
    assert again.failed == 0
    assert {trial.state for trial in again.trials()} == {DONE}
    assert {n: trial_path(out, n).stat().st_mtime_ns for n in kept} == kept
    whole = study(collection, tmp_path / "whole", recipe, cache=cache)
    assert (out / "results.csv").read_bytes() == (whole.folder / "results.csv").read_bytes()
