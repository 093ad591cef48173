"""Trials on disk: whole or damaged, ranked, and claimed by one process at a time."""

import json
import os
import stat
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import process
from studies.small_studies import BASE, count_up, hold, killed

from morelli.errors import BadFolder
from morelli.studies.trials import (
    CLAIMS,
    DONE,
    FAILED,
    PRUNED,
    TRIALS,
    Head,
    Predicted,
    Trial,
    by_rank,
    claim,
    open_folders,
    read_trial,
    read_trials,
    trial_path,
    write_trial,
)
from morelli.training.loop import Epoch
from morelli.training.recipe import Recipe

EPOCHS = (Epoch(1, 1.5, 0.25, 1.25, 0.5, 0.01), Epoch(2, 1.0, 0.5, 0.75, 0.625, 0.01))


def head(accuracy: float = 0.625, loss: float = 0.75, seed: int = 0) -> Head:
    return Head(seed, EPOCHS, 2, accuracy, loss, Predicted((0, 1, 2), {"accuracy": accuracy}))


def trial(number: int, *figures: tuple[float, float], state: str = DONE) -> Trial:
    heads = tuple(head(*own, seed=seed) for seed, own in enumerate(figures))
    return Trial(number, BASE, state, heads)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study's folder with room for trials and claims."""
    open_folders(tmp_path / "study")
    return tmp_path / "study"


epochs = st.builds(
    Epoch,
    st.integers(1, 99),
    *[st.floats(0, 1e30)] * 4,
    seconds=st.floats(0, 1e6),
)
predicted = st.builds(
    Predicted,
    st.lists(st.integers(0, 999), max_size=5).map(tuple),
    st.dictionaries(st.sampled_from(["accuracy", "macro_f1"]), st.floats(0, 1)),
)
heads = st.builds(
    Head,
    st.integers(0, 2**63 - 1),
    st.lists(epochs, max_size=3).map(tuple),
    st.integers(1, 99),
    st.floats(0, 1),
    st.floats(0, 1e30),
    predicted,
    st.none() | predicted,
)
trials = st.builds(
    Trial,
    st.integers(0, 99_999),
    st.builds(Recipe, dropout=st.floats(0, 0.9), counts=st.sampled_from([(), (3, 2, 1)])),
    st.sampled_from([DONE, PRUNED, FAILED]),
    st.lists(heads, max_size=2).map(tuple),
    st.floats(0, 1e6),
    st.text(st.characters(exclude_categories=["Cs"])),
)


@given(trials)
@settings(max_examples=40)
def test_a_trial_is_the_same_after_its_file(
    tmp_path_factory: pytest.TempPathFactory, ended: Trial
) -> None:
    folder = tmp_path_factory.getbasetemp() / "round"
    open_folders(folder)

    write_trial(folder, ended)

    assert read_trial(folder, ended.number) == ended


def test_trials_are_read_by_number_and_nothing_else_is(folder: Path) -> None:
    for number in (11, 2, 0):
        write_trial(folder, trial(number, (0.5, 1.0)))
    (folder / TRIALS / "notes.txt").write_text("mine")

    assert [one.number for one in read_trials(folder)] == [0, 2, 11]
    assert read_trial(folder, 1) is None
    assert trial_path(folder, 2).name == "00002.json"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"heads": 1}', '{"heads": [], "recipe": {}}', "\x00"]
)
def test_a_damaged_trial_is_named_and_how_to_go_on(folder: Path, text: str) -> None:
    trial_path(folder, 7).write_text(text, encoding="utf-8")

    with pytest.raises(BadFolder, match=r"00007\.json is damaged; remove it, and run the same"):
        read_trials(folder)


@pytest.mark.parametrize(
    "broken",
    [
        {"heads": [{"seed": 1}]},
        {"heads": [asdict(head()) | {"val": 3}]},
        {"heads": [asdict(head()) | {"epochs": [{"number": 1}]}]},
        {"recipe": {"backbone": "resnet19"}},
        {"recipe": {"drop": 1}},
        {"what": 1},
    ],
)
def test_a_trial_of_other_words_is_damaged_too(folder: Path, broken: dict[str, object]) -> None:
    write_trial(folder, trial(7, (0.5, 1.0)))
    value = json.loads(trial_path(folder, 7).read_text(encoding="utf-8"))
    trial_path(folder, 7).write_text(json.dumps(value | broken), encoding="utf-8")

    with pytest.raises(BadFolder, match=r"00007\.json is damaged"):
        read_trial(folder, 7)


def test_figures_are_means_over_seeds_with_their_deviation() -> None:
    several = trial(0, (0.5, 1.0), (0.75, 2.0), (0.25, 1.5))

    assert several.val_accuracy == fmean([0.5, 0.75, 0.25])
    assert several.val_loss == fmean([1.0, 2.0, 1.5])
    assert several.spread == stdev([0.5, 0.75, 0.25])
    assert trial(0, (0.5, 1.0)).spread is None


def test_rank_is_accuracy_then_loss_then_number_among_those_trained_to_their_end() -> None:
    ended = [
        trial(0, (0.5, 1.0)),
        trial(1, (0.9, 0.1), state=PRUNED),
        trial(2, (0.75, 2.0)),
        trial(3, (0.75, 1.5)),
        trial(4, state=FAILED),
        trial(5, (0.75, 1.5)),
        trial(6, (0.7, 1.0), (0.9, 1.0)),
    ]

    assert [one.number for one in by_rank(ended)] == [6, 3, 5, 2, 0]
    assert by_rank(ended[::-1]) == by_rank(ended)
    assert by_rank([]) == []


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5]), st.sampled_from([1.0, 2.0])), max_size=8))
def test_the_best_is_no_worse_than_any(figures: list[tuple[float, float]]) -> None:
    ended = [trial(number, own) for number, own in enumerate(figures)]

    ranked = by_rank(ended)
    assert sorted(one.number for one in ranked) == list(range(len(ended)))
    for one, other in pairwise(ranked):
        assert (-one.val_accuracy, one.val_loss) <= (-other.val_accuracy, other.val_loss)


def test_a_claim_is_one_processs_until_it_is_released(folder: Path) -> None:
    mine = claim(folder, "stack-0")

    assert mine is not None
    assert claim(folder, "stack-0") is None
    other = claim(folder, "stack-1")
    assert other is not None
    mine.release()
    again = claim(folder, "stack-0")
    assert again is not None
    for lock in (again, other):
        lock.release()


def test_a_claim_is_given_back_when_its_process_is_killed(folder: Path, tmp_path: Path) -> None:
    other = process(hold, folder, "trial-3", tmp_path / "held")
    while not (tmp_path / "held").exists():
        assert other.is_alive()
    try:
        assert claim(folder, "trial-3") is None
        assert claim(folder, "trial-4") is not None
    finally:
        assert killed(other, after=0)

    mine = claim(folder, "trial-3")
    assert mine is not None
    mine.release()


def test_alone_no_process_comes_between(folder: Path) -> None:
    (folder / "number").write_text("0")
    for one in [process(count_up, folder, 40) for _ in range(3)]:
        one.join(30)
        assert one.exitcode == 0

    assert (folder / "number").read_text() == "120"


def test_what_killed_processes_left_is_swept_and_nothing_else(folder: Path) -> None:
    dead = 2**22 + 1  # no process has this number: it is above the largest one
    write_trial(folder, trial(0, (0.5, 1.0)))
    (folder / TRIALS / f".00001.json.{dead}.partial").write_text("{")
    living = folder / TRIALS / f".00002.json.{os.getpid()}.partial"
    living.write_text("{")

    open_folders(folder)

    assert {path.name for path in (folder / TRIALS).iterdir()} == {"00000.json", living.name}
    assert [one.number for one in read_trials(folder)] == [0]


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_is_told_and_leaves_no_half_trial(folder: Path) -> None:
    (folder / TRIALS / f".00003.json.{os.getpid()}.partial").symlink_to("/dev/full")

    with pytest.raises(BadFolder, match=rf"cannot write to {folder}: no space is left"):
        write_trial(folder, trial(3, (0.5, 1.0)))

    assert list((folder / TRIALS).iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(folder: Path) -> None:
    for name in (TRIALS, CLAIMS):
        (folder / name).chmod(stat.S_IRUSR | stat.S_IXUSR)

    with pytest.raises(BadFolder, match="no permission to write"):
        write_trial(folder, trial(3))
    with pytest.raises(BadFolder, match="no permission to write"):
        claim(folder, "stack-0")


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "trials").write_text("mine")

    with pytest.raises(BadFolder, match=f"cannot write to {tmp_path}: a file of that name"):
        open_folders(tmp_path)
    assert (tmp_path / "trials").read_text() == "mine"


def test_a_recipes_every_setting_is_kept(folder: Path) -> None:
    recipe = replace(BASE, split_by="series", counts=(9, 3, 3), weight_decay=0.25)
    write_trial(folder, Trial(0, recipe, FAILED, error="é"))

    (read,) = read_trials(folder)
    assert read.recipe == recipe
    assert "é" in trial_path(folder, 0).read_text(encoding="utf-8")
