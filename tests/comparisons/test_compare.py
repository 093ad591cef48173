"""A comparison says what its runs' own predictions say, and its folder is whole or refused."""

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from comparisons.compared_runs import predictions, shuffled, told_otherwise, trained

from morelli.comparisons.compare import compare
from morelli.comparisons.comparison import Comparison
from morelli.comparisons.folder import open_comparison
from morelli.data.collection import Collection
from morelli.errors import BadFolder, UserError
from morelli.evaluation.compare import Difference, holm, mcnemar
from morelli.runs.folder import Run

FILES = ("results.json", "results.csv")


@pytest.fixture(scope="module")
def second(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Another run on the same works."""
    return trained(collection, tmp_path_factory.mktemp("second") / "second", cache)


@pytest.fixture(scope="module")
def third(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A third one, in a folder of the same name as the second's."""
    return trained(collection, tmp_path_factory.mktemp("third") / "second", cache, epochs=1)


@pytest.fixture(scope="module")
def written(run: Run, second: Run, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The two compared, in a folder; tests that alter it work on a copy."""
    return compare([run, second], tmp_path_factory.mktemp("comparisons") / "comparison")


@pytest.fixture
def copy(written: Comparison, tmp_path: Path) -> Path:
    """A copy of the comparison's folder, to be spoilt."""
    assert written.folder is not None
    return shutil.copytree(written.folder, tmp_path / "copy")


def test_the_figures_are_those_of_the_runs(run: Run, second: Run, written: Comparison) -> None:
    [pair], test = written.pairs, [run.metrics["test"], second.metrics["test"]]

    assert written.task == "artist"
    assert written.class_names == tuple(test[0]["classes"])
    assert written.class_works == tuple(each["works"] for each in test[0]["classes"].values())
    for each, own, known in zip(written.runs, (run, second), test, strict=True):
        assert each.folder == str(own.folder)
        assert each.digest == own.about["digest"]
        assert each.settings == own.recipe.as_dict()
        assert (each.accuracy, each.macro_f1) == (known["accuracy"], known["macro_f1"])
        assert list(each.accuracy_interval) == known["accuracy_interval"]
        assert each.majority == known["majority"]
    assert pair.accuracy.value == pytest.approx(test[0]["accuracy"] - test[1]["accuracy"])
    assert pair.macro_f1.value == pytest.approx(test[0]["macro_f1"] - test[1]["macro_f1"])
    assert pair.both + pair.only_first == round(test[0]["accuracy"] * written.works)
    assert pair.both + pair.only_second == round(test[1]["accuracy"] * written.works)
    assert pair.p == pair.p_holm == mcnemar(pair.only_first, pair.only_second)


def test_the_works_shown_are_those_with_the_largest_difference(
    run: Run, second: Run, written: Comparison
) -> None:
    one, other = predictions(run), predictions(second)
    above = {
        work: float(np.exp(row["log_probabilities"][row["label"]]))
        - float(np.exp(other[work]["log_probabilities"][row["label"]]))
        for work, row in one.items()
    }
    ranked = sorted(above, key=lambda work: -above[work])
    ahead = [work for work in ranked if above[work] > 0][:10]
    behind = [work for work in reversed(ranked) if above[work] < 0][:10]

    assert [work.work_id for work in written.first_ahead[0]] == ahead
    assert [work.work_id for work in written.second_ahead[0]] == behind
    for work in (*written.first_ahead[0], *written.second_ahead[0]):
        rows = one[work.work_id], other[work.work_id]
        chances = [np.exp(row["log_probabilities"]) for row in rows]
        assert (work.shard, work.row) == (rows[0]["shard"], rows[0]["row"])
        assert work.class_name == written.class_names[rows[0]["label"]]
        assert work.told == tuple(written.class_names[each.argmax()] for each in chances)
        assert work.sure == pytest.approx([each.max() for each in chances])
        assert work.true == pytest.approx([each[rows[0]["label"]] for each in chances])


def test_runs_may_be_given_by_path_and_nothing_is_written_unless_asked(
    run: Run, second: Run, written: Comparison
) -> None:
    before = sorted(run.folder.rglob("*"))
    found = compare([str(run.folder), second.folder])

    assert found == written
    assert found.folder is None
    assert sorted(run.folder.rglob("*")) == before


def test_the_order_of_rows_does_not_matter(
    run: Run, second: Run, written: Comparison, tmp_path: Path
) -> None:
    found = compare([run, told_otherwise(second, tmp_path / "second", shuffled)])

    assert replace(found, runs=written.runs) == written


def test_equal_predictions_do_not_differ(run: Run, tmp_path: Path) -> None:
    found = compare([run, told_otherwise(run, tmp_path / "same", shuffled)])
    [pair] = found.pairs

    assert pair.accuracy == pair.macro_f1 == Difference(0.0, 0.0, 0.0)
    assert (pair.p_holm, pair.only_first, pair.only_second) == (1.0, 0, 0)
    assert found.first_ahead == found.second_ahead == ((),)


def test_swapping_two_runs_mirrors_all(run: Run, second: Run, written: Comparison) -> None:
    found = compare([second, run])
    [pair], [swapped] = written.pairs, found.pairs

    assert found.runs == written.runs[::-1]
    assert (swapped.won, swapped.lost, swapped.p) == (pair.lost, pair.won, pair.p)
    assert swapped.macro_f1.low == pytest.approx(-pair.macro_f1.high)
    for mine, its in (
        (found.first_ahead, written.second_ahead),
        (found.second_ahead, written.first_ahead),
    ):
        assert [work.work_id for work in mine[0]] == [work.work_id for work in its[0]]
        assert [work.told for work in mine[0]] == [work.told[::-1] for work in its[0]]


def test_each_run_is_compared_with_every_later_one_and_p_is_corrected(
    run: Run, second: Run, third: Run, written: Comparison
) -> None:
    found = compare([run, second, third])

    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, 1), (0, 2), (1, 2)]
    assert replace(found.pairs[0], p_holm=written.pairs[0].p_holm) == written.pairs[0]
    assert [pair.p_holm for pair in found.pairs] == holm([pair.p for pair in found.pairs])
    assert [each.name for each in found.runs] == ["run", str(second.folder), str(third.folder)]
    assert len(found.first_ahead) == len(found.second_ahead) == 3


def test_the_seed_draws_the_intervals_alone(run: Run, second: Run, written: Comparison) -> None:
    found = compare([run, second], seed=5)
    [pair], [known] = found.pairs, written.pairs

    assert replace(pair, accuracy=known.accuracy, macro_f1=known.macro_f1) == known
    assert pair.macro_f1 != known.macro_f1
    assert found.command.endswith(" --seed 5")
    with pytest.raises(UserError, match="seed is -1; it must be 0 or more"):
        compare([run, second], seed=-1)


@pytest.mark.parametrize("count", [0, 1])
def test_one_run_is_too_few(run: Run, count: int) -> None:
    with pytest.raises(UserError, match="name two runs or more"):
        compare([run] * count)


def test_a_run_given_twice_is_refused(run: Run, second: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"run is named twice; a run cannot be compared with its"):
        compare([run, second, run.folder.parent / "." / "run"])
    link = tmp_path / "link"
    link.symlink_to(run.folder)
    with pytest.raises(UserError, match="link is named twice"):
        compare([run, link])
    copied = shutil.copytree(run.folder, tmp_path / "copied")
    with pytest.raises(UserError, match=r"copied is a copy of .*run; a run cannot"):
        compare([run, copied])


def test_a_run_that_is_damaged_or_none_is_refused(run: Run, second: Run, tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="holds no finished run"):
        compare([run, tmp_path])
    copied = shutil.copytree(second.folder, tmp_path / "copied")
    (copied / "predictions.parquet").write_bytes(b"")
    with pytest.raises(BadFolder, match=r"predictions\.parquet was altered"):
        compare([run, copied])


def test_a_folder_is_read_back_as_it_was_compared(written: Comparison, copy: Path) -> None:
    found = open_comparison(copy)

    assert found == written
    assert found.folder == copy
    assert open_comparison(str(copy)) == written


def test_a_folder_names_its_runs_and_vouches_for_its_files(written: Comparison, copy: Path) -> None:
    said = json.loads((copy / "comparison.json").read_text(encoding="utf-8"))

    assert said["format"] == 1
    assert said["runs"] == [{"folder": r.folder, "digest": r.digest} for r in written.runs]
    assert said["files"] == {
        name: hashlib.sha256((copy / name).read_bytes()).hexdigest() for name in FILES
    }
    assert {path.name for path in copy.iterdir()} == {"comparison.json", "report.html", *FILES}


def test_the_table_has_a_row_for_each_pair(
    run: Run, second: Run, third: Run, tmp_path: Path
) -> None:
    found = compare([run, second, third], tmp_path / "out")
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["first"] for row in rows] == ["run", "run", str(second.folder)]
    for row, pair in zip(rows, found.pairs, strict=True):
        first, other = found.of(pair)
        assert (row["second"], int(row["works"])) == (other.name, found.works)
        assert float(row["accuracy_first"]) == first.accuracy
        assert float(row["macro_f1_second"]) == other.macro_f1
        assert float(row["accuracy_difference"]) == pair.accuracy.value
        assert float(row["macro_f1_low"]) == pair.macro_f1.low
        counts = [int(row[name]) for name in ("both", "only_first", "only_second", "neither")]
        assert counts == [pair.both, pair.only_first, pair.only_second, pair.neither]
        assert (float(row["p"]), float(row["p_holm"])) == (pair.p, pair.p_holm)
