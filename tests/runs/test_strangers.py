"""None of these, tried on strangers: whose works they are, and what the figures are made of."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score
from unknown_makers import mixed, three_of_six

from morelli.data.collection import Collection, open_collection
from morelli.data.ingest import ingest
from morelli.errors import BadFolder, UserError
from morelli.evaluation.declining import MakerDeclined, auroc_interval
from morelli.evaluation.metrics import wilson_interval
from morelli.runs.both import train_both
from morelli.runs.folder import PREDICTIONS, STRANGERS, Run, open_run
from morelli.runs.strangers import strangers_among
from morelli.runs.train import train_run
from morelli.training.recipe import Recipe

Floats = npt.NDArray[np.float64]


class Steps:
    """Hears of the works whose features are extracted."""

    def __init__(self) -> None:
        self.heard: dict[str, int] = {}

    def note(self, text: str) -> None:
        """Nothing."""

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Remember how many were done in all."""
        self.heard[name] = done


@pytest.fixture
def given(quick: Recipe, cache: Path) -> dict[str, Any]:
    """What most runs of these tests are given."""
    return {"recipe": quick, "cache": cache}


def rows_of(run: Run, name: str) -> pa.Table:
    return pq.read_table(run.folder / name)


def scores_of(table: pa.Table) -> Floats:
    return np.array(table["strangeness"].to_pylist(), np.float64)


# Who is a stranger


def test_strangers_are_the_works_of_all_makers_that_are_not_learned(
    three: Collection, collection: Collection, quick: Recipe
) -> None:
    given, works = strangers_among(collection, three, quick)

    assert given is collection
    assert set(works.class_names) == set(collection.counts) - set(three.counts)
    assert len(works) == 36
    assert np.bincount(works.labels).tolist() == [12, 12, 12]


def test_known_makers_are_known_however_they_are_spelt_and_unknown_ones_and_copies_left_out(
    paintings: Path, three: Collection, quick: Recipe, tmp_path: Path
) -> None:
    one, two, third, fourth, *_ = (each.name for each in sorted(paintings.iterdir()))
    names = {
        one.replace("-", " ").title(): 0,
        two.replace("-", "_").upper(): 1,
        third.replace("a", "á"): 2,
        "A Copyist": 2,
        "Unknown Artist": 3,
        "unknown_artist": 4,
        fourth: 3,
    }
    given = mixed(paintings, tmp_path / "mixed", names=names)

    _, works = strangers_among(given.folder, three, quick)

    assert set(given.counts) == set(names)
    assert works.class_names == (fourth,)
    assert len(works) == 5


def test_makers_of_too_few_works_to_be_learned_are_strangers_of_their_own_collection(
    paintings: Path, quick: Recipe, tmp_path: Path
) -> None:
    names = {"One Maker": 0, "Another Maker": 1, "A Third": 2}
    given = mixed(paintings, tmp_path / "mixed", names=names)
    works = tmp_path / "mixed" / "works.csv"
    kept = [each for each in works.read_text("utf-8").splitlines() if "A Third" not in each]
    rare = [each for each in works.read_text("utf-8").splitlines() if "A Third" in each][:2]
    works.write_text("\n".join([*kept, *rare]), encoding="utf-8")
    given = ingest(works, tmp_path / "few", size=48)

    with pytest.warns(UserWarning, match="fewer than 3 works"):
        _, strange = strangers_among(given, given, quick)

    assert strange.class_names == ("A Third",)


def test_strangers_are_of_the_task_that_is_learned(
    listed: Collection, paintings: Path, quick: Recipe, tmp_path: Path
) -> None:
    works = listed.folder.parent / "works.csv"
    folder = shutil.copytree(works.parent, tmp_path / "again", ignore=lambda *_: {"collection"})
    text = (folder / "works.csv").read_text("utf-8").replace("early", "in between")
    (folder / "works.csv").write_text(text, encoding="utf-8")
    for path in folder.glob("*.jpg"):
        path.write_bytes(path.read_bytes() + b"\0")  # the same picture, another file
    given = ingest(folder / "works.csv", folder / "collection", size=48)

    _, strange = strangers_among(given, listed, replace(quick, task="style"))

    assert strange.class_names == ("in between",)
    with pytest.raises(UserError, match="holds no works of another artist than the 2 that are"):
        strangers_among(given, listed, replace(quick, task="artist"))


# What is refused


def test_a_collection_of_another_size_is_refused_with_what_to_do(
    paintings: Path, three: Collection, quick: Recipe, tmp_path: Path
) -> None:
    for size, said in ((32, "32 pixels"), (None, "their own size")):
        other = three_of_six(paintings, tmp_path / f"of {size}", size=size)

        with pytest.raises(UserError, match=r"ingest both alike \(--size\)$") as refused:
            strangers_among(other, three, quick)

        told = str(refused.value)
        assert told.startswith(f"{other.folder} keeps its works at {said}, {three.folder} at 48 ")
        assert "\n" not in told


def test_a_collection_without_strangers_is_refused_with_what_to_do(
    three: Collection, quick: Recipe
) -> None:
    with pytest.raises(UserError) as refused:
        strangers_among(three, three, quick)

    assert str(refused.value) == (
        f"{three.folder} holds no works of another artist than the 3 that are learned; give a "
        "collection that does"
    )


def test_what_is_no_collection_or_has_no_labels_of_the_task_is_refused(
    listed: Collection, collection: Collection, quick: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(BadFolder, match=r"is no finished collection .* make one with: morelli"):
        strangers_among(tmp_path, listed, quick)
    with pytest.raises(UserError, match=r"has no labels for 'style'; it has artist$") as refused:
        strangers_among(collection, listed, replace(quick, task="style"))
    assert str(collection.folder) in str(refused.value)


def test_what_is_refused_is_refused_before_the_runs_folder_is_made(
    three: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="no works of another artist"):
        train_run(three, tmp_path / "run", quick, unknown=three.folder, cache=cache)

    assert not (tmp_path / "run").exists()


# What the run says


def test_the_runs_folder_holds_the_strangers_and_vouches_for_them(
    tried: Run, collection: Collection, three: Collection
) -> None:
    table = rows_of(tried, STRANGERS)
    strangers = set(collection.counts) - set(three.counts)

    assert STRANGERS in tried.about.files
    assert tried.about.unknown == str(collection.folder.resolve())
    assert set(table["class"].to_pylist()) == strangers
    assert json.loads(table.schema.metadata[b"class_names"]) == sorted(three.counts)
    told = np.array(table["log_probabilities"].to_pylist(), np.float64)
    assert told.shape == (36, 3)
    np.testing.assert_allclose(np.exp(told).sum(axis=1), 1, atol=1e-5)
    ids = collection.table(["work_id"])["work_id"].to_pylist()
    starts = collection.starts
    for row in table.to_pylist():
        assert ids[starts[row["shard"]] + row["row"]] == row["work_id"]


def test_the_figures_are_those_of_predictions_and_strangers(tried: Run) -> None:
    found = tried.results.none_of_these
    known = rows_of(tried, PREDICTIONS)
    test = scores_of(known)[np.array(known["split"].to_pylist()) == "test"]
    table = rows_of(tried, STRANGERS)
    strange, makers = scores_of(table), np.array(table["class"].to_pylist())
    limit = float(tried.classifier.strangeness.limit[0])

    kept, gone = int((test <= limit).sum()), strange > limit
    assert (found.limit, found.works) == (limit, len(test))
    assert found.kept == kept / len(test)
    assert found.kept_interval == wilson_interval(kept, len(test))
    declined = found.strangers
    assert declined is not None
    assert declined.works == len(strange) == 36
    assert declined.declined == gone.mean()
    assert declined.declined_interval == wilson_interval(int(gone.sum()), len(gone))
    truth = np.repeat([0, 1], [len(test), len(strange)])
    assert declined.auroc == pytest.approx(roc_auc_score(truth, np.concatenate([test, strange])))
    assert declined.auroc_interval == auroc_interval(test, strange)
    assert declined.classes == {
        name: MakerDeclined(int((makers == name).sum()), gone[makers == name].mean())
        for name in sorted(set(makers.tolist()))
    }


def test_the_limit_keeps_95_of_100_works_of_val(tried: Run) -> None:
    table = rows_of(tried, PREDICTIONS)
    val = scores_of(table)[np.array(table["split"].to_pylist()) == "val"]
    limit = tried.results.none_of_these.limit

    rounding = 1e-5  # works are scored in batches of other sizes than the limit was
    assert (val <= limit + rounding).mean() >= 0.95
    assert (val < limit - rounding).mean() < 0.95


def test_a_strangers_file_is_declined_as_the_table_has_it(
    tried: Run, paintings: Path, collection: Collection
) -> None:
    rows = {row["work_id"]: row for row in rows_of(tried, STRANGERS).to_pylist()}
    table = collection.table(["work_id", "source_path"]).to_pylist()
    paths = {row["work_id"]: row["source_path"] for row in table}
    limit = tried.classifier.strangeness.limit[0]

    for work in sorted(rows)[:8]:
        path = paintings / paths[work]
        found = tried.classifier.attribute(path)
        wanted = dict(
            zip(tried.classifier.class_names, np.exp(rows[work]["log_probabilities"]), strict=True)
        )
        assert found.probabilities == pytest.approx(wanted, abs=0.03)
        if abs(rows[work]["strangeness"] - limit) > 0.2:
            assert found.declined == (rows[work]["strangeness"] > limit)


def test_strangers_change_nothing_of_what_is_learned(
    tried: Run, three: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    without = train_run(three, tmp_path / "run", quick, cache=cache)

    assert without.about.unknown is None
    assert without.results.none_of_these.strangers is None
    assert not (without.folder / STRANGERS).exists()
    for name in (PREDICTIONS, "classifier/head.safetensors", "classifier/strangeness.safetensors"):
        assert (without.folder / name).read_bytes() == (tried.folder / name).read_bytes()


# Folders and the cache


def test_works_in_the_cache_are_not_extracted_twice(
    three: Collection, collection: Collection, quick: Recipe, tmp_path: Path
) -> None:
    heard = [Steps() for _ in range(3)]
    for number, steps in enumerate(heard):
        recipe = replace(quick, seed=number, split_seed=0)
        unknown = collection if number else None
        out, own = tmp_path / f"run-{number}", tmp_path / "cache"
        train_run(three, out, recipe, unknown=unknown, cache=own, progress=steps)

    assert [each.heard.get("features", 0) for each in heard] == [36, 36, 0]


def test_works_that_another_run_learned_from_are_not_extracted_for_it(
    run: Run, three: Collection, collection: Collection, given: dict[str, Any], tmp_path: Path
) -> None:
    assert run.about.collection.folder == str(collection.folder.resolve())
    train_run(three, tmp_path / "one", **given)
    steps = Steps()

    train_run(three, tmp_path / "other", unknown=collection, progress=steps, **given)

    assert steps.heard == {}


def test_what_a_run_that_was_not_finished_said_of_strangers_is_forgotten(
    tried: Run, three: Collection, collection: Collection, given: dict[str, Any], tmp_path: Path
) -> None:
    for unknown in (None, collection):
        out = shutil.copytree(tried.folder, tmp_path / f"tried on {unknown is not None}")
        (out / "run.json").unlink()
        (out / STRANGERS).write_bytes(b"of another day")

        again = train_run(three, out, unknown=unknown, **given)

        assert (out / STRANGERS).exists() == (unknown is not None)
        assert (STRANGERS in again.about.files) == (unknown is not None)
        assert open_run(out).metrics == again.metrics
    assert (out / STRANGERS).read_bytes() == (tried.folder / STRANGERS).read_bytes()


@pytest.mark.parametrize("spoil", ["alter", "remove"])
def test_altered_or_missing_strangers_are_named(tried: Run, tmp_path: Path, spoil: str) -> None:
    out = shutil.copytree(tried.folder, tmp_path / "run")
    if spoil == "alter":
        (out / STRANGERS).write_bytes(b"PAR1")
    else:
        (out / STRANGERS).unlink()

    with pytest.raises(BadFolder, match=r"strangers\.parquet (was altered|is missing)$"):
        open_run(out)


def test_both_runs_are_tried_on_the_same_strangers_and_taken_up_with_no_others(
    three: Collection, collection: Collection, given: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "both"

    both = train_both(three, out, unknown=collection.folder, **given)

    for run in both.runs.values():
        assert run.about.unknown == str(collection.folder.resolve())
        assert run.results.none_of_these.strangers is not None
        assert run.results.none_of_these.strangers.works == 36
    before = (out / "random" / "run.json").read_bytes()
    again = train_both(three, out, unknown=open_collection(collection.folder), **given)
    assert again.results == both.results
    assert (out / "random" / "run.json").read_bytes() == before
    with pytest.raises(BadFolder, match="random holds a finished run; choose another folder"):
        train_both(three, out, **given)
