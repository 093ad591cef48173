"""A search to its end: shared, killed, and what falls behind is given up."""

from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from studies.small_studies import (
    Asked,
    Heard,
    killed_and_ended,
    side_by_side,
    small,
    trials_of,
    write_weights,
)

from morelli.data.collection import Collection
from morelli.errors import UserError
from morelli.runs.prepare import dealt, of_side
from morelli.studies.folder import Study, begin, open_study
from morelli.studies.search import DATABASE, HIDDEN, STARTUP, WARM_UP, Search
from morelli.studies.study import study
from morelli.studies.trials import (
    DONE,
    FAILED,
    PRUNED,
    Head,
    Predicted,
    Trial,
    write_trial,
)
from morelli.training.loop import Epoch
from morelli.training.recipe import Recipe

SHORT = small(search="tpe", trials=6, seeds=1, epochs=3)

LONG = replace(SHORT, trials=STARTUP + 2)
"""Long enough for the estimator to have a say."""


@pytest.fixture(scope="module")
def searched(
    collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """A finished search of few trials, two seeds each."""
    recipe = replace(SHORT, trials=4, seeds=2)
    return study(collection, tmp_path_factory.mktemp("search") / "study", recipe, cache=cache)


def test_a_search_ends_and_its_trials_lie_where_it_looks(searched: Study) -> None:
    assert [trial.number for trial in searched.trials()] == list(range(4))
    for trial in searched.trials():
        assert trial.state == DONE
        assert [head.seed for head in trial.heads] == [0, 1]
        assert 0 <= trial.recipe.dropout <= 0.7
        assert 1e-4 <= trial.recipe.lr <= 5e-3
        assert trial.recipe.backbone in searched.recipe.backbones
        assert 1e-3 <= trial.recipe.weight_decay <= 3
        assert 0 <= trial.recipe.label_smoothing <= 0.3
        assert trial.recipe.hidden in HIDDEN
        own = ("backbone", "dropout", "lr", "hidden", "weight_decay", "label_smoothing")
        assert all(
            getattr(trial.recipe, name) == value
            for name, value in vars(searched.recipe.base).items()
            if name not in own
        )
    assert len({trial.recipe.lr for trial in searched.trials()}) == 4
    accuracies = [trial.val_accuracy for trial in searched.trials()]
    assert accuracies[searched.results.chosen] == max(accuracies)
    assert searched.chosen.recipe == searched.trials()[searched.results.chosen].recipe
    assert all(head.test is None for trial in searched.trials() for head in trial.heads)


def test_a_finished_search_is_returned_untouched(searched: Study, collection: Collection) -> None:
    before = {path: path.stat().st_mtime_ns for path in searched.folder.rglob("*")}

    assert study(collection, searched.folder, searched.recipe) == searched
    assert {path: path.stat().st_mtime_ns for path in searched.folder.rglob("*")} == before


def test_the_database_has_the_same_trials(searched: Study) -> None:
    [kept] = optuna.get_all_study_summaries(f"sqlite:///{searched.folder / DATABASE}")
    loaded = optuna.load_study(
        study_name=kept.study_name, storage=f"sqlite:///{searched.folder / DATABASE}"
    )

    for mine, its in zip(searched.trials(), loaded.trials, strict=True):
        assert its.value == pytest.approx(mine.val_accuracy)
        assert its.params["lr"] == mine.recipe.lr


def certain(collection: Collection, number: int, recipe: Recipe) -> Trial:
    """Return a trial whose head classifies all of val correctly from its first epoch on."""
    works, sides = dealt(collection, recipe)
    epochs = tuple(Epoch(number, 0.01, 1.0, 0.01, 1.0, 0.1) for number in range(1, 4))
    labels = tuple(works.labels[of_side(sides, "val")].tolist())
    val = Predicted(labels, {"accuracy": 1.0, "macro_f1": 1.0})
    return Trial(number, recipe, DONE, (Head(recipe.seed, epochs, 1, 1.0, 0.01, val),))


def test_what_falls_behind_after_the_first_trials_is_given_up_and_recorded(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    recipe = replace(SHORT, trials=STARTUP + 2)
    begin(out, collection, recipe)
    search = Search(out, recipe)
    for _ in range(STARTUP):
        with search.take() as taken:
            assert taken is not None
            assert not any(taken.behind(epoch, 1.0) for epoch in range(1, 4))
            trial = certain(collection, taken.number, taken.recipe)
            write_trial(out, trial)
            taken.end(trial)
    heard = Heard()

    searched = study(collection, out, recipe, cache=cache, progress=heard)

    assert trials_of(heard.notes) == [STARTUP, STARTUP + 1]
    for trial in searched.trials()[STARTUP:]:
        assert trial.state == PRUNED
        assert len(trial.heads[0].epochs) == WARM_UP
        assert trial.val_accuracy < 1
    assert all(note.endswith(", given up") for note in heard.notes if note.startswith("Trial"))
    rows = searched.results.settings
    assert [row.state for row in rows] == [DONE] * STARTUP + [PRUNED] * 2
    assert all(row.p is None and row.p_holm is None for row in rows[STARTUP:])
    assert searched.failed == 0
    assert searched.results.chosen < STARTUP


def test_killed_at_random_moments_it_ends_as_if_nothing_had_happened(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    asked = Asked(collection.folder, whole, LONG, cache)
    [alone] = side_by_side(1, asked, tmp_path / "logs")

    done = killed_and_ended(replace(asked, out=out), tmp_path / "log", longest=1.5)

    assert alone == list(range(LONG.trials))
    assert len(done) == len(set(done))  # a line may be lost to a kill, but no trial comes twice
    for name in ("results.csv", "chosen/results.json", "chosen/classifier/head.safetensors"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    assert not list(out.rglob("*.partial"))


def test_processes_share_a_search_and_do_no_trial_twice(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "study"

    done = side_by_side(2, Asked(collection.folder, out, LONG, cache), tmp_path / "logs")

    assert sorted(done[0] + done[1]) == list(range(LONG.trials))
    assert all(done)
    searched = open_study(out)
    assert [trial.number for trial in searched.trials()] == list(range(LONG.trials))
    assert len(searched.results.settings) == LONG.trials
    assert Search(out, LONG).ended == LONG.trials


def test_a_trial_that_fails_is_recorded_and_the_others_go_on(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    write_weights(tmp_path / "weights", "squeezenet1_1")
    recipe = small(
        search="tpe",
        trials=6,
        seeds=1,
        epochs=1,
        backbones=("squeezenet1_1", "mobilenet_v2"),
        weights=str(tmp_path / "weights"),
    )

    searched = study(collection, tmp_path / "study", recipe, cache=cache)

    gone = [trial for trial in searched.trials() if trial.recipe.backbone == "mobilenet_v2"]
    assert 0 < len(gone) == searched.failed < 6
    for trial in gone:
        assert (trial.state, trial.heads) == (FAILED, ())
        assert "has no mobilenet_v2.safetensors" in trial.error
    assert searched.trials()[searched.results.chosen].recipe.backbone == "squeezenet1_1"
    assert f"{searched.failed} trial" in searched.conclusion
    [kept] = optuna.load_study(
        study_name=None, storage=f"sqlite:///{tmp_path / 'study' / DATABASE}"
    ).get_trials(states=[optuna.trial.TrialState.FAIL])[:1]
    assert kept.number == gone[0].number


def test_if_all_trials_fail_it_is_an_error_that_says_why_and_how_to_go_on(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    base = replace(SHORT.base, weights=str(tmp_path / "none.safetensors"))

    for _ in range(2):
        with pytest.raises(UserError, match=f"there is no weights file .*; remove {out} and run"):
            study(collection, out, replace(SHORT, trials=2, base=base), cache=cache)
