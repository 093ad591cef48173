"""`morelli train`: what it prints when all is well."""

import json
import re
import shlex
from pathlib import Path

import pytest
from cli.command import morelli, printed

from morelli.data.collection import Collection
from morelli.markup import share_of
from morelli.runs.folder import Run, open_run

QUICK: tuple[object, ...] = (
    "--backbone",
    "squeezenet1_1",
    "--weights",
    "random",
    "--hidden",
    32,
    "--batch",
    16,
)
QUICK += ("--views", 0)


def test_train_prints_figures_epochs_and_the_next_command(
    collection: Collection, tmp_path: Path
) -> None:
    out = tmp_path / "my run"
    output = morelli("train", collection.folder, "--out", out, *QUICK, "--epochs", 2)
    assert output.code == 0
    metrics = json.loads((out / "results.json").read_text())
    for name in ("train", "val", "test"):
        figures = metrics[name]
        low, high = figures["accuracy_interval"]
        right = share_of(figures["accuracy"], figures["works"])
        assert right.endswith(f" of {figures['works']}")
        row = rf"{name} +{figures['works']} +{right} +{low:.3f} to {high:.3f} "
        top5 = share_of(figures["top5_accuracy"], figures["works"])
        assert re.search(row + rf" +{figures['macro_f1']:.4f} +{top5} ", output.out)
    assert "The backbone's weights were random" in output.out
    assert re.search(
        r"squeezenet1_1 in \w+ on \w+, best epochs of 4 heads [12](, [12]){3}, \d+\.\d s",
        output.out,
    )
    *_, where, report, following = output.out.splitlines()
    assert where == f"Run: {out}"
    assert report == f"Report: {out / 'report.html'}"
    assert shlex.split(following)[1:] == ["morelli", "attribute", str(out), "IMAGE"]
    epochs = [line for line in output.err.splitlines() if line.startswith("Epoch")]
    assert [line.split(":")[0] for line in epochs] == ["Epoch 1/2", "Epoch 2/2"]


def test_both_splits_make_two_runs_one_report_and_two_trackers_figures(
    collection: Collection, tmp_path: Path
) -> None:
    out = tmp_path / "both"
    tracked = ("--track", "tensorboard", "--epochs", 1)
    output = morelli("train", collection.folder, "--out", out, *QUICK, *tracked, "--split", "both")
    assert output.code == 0, output
    results = json.loads((out / "results.json").read_text())
    for way, row in zip(("random", "grouped"), results["splits"], strict=False):
        metrics = json.loads((out / way / "results.json").read_text())
        assert row["accuracy"] == metrics["test"]["accuracy"]
        assert list((out / way / "tensorboard").iterdir())
    grouped = results["splits"][1]["groups"] > 0
    assert (f"a gap of {results['gap'] * 100:+.1f} points" in output.out) == grouped
    assert ("both splits are the same" in output.out) != grouped
    assert output.out.splitlines()[-1] == f"Report: {out / 'report.html'}"
    assert printed("report", out).splitlines()[-1] == f"Report: {out / 'report.html'}"


def test_a_run_repeated_from_its_recipe_has_the_same_figures(run: Run, tmp_path: Path) -> None:
    again = tmp_path / "again"
    folder = Path(run.about.collection.folder)
    printed("train", folder, "--out", again, "--recipe", run.folder / "recipe.toml")
    for name in ("results.json", "recipe.toml", "predictions.parquet"):
        assert (again / name).read_bytes() == (run.folder / name).read_bytes()


def test_options_change_a_named_recipe(collection: Collection, tmp_path: Path) -> None:
    changed = ("--recipe", "study", "--views", 0, "--epochs", 1, "--lr", 0.01, "--standardise")
    options = ("--counts", "40/16/16", "--split-seed", 3, "--seed", 4, "--number-format", "float32")
    printed("train", collection.folder, "--out", tmp_path / "run", *QUICK, *changed, *options)
    run = open_run(tmp_path / "run")
    assert (run.recipe.dropout, run.recipe.patience) == (0.3, 0)  # the study's
    assert (run.recipe.views, run.recipe.lr, run.recipe.standardise) == (0, 0.01, True)
    assert (run.recipe.seed, run.recipe.split_seed) == (4, 3)
    assert run.about.number_format == "float32"
    works = [run.metrics[name].works for name in ("train", "val", "test")]
    assert works == [40, 16, 16]


def test_raw_features_are_asked_for_by_name(collection: Collection, tmp_path: Path) -> None:
    output = printed(
        "train", collection.folder, "--out", tmp_path / "r", *QUICK, "--raw", "--epochs", 1
    )
    assert "val " in output
    assert open_run(tmp_path / "r").recipe.standardise is False


def test_a_warning_comes_as_a_note_of_one_line(paintings: Path, tmp_path: Path) -> None:
    for painter in sorted(paintings.iterdir())[:3]:
        folder = tmp_path / "source" / painter.name
        folder.mkdir(parents=True)
        for path in sorted(painter.iterdir()):
            (folder / path.name).write_bytes(path.read_bytes())
    for path in sorted(folder.iterdir())[2:]:
        path.unlink()
    printed("ingest", tmp_path / "source", tmp_path / "out", "--size", 48)
    output = morelli("train", tmp_path / "out", "--out", tmp_path / "run", *QUICK, "--epochs", 1)
    assert output.code == 0
    notes = [line for line in output.err.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert "fewer than 3 works" in notes[0]
    assert folder.name in notes[0]
    assert "Warning" not in output.err


def test_top_5_accuracy_is_left_open_for_few_classes(paintings: Path, tmp_path: Path) -> None:
    printed("ingest", paintings, tmp_path / "out", "--size", 48, "--top", 2)
    shown = printed("train", tmp_path / "out", "--out", tmp_path / "run", *QUICK, "--epochs", 1)
    head, row = (
        line for line in shown.splitlines() if "top-5" in line or line.startswith(" test ")
    )
    assert row[head.index("top-5") :][: len("top-5")].isspace()


@pytest.mark.real
def test_train_reads_real_weights_from_a_folder(
    shared: Path, collection: Collection, tmp_path: Path
) -> None:
    options = ("--backbone", "squeezenet1_1", "--weights", shared / "weights", "--epochs", 1)
    shown = printed("train", collection.folder, "--out", tmp_path / "run", *options)
    assert "random" not in shown
    assert open_run(tmp_path / "run").about.backbone.origin == "squeezenet1_1.safetensors"
