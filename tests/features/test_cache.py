"""The cache is where it is asked to be, and a key holds all that features depend on."""

from dataclasses import replace
from pathlib import Path

import pytest
from features.altered import altered

from morelli.data.collection import Collection
from morelli.features.augment import STUDY
from morelli.features.backbones import Backbone
from morelli.features.cache import cache_folder, key_of
from morelli.features.extract import shard_parts
from morelli.features.extractor import Extractor, View
from morelli.features.weights import Frozen, from_state


def _key(collection: Collection, using: Extractor, view: View | None = None) -> str:
    return key_of(shard_parts(collection, 0, using, view))


def test_the_key_changes_with_all_that_features_depend_on(
    sharded: Collection, using: Extractor, small: Backbone
) -> None:
    state = dict(using.frozen.state)
    state["features.0.bias"] = state["features.0.bias"] + 1
    resized = replace(using.frozen, backbone=replace(small, resize=80))
    renamed = replace(using.frozen, backbone=replace(small, name="resnet18"))
    keys = [
        _key(sharded, using),
        _key(sharded, replace(using, frozen=Frozen(small, state, "other"))),
        _key(sharded, replace(using, frozen=resized)),
        _key(sharded, replace(using, frozen=renamed)),
        _key(sharded, replace(using, number_format="bfloat16")),
        _key(sharded, replace(using, device="another")),
        _key(sharded, using, View(0, 0)),
        _key(sharded, using, View(1, 0)),
        _key(sharded, using, View(0, 1)),
        _key(sharded, using, View(0, 0, replace(STUDY, degrees=3.0))),
        key_of(shard_parts(sharded, 1, using, None)),
    ]

    assert len(set(keys)) == len(keys)


def test_the_key_does_not_change_with_workers_order_of_weights_or_what_they_are_called(
    sharded: Collection, using: Extractor, small: Backbone
) -> None:
    turned = from_state(small, dict(reversed(list(using.frozen.state.items()))), "elsewhere")

    assert _key(sharded, replace(using, workers=7, frozen=turned)) == _key(sharded, using)


def test_the_key_knows_images_and_not_labels(
    sharded: Collection, using: Extractor, tmp_path: Path
) -> None:
    relabelled = altered(sharded, tmp_path / "labels", "artist", lambda it: [0] * len(it))
    repainted = altered(
        sharded, tmp_path / "images", "image", lambda it: [it[1].as_py()] + it.to_pylist()[1:]
    )
    renamed = altered(
        sharded, tmp_path / "ids", "work_id", lambda it: [f"w{i}" for i in range(len(it))]
    )

    assert _key(relabelled, using) == _key(sharded, using)
    assert _key(renamed, using) == _key(sharded, using)
    assert _key(repainted, using) != _key(sharded, using)
    assert _key(renamed, using, View(0, 0)) != _key(sharded, using, View(0, 0))


def test_the_cache_is_where_it_is_told_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MORELLI_CACHE", str(tmp_path / "variable"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))

    assert cache_folder("given") == Path("given")
    assert cache_folder() == tmp_path / "variable"
    monkeypatch.delenv("MORELLI_CACHE")
    assert cache_folder().name == "morelli"
