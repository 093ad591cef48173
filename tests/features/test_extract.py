"""Features: once, the same however they were made, whatever happens on the way."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from morelli.data.collection import Collection, open_collection
from morelli.errors import BadFolder, UnknownName, UserError
from morelli.features import extractor as extractors
from morelli.features.augment import STUDY
from morelli.features.backbones import Backbone
from morelli.features.cache import cache_folder, key_of
from morelli.features.extract import collection_features, shard_parts
from morelli.features.extractor import BATCH, Extractor, View, extractor
from morelli.features.weights import Frozen, from_state, load_backbone
from morelli.machine import Machine

Features = list[npt.NDArray[np.float32]]
HAS_BFLOAT16 = extractors._has_bfloat16("cpu")


class Steps:
    """Hears the steps, and does something when enough of them were heard."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.heard: list[tuple[str, int, int]] = []
        self.stop_after = stop_after

    def note(self, text: str) -> None:
        """Nothing."""

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Remember."""
        self.heard.append((name, done, total))
        if len(self.heard) == self.stop_after:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def features(
    sharded: Collection, using: Extractor, tmp_path_factory: pytest.TempPathFactory
) -> Features:
    """Features of the sharded collection, made without any accident."""
    return collection_features(
        sharded, using, machine=Machine(cache=tmp_path_factory.mktemp("whole"))
    )


def _files(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (cache / "features").iterdir()}


def _same(one: Features, other: Features) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def _altered(collection: Collection, out: Path, column: str, values: Any) -> Collection:
    """Copy a collection and change a column of its first shard."""
    shutil.copytree(collection.folder, out)
    path = out / "data" / collection.shards[0]
    table = pq.read_table(path)
    index = table.schema.get_field_index(column)
    field = table.schema.field(index)
    column_data = pa.array(values(table[column]), field.type)
    pq.write_table(table.set_column(index, field, column_data), path)
    return open_collection(out)


def test_features_are_float32_rows_for_each_shards_works(
    features: Features, sharded: Collection, small: Backbone
) -> None:
    assert [each.shape for each in features] == [(9, small.width)] * len(sharded.shards)
    assert {each.dtype for each in features} == {np.dtype(np.float32)}
    assert len(np.unique(np.concatenate(features), axis=0)) == sharded.works


def test_the_second_call_reads_the_cache_and_the_network_rests(
    sharded: Collection, small: Backbone, features: Features, tmp_path: Path
) -> None:
    using = extractor(load_backbone(small, "random"), number_format="float32", workers=2)
    passes: list[int] = []
    using.network.register_forward_hook(lambda *_: passes.append(1))
    first = collection_features(sharded, using, machine=Machine(cache=tmp_path))
    made, times = len(passes), _times(tmp_path)

    steps = Steps()
    second = collection_features(sharded, using, machine=Machine(cache=tmp_path, progress=steps))

    assert made == len(sharded.shards)
    assert len(passes) == made
    assert _times(tmp_path) == times
    assert steps.heard == []
    assert _same(first, features)
    assert _same(second, features)


def _times(cache: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (cache / "features").iterdir()}


def test_progress_counts_every_work_to_the_end(
    sharded: Collection, using: Extractor, tmp_path: Path
) -> None:
    plain, viewed = Steps(), Steps()

    collection_features(sharded, using, machine=Machine(cache=tmp_path, progress=plain))
    collection_features(
        sharded, using, machine=Machine(cache=tmp_path, progress=viewed), view=View(1, 0)
    )

    assert plain.heard == [("features", done, 36) for done in (9, 18, 27, 36)]
    assert viewed.heard[-1] == ("features, view 2", 36, 36)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_does_not_matter(
    sharded: Collection, using: Extractor, features: Features, tmp_path: Path, workers: int
) -> None:
    found = collection_features(
        sharded, replace(using, workers=workers), machine=Machine(cache=tmp_path)
    )

    assert _same(found, features)


def test_batches_are_as_large_as_said_and_never_cross_shards(
    collection: Collection, using: Extractor, tmp_path: Path
) -> None:
    steps = Steps()

    collection_features(collection, using, machine=Machine(cache=tmp_path, progress=steps))

    assert BATCH < collection.works == 72
    assert [done for _, done, _ in steps.heard] == [36, 72]


def test_chosen_rows_are_as_they_are_among_all(
    sharded: Collection, using: Extractor, features: Features, tmp_path: Path
) -> None:
    rows = [np.array(each, np.int64) for each in ([1, 5], [], [0, 7, 8], list(range(9)))]

    found = collection_features(sharded, using, rows=rows, machine=Machine(cache=tmp_path))

    assert found[1].shape == (0, features[0].shape[1])
    for one, all_rows, chosen in zip(found, features, rows, strict=True):
        np.testing.assert_allclose(one, all_rows[chosen], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("view", [None, View(1, 0)])
def test_other_rows_are_added_to_what_is_kept_and_no_work_is_extracted_twice(
    sharded: Collection, using: Extractor, tmp_path: Path, view: View | None
) -> None:
    whole = collection_features(
        sharded, using, view=view, machine=Machine(cache=tmp_path / "whole")
    )
    first = [np.array(each, np.int64) for each in ([1, 5], [], [0, 7, 8], [4])]
    second = [np.array(each, np.int64) for each in ([0, 5, 6], [2], [], [4])]
    heard = []
    for rows in (first, second, None):
        steps = Steps()
        found = collection_features(
            sharded,
            using,
            view=view,
            rows=rows,
            machine=Machine(cache=tmp_path / "grown", progress=steps),
        )
        heard.append(steps.heard[-1][1:])
        for one, shard, each in zip(found, whole, range(4), strict=True):
            chosen = slice(None) if rows is None else rows[each]
            np.testing.assert_allclose(one, shard[chosen], rtol=1e-4, atol=1e-5)

    assert heard == [(6, 6), (3, 3), (27, 27)]
    assert _files(tmp_path / "grown").keys() == _files(tmp_path / "whole").keys()


def test_views_differ_from_each_other_and_are_the_same_again(
    sharded: Collection, using: Extractor, features: Features, tmp_path: Path
) -> None:
    views = [
        collection_features(
            sharded, using, view=View(number, 3), machine=Machine(cache=tmp_path / where)
        )
        for number, where in ((0, "a"), (1, "a"), (0, "b"))
    ]

    assert _same(views[0], views[2])
    assert not _same(views[0], views[1])
    assert not _same(views[0], features)


def test_workers_share_one_network_and_leave_the_global_generator_and_the_threads_alone(
    collection: Collection, small: Backbone, tmp_path: Path
) -> None:
    fresh = extractor(load_backbone(small, "random"), number_format="float32", workers=4)
    before, threads = torch.get_rng_state(), torch.get_num_threads()

    found = collection_features(collection, fresh, machine=Machine(cache=tmp_path))

    assert len(fresh._ready) == 1
    assert sum(map(len, found)) == collection.works > fresh.batch
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


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
    relabelled = _altered(sharded, tmp_path / "labels", "artist", lambda it: [0] * len(it))
    repainted = _altered(
        sharded, tmp_path / "images", "image", lambda it: [it[1].as_py()] + it.to_pylist()[1:]
    )
    renamed = _altered(
        sharded, tmp_path / "ids", "work_id", lambda it: [f"w{i}" for i in range(len(it))]
    )

    assert _key(relabelled, using) == _key(sharded, using)
    assert _key(renamed, using) == _key(sharded, using)
    assert _key(repainted, using) != _key(sharded, using)
    assert _key(renamed, using, View(0, 0)) != _key(sharded, using, View(0, 0))


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "no features"])
def test_a_damaged_cache_file_is_made_anew(
    sharded: Collection, using: Extractor, features: Features, tmp_path: Path, damage: str
) -> None:
    collection_features(sharded, using, machine=Machine(cache=tmp_path))
    whole = _files(tmp_path)
    path = tmp_path / "features" / sorted(whole)[0]
    data = {
        "cut": whole[path.name][:-100],
        "empty": b"",
        "other": b"nothing of the kind",
        "no features": b"\x02\0\0\0\0\0\0\0{}",
    }
    path.write_bytes(data[damage])

    again = collection_features(sharded, using, machine=Machine(cache=tmp_path))

    assert _same(again, features)
    assert _files(tmp_path) == whole


def test_an_interrupt_keeps_the_shards_that_were_finished(
    sharded: Collection, using: Extractor, features: Features, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        collection_features(
            sharded, using, machine=Machine(cache=tmp_path, progress=Steps(stop_after=3))
        )
    kept = _files(tmp_path)
    rest = Steps()
    found = collection_features(sharded, using, machine=Machine(cache=tmp_path, progress=rest))

    assert len(kept) == 2
    assert [done for _, done, _ in rest.heard] == [9, 18]
    assert kept.items() <= _files(tmp_path).items()
    assert _same(found, features)


KILLED = """
import sys, time
from dataclasses import replace
from pathlib import Path
from morelli.data.collection import open_collection
from morelli.features.backbones import BACKBONES
from morelli.features.extract import collection_features
from morelli.features.extractor import extractor
from morelli.features.weights import load_backbone
from morelli.machine import Machine

class Loud:
    def note(self, text): pass
    def step(self, *told):
        print(*told, flush=True)
        time.sleep(0.05)

small = replace(BACKBONES["squeezenet1_1"], resize=72, crop=64)
using = extractor(load_backbone(small, "random"), number_format="float32", workers=2)
print("ready", flush=True)
machine = Machine(Path(sys.argv[2]), progress=Loud())
collection_features(open_collection(sys.argv[1]), using, machine=machine)
"""


def test_killed_at_any_moment_and_started_again_it_ends_with_the_same_files(
    sharded: Collection, using: Extractor, features: Features, tmp_path: Path
) -> None:
    collection_features(sharded, using, machine=Machine(cache=tmp_path / "whole"))
    caches = [tmp_path / str(number) for number in range(3)]
    assert _kill_at_random(sharded, caches) == [-signal.SIGKILL] * 3

    for cache in caches:
        (cache / "features").mkdir(parents=True, exist_ok=True)
        before = _files(cache)
        assert _same(collection_features(sharded, using, machine=Machine(cache=cache)), features)
        assert _files(cache) == _files(tmp_path / "whole")
        assert {name: data for name, data in before.items() if "partial" not in name}.items() <= (
            _files(cache).items()
        )


def _kill_at_random(collection: Collection, caches: list[Path]) -> list[int]:
    """Extract in processes of their own, and kill each somewhere; return how they ended."""
    chance = random.Random(0)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED, str(collection.folder), str(cache)],
            stdout=subprocess.PIPE,
        )
        for cache in caches
    ]
    for number, process in enumerate(running):
        assert process.stdout is not None
        for _ in range(number + 1):  # the line that says it is ready, then shards
            process.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
    return [process.wait() for process in running]


def test_what_a_killed_process_left_half_written_is_swept_away(
    sharded: Collection, using: Extractor, tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "features").mkdir()
    dead = tmp_path / "features" / f".a.safetensors.{gone.pid}.partial"
    alive = tmp_path / "features" / f".b.safetensors.{os.getpid()}.partial"
    for path in (dead, alive):
        path.write_bytes(b"half")

    collection_features(sharded, using, machine=Machine(cache=tmp_path))

    assert not dead.exists()
    assert alive.exists()


def test_a_damaged_image_is_told_with_its_work(
    sharded: Collection, using: Extractor, tmp_path: Path
) -> None:
    broken = _altered(
        sharded,
        tmp_path / "broken",
        "image",
        lambda it: [{"bytes": b"no image", "path": "a.jpg"}] + it.to_pylist()[1:],
    )
    work = broken.table(["work_id"])["work_id"][0].as_py()

    with pytest.raises(BadFolder, match=f"work {work} of the collection is damaged: not an image"):
        collection_features(broken, using, machine=Machine(cache=tmp_path / "cache"))


@pytest.mark.parametrize("data", [b"no parquet", b""])
def test_a_damaged_shard_is_named(
    sharded: Collection, using: Extractor, tmp_path: Path, data: bytes
) -> None:
    shutil.copytree(sharded.folder, tmp_path / "broken")
    broken = open_collection(tmp_path / "broken")
    broken.shard_path(2).write_bytes(data)

    with pytest.raises(BadFolder, match=rf"{broken.shards[2]} is damaged.*ingest"):
        collection_features(broken, using, machine=Machine(cache=tmp_path / "cache"))


def test_a_cache_below_a_file_is_refused(
    sharded: Collection, using: Extractor, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadFolder, match=r"cannot write to .*a part of the path is a file"):
        collection_features(sharded, using, machine=Machine(cache=tmp_path / "file" / "cache"))


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_is_told_and_finished_shards_are_kept(
    sharded: Collection, using: Extractor, tmp_path: Path
) -> None:
    collection_features(sharded, using, machine=Machine(cache=tmp_path))
    kept = _files(tmp_path)
    lost = sorted(kept)[0]
    (tmp_path / "features" / lost).unlink()
    (tmp_path / "features" / f".{lost}.{os.getpid()}.partial").symlink_to("/dev/full")

    with pytest.raises(BadFolder, match="no space is left on the disk"):
        collection_features(sharded, using, machine=Machine(cache=tmp_path))

    assert set(_files(tmp_path)) == set(kept) - {lost}


@pytest.mark.skipif(not HAS_BFLOAT16, reason="this processor does not compute in bfloat16")
def test_bfloat16_features_stay_near_those_in_float32(
    sharded: Collection, using: Extractor, features: Features, tmp_path: Path
) -> None:
    quick = extractor(using.frozen, number_format="auto", workers=2)

    found = np.concatenate(collection_features(sharded, quick, machine=Machine(cache=tmp_path)))

    wanted = np.concatenate(features)
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    assert quick.number_format == "bfloat16"
    assert ((found * wanted).sum(axis=1) / norms).min() > 0.99
    assert not np.array_equal(found, wanted)


def test_a_number_format_that_the_device_lacks_is_refused(
    using: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractors, "_has_bfloat16", lambda device: False)

    assert extractor(using.frozen).number_format == "float32"
    with pytest.raises(UserError, match="does not compute in bfloat16; use float32 or auto"):
        extractor(using.frozen, number_format="bfloat16")
    with pytest.raises(UnknownName, match="float32"):
        extractor(using.frozen, number_format="float23")


@pytest.mark.parametrize("device", ["cuda", "mps", "cpu"])
def test_the_best_device_there_is_gets_the_work(
    using: Extractor, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: device == "cuda")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: device != "cpu")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)

    found = extractor(using.frozen)

    assert found.device == device
    assert (
        found.number_format
        == {
            "cuda": "bfloat16",
            "mps": "float32",
            "cpu": "bfloat16" if HAS_BFLOAT16 else "float32",
        }[device]
    )


def test_an_extractor_has_a_worker_a_core_unless_told(using: Extractor) -> None:
    assert extractor(using.frozen).workers == os.cpu_count()
    assert extractor(using.frozen, workers=5).workers == 5


def test_the_cache_is_where_it_is_told_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MORELLI_CACHE", str(tmp_path / "variable"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))

    assert cache_folder("given") == Path("given")
    assert cache_folder() == tmp_path / "variable"
    monkeypatch.delenv("MORELLI_CACHE")
    assert cache_folder().name == "morelli"
