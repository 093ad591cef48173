"""`morelli compare`: what it prints, writes and opens, and what it refuses."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli.command import morelli, printed, refusal

from morelli.comparisons.compare import compare
from morelli.comparisons.conclusion import conclusion
from morelli.comparisons.folder import open_comparison
from morelli.comparisons.text import difference, probability
from morelli.runs.folder import Run

QUICK: tuple[object, ...] = (
    "--backbone",
    "squeezenet1_1",
    "--weights",
    "random",
    "--hidden",
    8,
    "--batch",
    16,
)
QUICK += ("--views", 0)


@pytest.fixture(scope="module")
def second(run: Run, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another run on the same works."""
    collection = run.about.collection.folder
    out = tmp_path_factory.mktemp("second") / "second"
    printed("train", collection, "--out", out, *QUICK, "--epochs", 2, "--cache", cache)
    return out


def test_it_prints_the_pairs_and_one_sentence_and_writes_nothing(run: Run, second: Path) -> None:
    before = sorted(second.parent.rglob("*"))
    shown = printed("compare", run.folder, second)
    comparison = compare([run, second])
    [pair] = comparison.pairs
    works = comparison.works
    head, rule, row, *rest = (line for line in shown.splitlines() if line.strip())

    assert re.split(r"\s{2,}", head.strip())[:4] == ["first", "accuracy", "second", "accuracy"]
    assert not set(rule) - set(" ─")
    assert re.split(r"\s{2,}", row.strip()) == [
        "run",
        f"{round(comparison.runs[0].metrics.accuracy * works)} of {works}",
        "second",
        f"{round(comparison.runs[1].metrics.accuracy * works)} of {works}",
        difference(pair.accuracy),
        difference(pair.macro_f1),
        probability(pair.p),
        probability(pair.p_holm),
    ]
    assert rest == [conclusion(comparison)]
    assert sorted(second.parent.rglob("*")) == before


def test_three_runs_have_three_rows(run: Run, second: Path, tmp_path: Path) -> None:
    third = tmp_path / "third"
    collection = run.about.collection.folder
    printed("train", collection, "--out", third, *QUICK, "--epochs", 1)
    shown = printed("compare", run.folder, second, third)

    for first, other in (("run", "second"), ("run", "third"), ("second", "third")):
        row = rf"^ *{first} +\d+ of (\d+) +{other} +\d+ of \1 "
        assert re.search(row, shown, re.MULTILINE)


def test_it_writes_a_folder_that_opens(run: Run, second: Path, tmp_path: Path) -> None:
    out = tmp_path / "comparison"
    shown = printed("compare", run.folder, second, "--out", out, "--seed", 3)

    assert shown.splitlines()[-1] == f"Report: {out / 'report.html'}"
    assert open_comparison(out) == compare([run, second], seed=3)
    assert printed("compare", run.folder, second, "--out", out, "--seed", 3) == shown


def test_open_shows_the_report_in_the_browser(
    run: Run,
    second: Path,
    tmp_path: Path,
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    output = morelli("compare", run.folder, second, "--out", "my comparison", "--open")

    assert (output.code, output.err) == (0, "")
    assert opened == [(tmp_path / "my comparison" / "report.html").as_uri()]


def test_where_there_is_no_browser_it_says_so(run: Run, second: Path, tmp_path: Path) -> None:
    words = ("compare", run.folder, second, "--out", tmp_path / "out", "--open")
    env = {**os.environ, "BROWSER": str(tmp_path / "none"), "PATH": str(tmp_path)}
    env = {name: value for name, value in env.items() if "DISPLAY" not in name}
    command = [sys.executable, "-m", "morelli", *map(str, words)]
    output = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert output.returncode == 0
    assert output.stderr == "no browser could be opened; open the report yourself\n"
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in output.stdout


def test_open_without_a_folder_is_refused(run: Run, second: Path) -> None:
    assert refusal("compare", run.folder, second, "--open").endswith("with --out FOLDER")


def test_what_cannot_be_compared_is_refused_in_one_line(
    run: Run, second: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    collection = run.about.collection.folder
    printed("train", collection, "--out", other, *QUICK, "--epochs", 1, "--split-seed", 1)

    assert "name two runs or more" in refusal("compare", run.folder)
    assert "is named twice" in refusal("compare", run.folder, second, run.folder)
    assert "not tested on the same works: " in refusal("compare", run.folder, other)
    assert "holds no finished run" in refusal("compare", run.folder, tmp_path)
    assert "holds something else" in refusal("compare", run.folder, second, "--out", other)


def test_a_damaged_run_is_refused_and_named(run: Run, second: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(second, tmp_path / "copy")
    (copy / "predictions.parquet").unlink()

    line = refusal("compare", run.folder, copy)
    assert line == f"morelli: {copy} is not as it was saved: predictions.parquet is missing"


def test_no_run_at_all_is_a_wrong_call() -> None:
    output = morelli("compare")

    assert output.code == 2
    assert "RUN..." in output.err
