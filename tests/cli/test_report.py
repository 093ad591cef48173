"""`morelli report`, and the options --track and --open of the commands that make something."""

import shutil
import sys
from pathlib import Path

import pytest
from cli.command import morelli, printed, refusal, start

from morelli.data.collection import Collection
from morelli.runs.folder import Run, open_run

QUICK = ("--backbone", "squeezenet1_1", "--weights", "random", "--hidden", 8, "--epochs", 2)
GRID = ("--backbones", "squeezenet1_1", "--weights", "random", "--dropout", "0.5", "--lr", "1e-3")


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Path:
    """A copy of a run's folder."""
    return Path(shutil.copytree(run.folder, tmp_path / "a run"))


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A program that writes down what it is asked to open, to `seen` beside it."""
    path = tmp_path / "browser"
    path.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        f"pathlib.Path({str(tmp_path / 'seen')!r}).write_text(sys.argv[1])\n"
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and MLflow's database beside it."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    return tmp_path


def test_it_says_where_the_report_is(copy: Path) -> None:
    (copy / "report.html").unlink()

    assert printed("report", copy) == f"Report: {copy / 'report.html'}\n"
    assert (copy / "report.html").is_file()


def test_open_shows_it_in_the_browser(
    copy: Path, browser: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", str(browser))
    output = start("report", "a run", "--open", cwd=copy.parent).ended()

    assert (output.code, output.err) == (0, "")
    assert output.out == f"Report: {Path('a run') / 'report.html'}\n"
    assert (browser.parent / "seen").read_text() == (copy / "report.html").as_uri()


def test_what_cannot_be_reported_is_refused_in_one_line(
    copy: Path, collection: Collection, tmp_path: Path
) -> None:
    (copy / "results.json").write_text("{}", encoding="utf-8")
    wanted = "run, study, comparison, reproduction or audit"

    assert f"none holds no finished {wanted}; " in refusal("report", tmp_path / "none")
    assert f"holds no finished {wanted}; " in refusal("report", collection.folder)
    assert refusal("report", copy).endswith("is not as it was saved: results.json was altered")


def test_without_a_folder_it_is_a_wrong_call() -> None:
    output = morelli("report")

    assert output.code == 2
    assert "PATH" in output.err


def test_train_tracks_and_says_where(collection: Collection, mlflow: Path) -> None:
    out = mlflow / "out"
    shown = printed(
        "train", collection.folder, "--out", out, *QUICK, "--track", "tensorboard, mlflow"
    )
    run, board, flow, report, following = shown.splitlines()[-5:]

    assert run == f"Run: {out}"
    assert board == f"TensorBoard: tensorboard --logdir {out / 'tensorboard'}"
    assert flow.startswith("MLflow: run ")
    assert flow.endswith(f"in sqlite:///{mlflow / 'mlflow.db'}")
    assert report == f"Report: {out / 'report.html'}"
    assert following.startswith("Next: morelli attribute ")
    assert [path.suffix for path in mlflow.glob("desk/mlruns/**/report.html")] == [".html"]
    assert open_run(out).metrics


def test_study_tracks_and_says_where(collection: Collection, mlflow: Path) -> None:
    out = mlflow / "out"
    words = (*GRID, "--epochs", 2, "--track", "tensorboard")
    shown = printed("study", collection.folder, "--out", out, *words)

    assert shown.splitlines()[-2:] == [
        f"TensorBoard: tensorboard --logdir {out / 'tensorboard'}",
        f"Report: {out / 'report.html'}",
    ]
    assert {path.name for path in (out / "tensorboard").iterdir()} == {"whole", "trial-0"}


@pytest.mark.parametrize("command", ["train", "study"])
def test_an_unknown_tracker_is_refused_before_any_work(
    collection: Collection, tmp_path: Path, command: str
) -> None:
    line = refusal(
        command, collection.folder, "--out", tmp_path / "out", "--track", "mlflow,tensorbord"
    )

    assert line == "morelli: unknown tracker 'tensorbord'; did you mean tensorboard?"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("tracker", "module"), [("mlflow", "mlflow"), ("tensorboard", "torch.utils.tensorboard")]
)
def test_a_tracker_that_is_not_installed_is_refused_before_any_work(
    collection: Collection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tracker: str,
    module: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    line = refusal("train", collection.folder, "--out", tmp_path / "out", "--track", tracker)

    assert line.endswith(f" is not installed; type: pip install 'morelli[{tracker}]'")
    assert not (tmp_path / "out").exists()
