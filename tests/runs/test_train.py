"""From a collection and a recipe to a run, on real small things."""

import json
import os
import shutil
from collections import defaultdict
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import load_file

from morelli.data.aside import file_digest
from morelli.data.collection import Collection
from morelli.data.records import as_json
from morelli.data.splits import split
from morelli.errors import BadFolder, BadWeights, UnknownName, UserError
from morelli.evaluation.calibration import calibration_of, fit_temperature, tempered
from morelli.evaluation.metrics import wilson_interval
from morelli.features.extractor import View
from morelli.features.joined import joined_features
from morelli.features.otherwise import OTHERWISE, SEED
from morelli.machine import Machine
from morelli.runs.folder import Run
from morelli.runs.heads import fit_head
from morelli.runs.prepare import otherwise_features, prepare
from morelli.runs.results import read_results
from morelli.runs.train import _write_figures, train_run
from morelli.training.named_recipes import read_recipe
from morelli.training.recipe import Recipe

FILES = {
    "run.json",
    "recipe.toml",
    "epochs.jsonl",
    "predictions.parquet",
    "results.json",
    "results.csv",
    "report.html",
    "confusion.svg",
    "classifier/classifier.json",
    "classifier/head.safetensors",
    "classifier/backbone-squeezenet1_1.safetensors",
    "classifier/known.json",
    "classifier/known.safetensors",
    "classifier/parts.json",
    "classifier/strangeness.safetensors",
}
SAME = (
    "results.json",
    "results.csv",
    "predictions.parquet",
    "classifier/head.safetensors",
    "classifier/known.safetensors",
    "classifier/parts.json",
    "classifier/strangeness.safetensors",
    "confusion.svg",
)


class Notes:
    """Hears what is noted."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, text: str) -> None:
        """Remember."""
        self.heard.append(text)

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Nothing."""


def _files(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def _predictions(run: Run) -> pa.Table:
    return pq.read_table(run.folder / "predictions.parquet")


def _log_probabilities(table: pa.Table) -> npt.NDArray[np.float64]:
    return np.array(table["log_probabilities"].to_pylist(), np.float64)


def test_the_folder_holds_these_files_and_no_others(run: Run) -> None:
    assert _files(run.folder) == FILES


def test_metrics_have_these_keys_for_each_split(run: Run, collection: Collection) -> None:
    metrics = json.loads((run.folder / "results.json").read_text(encoding="utf-8"))

    assert read_results(run.folder / "results.json") == run.results
    assert list(metrics) == ["train", "val", "test"]
    assert sum(each["works"] for each in metrics.values()) == collection.works
    for name, each in metrics.items():
        assert set(each) - (
            {"calibration", "otherwise", "none_of_these"} if name == "test" else set()
        ) == {
            "accuracy",
            "accuracy_interval",
            "macro_f1",
            "top5_accuracy",
            "majority",
            "works",
            "classes",
        }
        assert list(each["classes"]) == sorted(collection.counts)
        assert all(set(of) == {"precision", "recall", "works"} for of in each["classes"].values())
        right = round(each["accuracy"] * each["works"])
        assert each["accuracy_interval"] == list(wilson_interval(right, each["works"]))
        assert each["accuracy"] <= each["top5_accuracy"] <= 1


def test_probabilities_are_the_heads_at_the_temperature_that_fits_val(run: Run) -> None:
    table, found = _predictions(run), run.results.calibration
    sides = np.array(table["split"].to_pylist())
    told = np.array(table["log_probabilities"].to_pylist(), np.float32)
    labels = np.array(table["label"].to_pylist())

    temperature = run.classifier.temperature
    raw = tempered(told, 1 / temperature)
    assert found.temperature == temperature
    assert fit_temperature(raw[sides == "val"], labels[sides == "val"]) == pytest.approx(
        temperature, rel=0.02
    )
    test = sides == "test"
    assert found.after == calibration_of(told[test], labels[test])
    assert found.before == calibration_of(raw[test], labels[test])


def test_uncalibrated_probabilities_stay_as_the_head_gives_them(
    collection: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    run = train_run(collection, tmp_path / "run", replace(quick, calibrate=False), cache=cache)

    found = run.results.calibration
    assert run.classifier.temperature == found.temperature == 1
    assert found.after == found.before


def test_predictions_hold_every_work_with_probabilities_that_sum_to_1(
    run: Run, collection: Collection
) -> None:
    table, works = _predictions(run), collection.labelled()

    columns = ["work_id", "shard", "row", "split", "label", "log_probabilities", "strangeness"]
    assert table.column_names == columns
    assert table["work_id"].to_pylist() == works.ids.tolist()
    assert table["label"].to_pylist() == works.labels.tolist()
    assert table["row"].to_pylist() == works.rows.tolist()
    assert json.loads(table.schema.metadata[b"class_names"]) == list(works.class_names)
    sums = np.exp(_log_probabilities(table)).sum(axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-5)
    sides = np.array(["train", "val", "test"])[split(works, run.recipe.split_seed)]
    assert table["split"].to_pylist() == sides.tolist()


def test_the_metrics_are_those_of_the_predictions(run: Run) -> None:
    table = _predictions(run)
    told, labels = _log_probabilities(table).argmax(axis=1), table["label"].to_numpy()
    splits = np.array(table["split"].to_pylist())
    commonest = np.bincount(labels[splits == "train"]).argmax()

    for name, metrics in run.metrics.items():
        own = splits == name
        assert metrics.works == own.sum()
        assert metrics.accuracy == (told == labels)[own].mean()
        assert metrics.majority == (labels == commonest)[own].mean()


def test_the_head_has_learned_and_the_best_epoch_was_kept(run: Run) -> None:
    [epochs] = run.epochs()
    best = max(epochs, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss))
    first = (run.folder / "epochs.jsonl").read_text(encoding="utf-8").splitlines()[0]

    assert [epoch.number for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert set(json.loads(first)) == {
        "head",
        "number",
        "train_loss",
        "train_accuracy",
        "val_loss",
        "val_accuracy",
        "seconds",
    }
    assert run.about.best_epochs == (best.number,)
    assert run.metrics["val"].accuracy == pytest.approx(best.val_accuracy)
    assert run.metrics["train"].accuracy > 2 * run.metrics["train"].majority


def test_run_json_says_versions_and_hashes_of_all_that_went_in(
    run: Run, collection: Collection
) -> None:
    about = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))

    assert about == as_json(run.about) | {"format": 3}
    assert set(about["files"]) == FILES - {"run.json", "report.html"}
    assert all(file_digest(run.folder / name) == known for name, known in about["files"].items())
    assert about["packages"]["torch"] == version("torch")
    assert set(about["packages"]) >= {"torchvision", "numpy", "pillow", "scikit-learn"}
    assert about["backbone"]["origin"] == "random"
    assert about["backbone"]["digest"] == run.classifier.using.digest
    assert about["collection"]["source"] == collection.source
    assert len(about["collection"]["works"]) == 64
    assert about["split"] == {name: metrics.works for name, metrics in run.metrics.items()}
    assert (
        0 < about["seconds"]["features"] + about["seconds"]["training"] <= about["seconds"]["all"]
    )


def test_the_confusion_matrix_says_in_words_what_it_shows(run: Run) -> None:
    picture = (run.folder / "confusion.svg").read_text(encoding="utf-8")

    accuracy = run.metrics["test"].accuracy
    assert f"<title>Confusion matrix. Test works, accuracy {accuracy:.3f}</title>" in picture


def test_no_file_is_a_pickle_or_an_archive_that_may_hold_one(run: Run) -> None:
    heads = {name: (run.folder / name).read_bytes()[:8] for name in _files(run.folder)}

    assert not [
        name for name, head in heads.items() if head[:2] in (b"PK", b"\x80\x04", b"\x80\x02")
    ]
    assert heads["predictions.parquet"][:4] == b"PAR1"
    for name in ("head", "backbone-squeezenet1_1"):
        path = run.folder / "classifier" / f"{name}.safetensors"
        assert all(each.dtype == np.float32 for each in load_file(path).values())


def test_the_same_recipe_gives_the_same_bytes_again(
    run: Run, collection: Collection, cache: Path, tmp_path: Path
) -> None:
    recipe = read_recipe(run.folder / "recipe.toml")
    torch.manual_seed(99)

    again = train_run(collection.folder, tmp_path / "again", recipe, cache=cache, workers=1)

    assert again.recipe == run.recipe
    for name in SAME:
        assert (again.folder / name).read_bytes() == (run.folder / name).read_bytes(), name


def test_features_made_anew_give_the_same_bytes_too(
    listed: Collection, quick: Recipe, tmp_path: Path
) -> None:
    one, other = (
        train_run(listed, tmp_path / name, quick, cache=tmp_path / f"cache {name}", workers=workers)
        for name, workers in (("one", 1), ("other", 3))
    )

    for name in SAME:
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


@pytest.mark.parametrize("changed", [{"seed": 1}, {"split_seed": 1}, {"dropout": 0.1}])
def test_another_seed_or_setting_gives_other_predictions(
    run: Run, collection: Collection, cache: Path, tmp_path: Path, changed: dict[str, Any]
) -> None:
    recipe = replace(run.recipe, **changed)

    other = train_run(collection, tmp_path / "other", recipe, cache=cache)

    assert not _predictions(other).equals(_predictions(run))


def test_each_epoch_is_told_by_the_studys_line(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    notes = Notes()

    run = train_run(listed, tmp_path / "run", quick, cache=cache, progress=notes)

    assert len(notes.heard) == len(run.epochs()[0]) == 4
    for number, line in enumerate(notes.heard, 1):
        assert line.startswith(f"Epoch {number}/4: Training: Loss - ")


def test_early_stopping_stops_and_without_patience_it_goes_on(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    hasty = replace(quick, epochs=40, patience=2, lr=0.05)

    stopped = train_run(listed, tmp_path / "stopped", hasty, cache=cache)
    whole = train_run(listed, tmp_path / "whole", replace(hasty, patience=0), cache=cache)

    [epochs], [best] = stopped.epochs(), stopped.about.best_epochs
    assert len(epochs) == best + 2 < 40
    assert len(whole.epochs()[0]) == 40
    assert _lines(stopped) == _lines(whole)[: len(_lines(stopped))]


def _lines(run: Run) -> list[tuple[float, float]]:
    return [(epoch.train_loss, epoch.val_loss) for epoch in run.epochs()[0]]


def test_a_finished_run_is_not_overwritten(run: Run, collection: Collection, cache: Path) -> None:
    before = {name: file_digest(run.folder / name) for name in FILES}

    with pytest.raises(BadFolder, match="holds a finished run; choose another folder"):
        train_run(collection, run.folder, cache=cache)

    assert {name: file_digest(run.folder / name) for name in FILES} == before


def test_a_run_that_was_not_finished_is_taken_up(
    run: Run, collection: Collection, cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(run.folder, out)
    (out / "run.json").unlink()
    dead = 2**22 + 1  # no process has this number: it is above the largest one
    (out / f".predictions.parquet.{dead}.partial").write_bytes(b"half")
    (out / "classifier" / f".head.safetensors.{dead}.partial").write_bytes(b"half")

    again = train_run(collection, out, run.recipe, cache=cache)

    assert _files(out) == FILES
    assert len(again.epochs()[0]) == len(run.epochs()[0])
    for name in SAME:
        assert (out / name).read_bytes() == (run.folder / name).read_bytes()


@pytest.mark.parametrize("names", [["notes.txt"], ["recipe.toml", "notes.txt"], ["results.json"]])
def test_a_folder_that_holds_something_else_is_left_alone(
    collection: Collection, quick: Recipe, tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).write_text("mine", encoding="utf-8")

    with pytest.raises(BadFolder, match=rf"holds something else \({names[-1]}"):
        train_run(collection, tmp_path, quick)

    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}


def test_a_run_below_a_file_is_refused(
    collection: Collection, quick: Recipe, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadFolder, match="a part of the path is a file"):
        train_run(collection, tmp_path / "file" / "run", quick)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
@pytest.mark.parametrize("name", ["predictions.parquet", "results.json", "confusion.svg"])
def test_a_full_disk_is_an_os_error_and_leaves_no_half_files(
    run: Run, collection: Collection, cache: Path, tmp_path: Path, name: str
) -> None:
    prepared = prepare(collection, run.recipe, machine=Machine(cache=cache))
    (tmp_path / f".{name}.{os.getpid()}.partial").symlink_to("/dev/full")

    another = prepared.fixed[prepared.of("test")]
    with pytest.raises(OSError, match="No space left on device"):
        _write_figures(tmp_path, prepared, run.classifier, another, None)

    assert name not in _files(tmp_path)
    assert not list(tmp_path.glob(".*.partial"))


def test_weights_that_do_not_fit_leave_a_run_that_can_be_taken_up(
    listed: Collection, quick: Recipe, run: Run, cache: Path, tmp_path: Path
) -> None:
    head = run.folder / "classifier" / "head.safetensors"

    with pytest.raises(
        BadWeights, match=r"do not fit squeezenet1_1: features\.0\.weight is missing"
    ):
        train_run(listed, tmp_path / "run", replace(quick, weights=str(head)), cache=cache)

    assert train_run(listed, tmp_path / "run", quick, cache=cache).metrics


def test_views_are_trained_on_in_turn(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    recipe = replace(quick, views=2, plain=0.0, epochs=4)

    prepared = prepare(listed, recipe, machine=Machine(cache=cache))
    run = train_run(listed, tmp_path / "run", recipe, cache=cache)

    assert [each.shape for each in prepared.views] == [(len(prepared.of("train")), 512)] * 2
    assert not np.array_equal(prepared.views[0], prepared.views[1])
    assert len(run.epochs()[0]) == 4
    assert read_recipe(run.folder / "recipe.toml").views == 2


def test_with_a_share_of_plain_works_each_view_holds_that_share_and_every_work_in_turn(
    listed: Collection, quick: Recipe, cache: Path
) -> None:
    given = prepare(listed, replace(quick, views=2, plain=0.0), machine=Machine(cache=cache))
    plain = given.fixed[given.of("train")]

    found = prepare(listed, replace(quick, views=2, plain=0.5), machine=Machine(cache=cache)).views

    assert len(found) == 4
    is_plain = np.array([(view == plain).all(axis=1) for view in found])
    assert (abs(is_plain.sum(axis=1) - len(plain) / 2) <= 0.5).all()
    for work in range(len(plain)):
        shown = [view[work] for view in found]
        for view in given.views:
            assert any(np.array_equal(view[work], each) for each in shown)


def test_test_works_photographed_otherwise_are_measured_in_their_own_order(
    run: Run, collection: Collection, cache: Path
) -> None:
    prepared = prepare(collection, run.recipe, machine=Machine(cache=cache))
    another = otherwise_features(collection, prepared, machine=Machine(cache=cache))
    tested = prepared.of("test")

    told = run.classifier.log_probabilities(another).argmax(axis=1)
    found = run.results.otherwise
    assert found.accuracy == (told == prepared.works.labels[tested]).mean()
    view = View(0, SEED, OTHERWISE)
    every = np.concatenate(
        joined_features(collection, prepared.using, view=view, machine=Machine(cache=cache))
    )
    places = collection.starts[prepared.works.shards] + prepared.works.rows
    assert np.allclose(another, every[places[tested]], atol=1e-3 * np.abs(every).max())
    assert not np.allclose(another, prepared.fixed[tested], atol=1e-3 * np.abs(every).max())


def test_another_task_can_be_trained_for(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    run = train_run(listed, tmp_path / "run", replace(quick, task="style"), cache=cache)

    assert list(run.metrics["test"].classes) == ["early", "late"]
    assert run.classifier.task == "style"
    assert run.metrics["test"].top5_accuracy is None


def test_one_class_is_too_few_and_the_counts_are_told(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"two classes .* are needed .*view \(24\)"):
        train_run(listed, tmp_path / "run", replace(quick, task="genre"), cache=cache)


def test_a_split_may_be_given_in_counts(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    run = train_run(listed, tmp_path / "run", replace(quick, counts=(10, 5, 6)), cache=cache)

    assert run.about.split == {"train": 10, "val": 5, "test": 6}
    assert _predictions(run)["split"].null_count == 3


@pytest.mark.parametrize(
    "refused", [((20, 5, 5), "needs 30 works; there are 24"), ((20, 4, 0), "leaves a side")]
)
def test_a_split_that_cannot_be_is_refused(
    listed: Collection,
    quick: Recipe,
    cache: Path,
    tmp_path: Path,
    refused: tuple[tuple[int, ...], str],
) -> None:
    counts, told = refused

    with pytest.raises(UserError, match=told):
        train_run(listed, tmp_path / "run", replace(quick, counts=counts), cache=cache)


def test_a_group_stays_on_one_side(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    run = train_run(listed, tmp_path / "run", replace(quick, split_by="series"), cache=cache)

    series = dict(
        zip(*(listed.table(["work_id", "series"])[n].to_pylist() for n in range(2)), strict=True)
    )
    sides = defaultdict(set)
    for row in _predictions(run).to_pylist():
        sides[series[row["work_id"]]].add(row["split"])
    assert len(sides) == 8
    assert all(len(each) == 1 for each in sides.values())
    assert set.union(*sides.values()) == {"train", "val", "test"}


def test_groups_that_leave_a_side_empty_are_refused(
    listed: Collection, quick: Recipe, cache: Path
) -> None:
    with pytest.raises(UserError, match=r"the split leaves \w+ without works \(of 24\)"):
        prepare(listed, replace(quick, split_by="school"), machine=Machine(cache=cache))


def test_groups_that_leave_a_class_untrained_are_refused(
    listed: Collection, quick: Recipe, cache: Path
) -> None:
    second = sorted(listed.counts)[1]
    told = set()

    for seed in range(20):
        try:
            prepare(
                listed,
                replace(quick, split_by="estate", split_seed=seed),
                machine=Machine(cache=cache),
            )
        except UserError as error:
            told.add(str(error).partition(";")[0])

    assert f"groups put all works of {second} outside train" in told


def test_a_head_can_be_fitted_to_raw_features_without_a_folder(
    listed: Collection, quick: Recipe, cache: Path
) -> None:
    prepared = prepare(listed, quick, machine=Machine(cache=cache))

    head, [fit] = fit_head(prepared, replace(quick, standardise=False))
    again, _ = fit_head(prepared, replace(quick, standardise=False))

    assert 1 <= fit.best.number <= quick.epochs
    assert len(list(head.children())) == 5
    assert not head.training
    assert all(map(torch.equal, head.state_dict().values(), again.state_dict().values()))


def test_an_unknown_group_is_answered_with_the_nearest_column(
    listed: Collection, quick: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(UnknownName, match="did you mean series"):
        train_run(listed, tmp_path / "run", replace(quick, split_by="serie"))


def test_all_heads_epochs_are_kept_with_the_time_that_training_took(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    recipe, notes = replace(quick, heads=3, epochs=30, patience=2, lr=0.05), Notes()

    run = train_run(listed, tmp_path / "run", recipe, cache=cache, progress=notes)

    heads, best = run.epochs(), run.about.best_epochs
    assert len(heads) == len(best) == 3
    assert len({(head[0].train_loss, head[0].val_loss) for head in heads}) == 3
    for head, number in zip(heads, best, strict=True):
        assert [epoch.number for epoch in head] == list(range(1, len(head) + 1))
        wanted = max(head, key=lambda epoch: (epoch.val_accuracy, -epoch.val_loss))
        assert number == wanted.number
    assert sum(epoch.seconds for head in heads for epoch in head) <= run.about.seconds.training
    lines = [line for line in notes.heard if line.startswith("Epoch ")]
    assert len(lines) == max(map(len, heads))
    mean = fmean(head[0].train_loss for head in heads)
    assert lines[0].startswith(f"Epoch 1/30: Training: Loss - {mean:.4f}, Accuracy - ")
