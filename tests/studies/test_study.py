"""A study from its beginning to its end: whole, the same again, and taken up where it was."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from processes import process
from studies.small_studies import (
    GRID,
    ONE,
    Asked,
    Heard,
    short_of_room,
    side_by_side,
    small,
    trials_of,
)

from morelli.data.aside import file_digest
from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.studies.folder import MANIFEST, Study, open_study
from morelli.studies.recipe import StudyRecipe
from morelli.studies.study import study
from morelli.studies.trials import (
    DONE,
    trial_path,
)

SMALL = {"dropout": (0.5,), "lr": (1e-3,), "epochs": 1}


def test_every_setting_has_a_trial_and_a_row(grid: Study) -> None:
    trials = grid.trials()

    assert [trial.number for trial in trials] == list(range(8))
    assert [trial.recipe for trial in trials] == GRID.settings()
    assert {trial.state for trial in trials} == {DONE}
    assert grid.failed == 0
    for trial, row in zip(trials, grid.results.settings, strict=True):
        assert [head.seed for head in trial.heads] == [0, 1]
        assert all(len(head.epochs) == 3 for head in trial.heads)
        assert (row.number, row.state, row.seeds) == (trial.number, DONE, 2)
        for name in ("backbone", "dropout", "lr", "hidden", "epochs"):
            assert getattr(row, name) == getattr(trial.recipe, name)


def test_test_is_read_for_the_chosen_alone(grid: Study) -> None:
    for path in (grid.folder / "trials").iterdir():
        heads = json.loads(path.read_text(encoding="utf-8"))["heads"]
        assert all(head["test"] is None for head in heads)
    assert all(row.test is None for row in grid.results.settings)
    assert "test" not in (grid.folder / "results.csv").read_text(encoding="utf-8")


def test_a_finished_study_is_returned_untouched(
    grid: Study, collection: Collection, tmp_path: Path
) -> None:
    before = {
        path: (path.stat().st_mtime_ns, file_digest(path))
        for path in grid.folder.rglob("*")
        if path.is_file()
    }
    heard = Heard()

    again = study(collection, grid.folder, GRID, cache=tmp_path / "none", progress=heard)

    assert again == grid == open_study(grid.folder)
    assert heard.notes == []
    after = {path: (path.stat().st_mtime_ns, file_digest(path)) for path in before}
    assert after == before


def test_the_same_study_has_the_same_figures_again(
    grid: Study, collection: Collection, tmp_path: Path
) -> None:
    heard = Heard()
    torch.manual_seed(99)

    again = study(
        collection.folder,
        tmp_path / "again",
        GRID,
        cache=tmp_path / "cache",
        workers=1,
        progress=heard,
    )

    for name in ("results.csv", "study.toml", "chosen/results.json", "chosen/predictions.parquet"):
        assert (again.folder / name).read_bytes() == (grid.folder / name).read_bytes(), name
    assert again.conclusion == grid.conclusion
    assert trials_of(heard.notes) == list(range(8))
    cost = again.results.cost
    assert {name: network.extracted for name, network in cost.items()} == {
        "squeezenet1_1": collection.works,
        "mobilenet_v2": collection.works,
    }
    assert all((network.heads, network.epochs) == (8, 24) for network in cost.values())


def test_a_study_that_lacks_its_end_is_taken_up_where_it_was(
    finished: Study, collection: Collection, cache: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(finished.folder, tmp_path / "study")
    for name in (MANIFEST, "results.json", "results.csv", "report.html"):
        (out / name).unlink()
    trial_path(out, 1).unlink()
    kept = trial_path(out, 0).stat().st_mtime_ns
    heard = Heard()

    again = study(collection, out, ONE, cache=cache, progress=heard)

    assert trials_of(heard.notes) == [1]
    assert trial_path(out, 0).stat().st_mtime_ns == kept
    assert (out / "results.csv").read_bytes() == (finished.folder / "results.csv").read_bytes()
    assert (out / "report.html").is_file()
    assert again.conclusion == finished.conclusion


def test_a_damaged_trial_is_named(finished: Study, collection: Collection, tmp_path: Path) -> None:
    out = shutil.copytree(finished.folder, tmp_path / "study")
    (out / MANIFEST).unlink()
    trial_path(out, 1).write_text("{")

    with pytest.raises(BadFolder, match=r"00001\.json is damaged; remove it, and run the same"):
        study(collection, out, ONE)


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
    recipe, size, refusal = short
    asked = Asked(collection.folder, tmp_path / "study", recipe, cache)
    written = tmp_path / "refusal"
    process(short_of_room, asked, written, size).join(60)

    line = written.read_text(encoding="utf-8")
    assert re.match(refusal, line), line
    assert "run the same command again" in line
    assert not list(asked.out.rglob("*.partial"))
    side_by_side(1, asked, tmp_path / "log")
    assert open_study(asked.out).failed == 0
