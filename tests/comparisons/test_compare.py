"""A comparison's figures are those of its runs' own predictions."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from comparisons.compared_runs import predictions, shuffled, with_predictions

from morelli.comparisons.compare import compare
from morelli.comparisons.comparison import Comparison
from morelli.errors import BadFolder, UserError
from morelli.evaluation.compare import Difference, holm, mcnemar
from morelli.runs.folder import Run


def test_the_figures_are_those_of_the_runs(run: Run, second: Run, written: Comparison) -> None:
    [pair], test = written.pairs, [run.results.test, second.results.test]

    assert written.task == "artist"
    assert written.class_names == tuple(test[0].classes)
    assert written.class_works == tuple(each.works for each in test[0].classes.values())
    for entry, own in zip(written.runs, (run, second), strict=True):
        assert entry.folder == str(own.folder)
        assert entry.digest == own.about.digest
        assert entry.settings == own.recipe
        assert entry.metrics == own.results.test
    assert pair.accuracy.value == pytest.approx(test[0].accuracy - test[1].accuracy)
    assert pair.macro_f1.value == pytest.approx(test[0].macro_f1 - test[1].macro_f1)
    assert pair.both + pair.only_first == round(test[0].accuracy * written.works)
    assert pair.both + pair.only_second == round(test[1].accuracy * written.works)
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
        probabilities = [np.exp(row["log_probabilities"]) for row in rows]
        assert (work.shard, work.row) == (rows[0]["shard"], rows[0]["row"])
        assert work.class_name == written.class_names[rows[0]["label"]]
        assert work.predicted == tuple(
            written.class_names[of_run.argmax()] for of_run in probabilities
        )
        assert work.confidence == pytest.approx([of_run.max() for of_run in probabilities])
        assert work.true_probability == pytest.approx(
            [of_run[rows[0]["label"]] for of_run in probabilities]
        )


def test_runs_may_be_given_by_path_and_nothing_is_written_unless_asked(
    run: Run, second: Run, written: Comparison
) -> None:
    before = sorted(run.folder.rglob("*"))
    comparison = compare([str(run.folder), second.folder])

    assert comparison == written
    assert comparison.folder is None
    assert sorted(run.folder.rglob("*")) == before


def test_the_order_of_rows_does_not_matter(
    run: Run, second: Run, written: Comparison, tmp_path: Path
) -> None:
    comparison = compare([run, with_predictions(second, tmp_path / "second", shuffled)])

    assert replace(comparison, runs=written.runs) == written


def test_equal_predictions_do_not_differ(run: Run, tmp_path: Path) -> None:
    comparison = compare([run, with_predictions(run, tmp_path / "same", shuffled)])
    [pair] = comparison.pairs

    assert pair.accuracy == pair.macro_f1 == Difference(0.0, 0.0, 0.0)
    assert (pair.p_holm, pair.only_first, pair.only_second) == (1.0, 0, 0)
    assert comparison.first_ahead == comparison.second_ahead == ((),)


def test_swapping_two_runs_mirrors_all(run: Run, second: Run, written: Comparison) -> None:
    comparison = compare([second, run])
    [pair], [swapped] = written.pairs, comparison.pairs

    assert comparison.runs == written.runs[::-1]
    assert (swapped.won, swapped.lost, swapped.p) == (pair.lost, pair.won, pair.p)
    assert swapped.macro_f1.low == pytest.approx(-pair.macro_f1.high)
    for mine, its in (
        (comparison.first_ahead, written.second_ahead),
        (comparison.second_ahead, written.first_ahead),
    ):
        assert [work.work_id for work in mine[0]] == [work.work_id for work in its[0]]
        assert [work.predicted for work in mine[0]] == [work.predicted[::-1] for work in its[0]]


def test_each_run_is_compared_with_every_later_one_and_p_is_corrected(
    run: Run, second: Run, third: Run, written: Comparison
) -> None:
    comparison = compare([run, second, third])

    assert [(pair.first, pair.second) for pair in comparison.pairs] == [(0, 1), (0, 2), (1, 2)]
    assert replace(comparison.pairs[0], p_holm=written.pairs[0].p_holm) == written.pairs[0]
    assert [pair.p_holm for pair in comparison.pairs] == holm([pair.p for pair in comparison.pairs])
    assert [entry.name for entry in comparison.runs] == [
        "run",
        str(second.folder),
        str(third.folder),
    ]
    assert len(comparison.first_ahead) == len(comparison.second_ahead) == 3


def test_the_seed_draws_the_intervals_alone(run: Run, second: Run, written: Comparison) -> None:
    comparison = compare([run, second], seed=5)
    [pair], [known] = comparison.pairs, written.pairs

    assert replace(pair, accuracy=known.accuracy, macro_f1=known.macro_f1) == known
    assert pair.macro_f1 != known.macro_f1
    assert comparison.command.endswith(" --seed 5")
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
