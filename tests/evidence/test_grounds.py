"""A run keeps what evidence is drawn from, and it is read back whole or refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audit.spoilt import few_trees, spoilt
from audit.squashed import squashed

from morelli.audit.audit import audit
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.errors import BadFolder, UserError
from morelli.evidence.fits import PER_SCALE
from morelli.evidence.grounds import (
    Grounds,
    keep_grounds,
    known_of,
    pictures_for,
    with_audit,
)
from morelli.evidence.neighbours import neighbours_of
from morelli.invented.painters import write_paintings
from morelli.machine import Machine
from morelli.runs.explain import grounds_of
from morelli.runs.folder import Run
from morelli.runs.prepare import Prepared, prepare


@pytest.fixture(scope="module")
def bad(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Works by four of the run's six painters."""
    return spoilt(paintings, tmp_path_factory.mktemp("spoilt") / "works")


@pytest.fixture(scope="module")
def prepared(run: Run, collection: Collection, cache: Path) -> Prepared:
    """What the run's head was trained on."""
    return prepare(collection, run.recipe, machine=Machine(cache=cache))


def test_known_works_are_the_training_works_with_their_features(
    grounds: Grounds, prepared: Prepared, run: Run
) -> None:
    known, works, train = grounds.known, prepared.works, prepared.of("train")

    assert known.ids.tolist() == works.ids[train].tolist()
    assert known.labels.tolist() == works.labels[train].tolist()
    assert list(zip(known.shards, known.rows, strict=True)) == list(
        zip(works.shards[train], works.rows[train], strict=True)
    )
    assert known.class_names == run.classifier.class_names
    assert known.features.dtype == np.float16
    np.testing.assert_allclose(known.features, prepared.fixed[train], rtol=1e-3, atol=1e-6)


def test_features_beyond_what_half_as_many_bytes_hold_stay_as_they_are(prepared: Prepared) -> None:
    train = prepared.of("train")
    large = prepared.fixed[train] * np.float32(1e8)

    known = known_of(prepared.works.take(train), large)

    assert known.features.dtype == np.float32
    np.testing.assert_array_equal(known.features, large)


def test_a_run_says_where_its_collection_is_and_a_classifier_alone_does_not(
    run: Run, grounds: Grounds, collection: Collection
) -> None:
    alone = grounds_of(run.folder / "classifier", workers=1)

    assert grounds.collection == collection.folder.resolve()
    assert alone.collection is None
    assert alone.classifier.using.workers == 1
    assert alone.known.ids.tolist() == grounds.known.ids.tolist()
    assert alone.fits == grounds.fits


def test_an_audit_says_what_files_give_away_and_without_one_nothing_is(
    run: Run, grounds: Grounds, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    square, _ = squashed(paintings, tmp_path)
    with few_trees():
        audited = audit(square, tmp_path / "audit", weights="random", cache=cache)

    warned = grounds_of(run, audit=audited.folder)

    assert grounds.shortcut is None
    assert warned.shortcut is not None
    assert audited.results.shortcuts is not None
    assert warned.shortcut.accuracy == audited.results.shortcuts.accuracy
    assert with_audit(grounds, audited).shortcut == warned.shortcut
    assert with_audit(grounds, audited).known is grounds.known


def test_an_audit_of_other_works_is_refused_with_the_runs_own_collection_to_audit(
    run: Run, collection: Collection, bad: Collection, cache: Path, tmp_path: Path
) -> None:
    with few_trees():
        audited = audit(bad, tmp_path / "audit", weights="random", cache=cache)

    with pytest.raises(UserError) as refused:
        grounds_of(run, audit=audited)

    assert "is an audit without 2 of the classifier's 6 classes (" in str(refused.value)
    assert f"morelli audit {collection.folder.resolve()} --task artist" in str(refused.value)


def test_parts_are_calibrated_on_works_of_val(run: Run, cache: Path, tmp_path: Path) -> None:
    list(write_paintings(tmp_path / "paintings", works=6, size=(128, 96)))
    larger = ingest(tmp_path / "paintings", tmp_path / "larger", size=96)
    prepared = prepare(larger, run.recipe, machine=Machine(cache=cache))
    train, val = prepared.of("train"), prepared.works.take(prepared.of("val"))
    known = known_of(prepared.works.take(train), prepared.fixed[train])
    (tmp_path / "kept").mkdir()

    for folder in ("kept", "kept"):
        keep_grounds(
            tmp_path / folder,
            larger,
            known,
            val,
            run.classifier,
            seed=0,
            machine=Machine(cache=tmp_path / "cache"),
        )

    scales = json.loads((tmp_path / "kept" / "parts.json").read_text("utf-8"))["scales"]
    assert [(fit["scale"], fit["side"]) for fit in scales] == [(1 / 2, 48), (1 / 3, 32)]
    assert {fit["parts"] for fit in scales} == {PER_SCALE * len(prepared.of("val"))}
    assert len(list((tmp_path / "cache").rglob("*.safetensors"))) == 1


def test_neighbours_have_the_pictures_of_the_collection(
    grounds: Grounds, collection: Collection
) -> None:
    near = neighbours_of(grounds.known, grounds.known.features[3], 4)

    pictures, missing = pictures_for(grounds, near)

    assert set(pictures) == {neighbour.place for neighbour in near}
    assert missing == ""


@pytest.mark.parametrize("gone", [None, Path("/nowhere/at/all")])
def test_without_the_collection_the_reason_for_no_pictures_is_given(
    grounds: Grounds, gone: Path | None
) -> None:
    near = neighbours_of(grounds.known, grounds.known.features[3], 4)

    pictures, missing = pictures_for(replace(grounds, collection=gone), near)

    assert pictures == {}
    assert ("not known" if gone is None else "/nowhere/at/all") in missing
    assert missing.endswith(".")


def test_another_collection_in_its_place_gives_no_pictures(
    grounds: Grounds, listed: Collection
) -> None:
    near = neighbours_of(grounds.known, grounds.known.features[-1], 4)

    pictures, missing = pictures_for(replace(grounds, collection=listed.folder), near)

    assert pictures == {}
    assert "no longer the collection that the run learned from" in missing


def test_a_classifier_made_without_known_works_says_what_to_type(run: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(run.folder / "classifier", tmp_path / "old")
    (folder / "known.json").unlink()

    with pytest.raises(BadFolder, match=r"holds no known works .* morelli train COLLECTION --out"):
        grounds_of(folder)


@pytest.mark.parametrize("name", ["known.json", "known.safetensors", "parts.json"])
def test_what_was_altered_is_refused_though_the_classifier_is_whole(
    run: Run, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(run.folder / "classifier", tmp_path / "old")
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)

    with pytest.raises(BadFolder, match=f"{name} was altered"):
        grounds_of(folder)
