"""Every row of the table "What bad input gets", through the command line: one line, exit code 2."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from cli.command import Shards, morelli, refusal
from safetensors.torch import save_file

from morelli.data.collection import Collection
from morelli.features.backbones import build, find_backbone
from morelli.invented.painters import PAINTERS
from morelli.runs.folder import Run

SQUEEZENET = "squeezenet1_1"
RANDOM = ("--backbone", SQUEEZENET, "--weights", "random")


@pytest.fixture
def train(collection: Collection, tmp_path: Path) -> Callable[..., str]:
    """How `morelli train` refuses what is given."""
    return lambda *words: refusal("train", collection.folder, "--out", tmp_path / "run", *words)


@pytest.fixture
def ingest(paintings: Path, tmp_path: Path) -> Callable[..., str]:
    """How `morelli ingest` refuses what is given."""
    return lambda *words: refusal("ingest", paintings, tmp_path / "out", *words)


# Unknown names


@pytest.mark.parametrize(
    ("option", "value", "nearest"),
    [
        ("--backbone", "mobilenet-v3", "mobilenet_v2"),
        ("--task", "gener", "genre"),
        ("--number-format", "float64", "float32"),
        ("--split-by", "workid", "work_id"),
        ("--recipe", "studdy", "study"),
    ],
)
def test_train_names_the_nearest_of_an_unknown_name(
    train: Callable[..., str], option: str, value: str, nearest: str
) -> None:
    line = train(option, value)
    assert value in line
    assert nearest in line


def test_summary_names_the_nearest_backbone() -> None:
    assert "'resnet81'; did you mean resnet18" in refusal("summary", "resnet81")


@pytest.mark.parametrize("command", ["describe", "ingest"])
def test_an_unknown_task_is_answered_with_the_nearest(
    command: str, paintings: Path, tmp_path: Path
) -> None:
    out = [tmp_path / "out"] if command == "ingest" else []
    line = refusal(command, paintings, *out, "--task", "artists")
    assert "unknown task 'artists'; did you mean artist?" in line


def test_a_task_that_the_works_have_no_labels_for_is_answered_with_those_they_have(
    train: Callable[..., str], shards: Shards, tmp_path: Path
) -> None:
    assert "has no labels for 'genre'; it has artist" in train("--task", "genre")
    source = shards(tmp_path / "source", 1, 1)
    line = refusal("ingest", source, tmp_path / "out", "--task", "style")
    assert "has no column 'style'; it has artist" in line


def test_an_unknown_class_is_answered_with_the_nearest(ingest: Callable[..., str]) -> None:
    line = ingest("--class", "Bram Verhoek")
    assert "unknown artist 'Bram Verhoek'; did you mean bram-verhoeck" in line


def test_an_unknown_recipe_key_is_answered_with_the_nearest(
    train: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text("dropuot = 0.3\n")
    line = train("--recipe", tmp_path / "recipe.toml")
    assert "unknown recipe key 'dropuot'; did you mean dropout" in line


def test_a_recipe_that_is_no_toml_is_refused(train: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("dropout: 0.3\n")
    assert f"{tmp_path / 'recipe.toml'} is no TOML file" in train(
        "--recipe", tmp_path / "recipe.toml"
    )


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--dropout", 1, "dropout is 1.0; it must be at least 0 and below 1"),
        ("--epochs", 0, "epochs is 0; it must be 1 or more"),
        ("--counts", "5/five/5", "--counts is '5/five/5'; it must be like 5000/1667/1667"),
        ("--counts", "5/5", "counts is (5, 5); it must be three numbers: train, val, test"),
        ("--counts", "5/5/-5", "counts is (5, 5, -5); it must be three numbers: train, val, test"),
        ("--counts", "72/0/0", "72/0/0 leaves a side without works"),
        ("--counts", "4000/16/16", "needs 4,032 works; there are 72"),
    ],
)
def test_train_says_what_a_setting_may_be(
    train: Callable[..., str], option: str, value: str, reason: str
) -> None:
    assert reason in train(option, value)


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--size", "abc", "--size is 'abc'; it must be a number of pixels, or full"),
        ("--size", "-5", "--size is '-5'; it must be a number of pixels, or full"),
        ("--size", "8", "size is 8; it must be 16 pixels or more, or full"),
        ("--max-bad", "5", "it is a share and must lie between 0 and 1"),
        ("--sample", "0", "sample is 0; it must be 1 or more"),
        ("--sample", "73", "a sample of 73 was asked for, of 72 works"),
        ("--min-works", "13", "no artist is left of 6 with 13 works or more"),
    ],
)
def test_ingest_says_what_a_setting_may_be(
    ingest: Callable[..., str], option: str, value: str, reason: str, tmp_path: Path
) -> None:
    assert reason in ingest(option, value)
    assert not (tmp_path / "out").exists()


# Sources


@pytest.mark.parametrize("command", ["describe", "ingest"])
def test_an_empty_folder_is_refused(command: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    out = [tmp_path / "out"] if command == "ingest" else []
    line = refusal(command, tmp_path / "empty", *out)
    assert f"{tmp_path / 'empty'} holds no works; it has nothing. Needed: Parquet" in line


def test_a_folder_says_what_it_has_and_what_is_needed(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    line = refusal("describe", tmp_path)
    assert "it has letter.txt" in line
    assert "a folder of images for each class" in line


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert f"{tmp_path / 'gone'} is neither a folder nor a file" in refusal(
        "describe", tmp_path / "gone"
    )


@pytest.mark.parametrize(
    ("text", "has", "needed"),
    [
        ("picture,artist\na.jpg,Sisley\n", "picture, artist", "an image column ('image')"),
        ("image,maker\na.jpg,Sisley\n", "image, maker", "one of artist, genre, style"),
    ],
)
def test_a_csv_without_the_column_says_what_it_has_and_needs(
    text: str, has: str, needed: str, tmp_path: Path
) -> None:
    (tmp_path / "works.csv").write_text(text)
    line = refusal("ingest", tmp_path / "works.csv", tmp_path / "out")
    assert f"{tmp_path / 'works.csv'} has the columns {has}; needed: {needed}" in line


def test_a_csv_that_names_missing_files_says_which(paintings: Path, tmp_path: Path) -> None:
    there = min(paintings.glob("*/*.jpg"))
    shutil.copy(there, tmp_path / "there.jpg")
    with (tmp_path / "works.csv").open("w", newline="") as file:
        rows = [["image", "artist"], ["there.jpg", "a"], ["gone.jpg", "a"], ["b/lost.jpg", "b"]]
        csv.writer(file).writerows(rows)
    line = refusal("ingest", tmp_path / "works.csv", tmp_path / "out")
    assert f"{tmp_path / 'works.csv'} names 2 of 3 files that are not there" in line
    assert "gone.jpg, b/lost.jpg" in line


def test_a_shard_that_is_not_parquet_is_named(shards: Shards, tmp_path: Path) -> None:
    source = shards(tmp_path / "source", 2, 1)
    (source / "01.parquet").write_text("not at all Parquet")
    assert "01.parquet is no Parquet file" in refusal("ingest", source, tmp_path / "out")


def test_a_shard_that_is_cut_off_is_named(shards: Shards, tmp_path: Path) -> None:
    source = shards(tmp_path / "source", 2, 1)
    whole = (source / "01.parquet").read_bytes()
    (source / "01.parquet").write_bytes(whole[: len(whole) // 2])
    assert "01.parquet is no Parquet file" in refusal("describe", source)


@pytest.mark.parametrize("column", ["image", "artist"])
def test_a_shard_that_lacks_a_column_says_what_it_has(
    column: str, shards: Shards, tmp_path: Path
) -> None:
    source = shards(tmp_path / "source", 2, 1)
    table = pq.read_table(source / "01.parquet")
    pq.write_table(table.drop_columns([column]), source / "01.parquet")
    line = refusal("ingest", source, tmp_path / "out")
    (left,) = {"image", "artist"} - {column}
    assert f"01.parquet has the columns {left}; it lacks {column}" in line


def test_shards_without_any_label_column_say_what_is_needed(shards: Shards, tmp_path: Path) -> None:
    source = shards(tmp_path / "source", 1, 1)
    table = pq.read_table(source / "00.parquet")
    pq.write_table(table.rename_columns(["image", "maker"]), source / "00.parquet")
    line = refusal("describe", source)
    assert "00.parquet has the columns image, maker; needed: image and one of artist" in line


def test_a_label_column_of_numbers_without_names_is_refused(shards: Shards, tmp_path: Path) -> None:
    source = shards(tmp_path / "source", 1, 1)
    table = pq.read_table(source / "00.parquet").drop_columns(["artist"])
    numbers = pa.array(range(len(table)), pa.int64())
    pq.write_table(table.append_column("artist", numbers), source / "00.parquet")
    assert "00.parquet: column 'artist' is int64" in refusal("describe", source)


def test_too_many_unusable_images_end_the_ingest_and_name_the_first(
    paintings: Path, tmp_path: Path
) -> None:
    shutil.copytree(min(paintings.iterdir()), tmp_path / "source" / "somebody")
    (tmp_path / "source" / "somebody" / "letter.jpg").write_text("Dear colleague")
    line = refusal("ingest", tmp_path / "source", tmp_path / "out", announced=True)
    assert "morelli: 1 of 13 works cannot be used, more than the 5% allowed" in line
    assert str(tmp_path / "out" / "quarantine.csv") in line
    assert "letter.jpg" in line


# Classes


def test_top_larger_than_the_number_of_classes_says_the_counts(
    ingest: Callable[..., str],
) -> None:
    line = ingest("--top", 7)
    assert (
        "the top 7 were asked for, but the source has only 6 artist classes (of 72 works)" in line
    )


def test_one_class_only_says_the_counts(paintings: Path, tmp_path: Path) -> None:
    only = PAINTERS[0].name
    assert morelli("ingest", paintings, tmp_path / "out", "--class", only).code == 0
    line = refusal("train", tmp_path / "out", "--out", tmp_path / "run", *RANDOM)
    assert only in line
    assert "12" in line


# Weights


def altered_weights(folder: Path) -> Path:
    """Write weights of which one tensor is missing and another has another shape."""
    state = build(find_backbone(SQUEEZENET)).state_dict()
    del state["features.0.bias"]
    state["features.3.squeeze.weight"] = torch.zeros(1, 2, 3, 3)
    save_file(state, folder / f"{SQUEEZENET}.safetensors")
    return folder


def test_weights_with_missing_or_misshapen_tensors_are_named(
    train: Callable[..., str], tmp_path: Path
) -> None:
    line = train("--backbone", SQUEEZENET, "--weights", altered_weights(tmp_path))
    assert f"{SQUEEZENET}.safetensors do not fit {SQUEEZENET}" in line
    assert "features.0.bias is missing" in line
    assert "features.3.squeeze.weight is (1, 2, 3, 3), not (16, 64, 1, 1)" in line


def test_weights_of_another_backbone_name_only_the_first_few(
    train: Callable[..., str], tmp_path: Path
) -> None:
    file = altered_weights(tmp_path) / f"{SQUEEZENET}.safetensors"
    line = train("--backbone", "resnet18", "--weights", file)
    assert "conv1.weight is missing; " in line
    assert " and 97 more" in line or " more" in line
    assert line.count("is missing") == 3


def test_a_folder_without_the_weights_says_which_it_has(
    train: Callable[..., str], tmp_path: Path
) -> None:
    line = train("--backbone", "resnet18", "--weights", altered_weights(tmp_path))
    assert f"has no resnet18.safetensors; its weights are: {SQUEEZENET}.safetensors" in line


def test_weights_that_are_no_safetensors_are_refused(
    train: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "weights.safetensors").write_text("no tensors here")
    line = train("--backbone", SQUEEZENET, "--weights", tmp_path / "weights.safetensors")
    assert "weights.safetensors is no safetensors file" in line
    assert "there is no weights file" in train("--weights", tmp_path / "gone.safetensors")


# Folders


def test_a_folder_below_a_file_cannot_be_written(
    paintings: Path, collection: Collection, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out"
    reason = f"cannot write to {out}: "
    assert reason in refusal("ingest", paintings, out, announced=True)
    assert reason in refusal("train", collection.folder, "--out", out, *RANDOM)
    assert reason in refusal("demo", out)


def test_a_cache_below_a_file_cannot_be_written(train: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = train(*RANDOM, "--cache", tmp_path / "file" / "cache")
    assert f"cannot write to {tmp_path / 'file' / 'cache'}" in line


def test_a_folder_that_holds_something_else_is_left_alone(
    paintings: Path, collection: Collection, tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    reason = f"{tmp_path} holds something else (thesis.tex); choose an empty or new folder"
    assert reason in refusal("train", collection.folder, "--out", tmp_path, *RANDOM)
    assert reason in refusal("ingest", paintings, tmp_path, announced=True)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_finished_run_or_another_collection_is_not_written_over(
    run: Run, collection: Collection, paintings: Path
) -> None:
    before = (run.folder / "run.json").read_bytes()
    line = refusal("train", collection.folder, "--out", run.folder, *RANDOM)
    assert f"{run.folder} holds a finished run" in line
    assert (run.folder / "run.json").read_bytes() == before
    line = refusal("ingest", paintings, collection.folder, "--top", 2)
    assert f"{collection.folder} holds another collection" in line
    assert "selection" in line


def test_train_says_how_to_make_a_collection(tmp_path: Path) -> None:
    line = refusal("train", tmp_path, "--out", tmp_path / "run")
    assert f"make one with: morelli ingest SOURCE {tmp_path}" in line


# Runs that are not as they were saved


@pytest.mark.parametrize(
    "name",
    [
        "results.json",
        "recipe.toml",
        "predictions.parquet",
        "classifier/classifier.json",
        "classifier/head.safetensors",
        "classifier/backbone-squeezenet1_1.safetensors",
    ],
)
def test_attribute_names_the_file_of_a_run_that_was_altered_or_is_missing(
    name: str, run: Run, paintings: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run.folder, copy)
    with (copy / name).open("ab") as file:
        file.write(b" ")
    line = refusal("attribute", copy, paintings)
    assert f"{name} was altered" in line
    (copy / name).unlink()
    assert f"{name} is missing" in refusal("attribute", copy, paintings)


def test_attribute_refuses_a_run_whose_manifest_is_gone_or_altered(
    run: Run, paintings: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run.folder, copy)
    (copy / "run.json").write_text("{}")
    assert f"{copy / 'run.json'} " in refusal("attribute", copy, paintings)
    (copy / "run.json").unlink()
    assert f"{copy} holds no finished run (it has no run.json)" in refusal(
        "attribute", copy, paintings
    )


def test_attribute_names_the_altered_file_of_a_classifier_alone(
    run: Run, paintings: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run.folder / "classifier", copy)
    (copy / "head.safetensors").unlink()
    assert "head.safetensors is missing" in refusal("attribute", copy, paintings)
    text = (copy / "classifier.json").read_text()
    (copy / "classifier.json").write_text(text.replace('"artist"', '"genre"'))
    assert "classifier.json was altered" in refusal("attribute", copy, paintings)


def test_attribute_refuses_a_folder_that_is_no_run_or_not_there(
    paintings: Path, tmp_path: Path
) -> None:
    assert f"{tmp_path} holds no classifier" in refusal("attribute", tmp_path, paintings)
    assert f"there is no folder {tmp_path / 'gone'}" in refusal(
        "attribute", tmp_path / "gone", paintings
    )
