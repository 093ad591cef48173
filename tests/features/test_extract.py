"""Features: once, the same however they were made, whatever happens on the way."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from features.altered import altered
from features.killed import killed_at_random

from morelli.data.collection import Collection, open_collection
from morelli.errors import BadFolder
from morelli.features import extractor as extractors
from morelli.features.backbones import Backbone
from morelli.features.extract import collection_features
from morelli.features.extractor import BATCH, Extractor, View, extractor
from morelli.features.weights import load_backbone
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


def test_features_are_float32_rows_for_each_shards_works(
    features: Features, sharded: Collection, small: Backbone
) -> None:
    assert [shard.shape for shard in features] == [(9, small.width)] * len(sharded.shards)
    assert {shard.dtype for shard in features} == {np.dtype(np.float32)}
    assert len(np.unique(np.concatenate(features), axis=0)) == sharded.works


def test_the_second_call_reads_the_cache_and_the_network_rests(
    sharded: Collection, small: Backbone, features: Features, tmp_path: Path
) -> None:
    using = extractor(load_backbone(small, "random"), number_format="float32", workers=2)
    passes: list[int] = []
    using.network.register_forward_hook(lambda *_: passes.append(1))
    first = collection_features(sharded, using, machine=Machine(cache=tmp_path))
    extracted, times = len(passes), _times(tmp_path)

    steps = Steps()
    second = collection_features(sharded, using, machine=Machine(cache=tmp_path, progress=steps))

    assert extracted == len(sharded.shards)
    assert len(passes) == extracted
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
    again = collection_features(
        sharded, replace(using, workers=workers), machine=Machine(cache=tmp_path)
    )

    assert _same(again, features)


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
    rows = [
        np.array(chosen_rows, np.int64) for chosen_rows in ([1, 5], [], [0, 7, 8], list(range(9)))
    ]

    again = collection_features(sharded, using, rows=rows, machine=Machine(cache=tmp_path))

    assert again[1].shape == (0, features[0].shape[1])
    for one, all_rows, chosen in zip(again, features, rows, strict=True):
        np.testing.assert_allclose(one, all_rows[chosen], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("view", [None, View(1, 0)])
def test_other_rows_are_added_to_what_is_kept_and_no_work_is_extracted_twice(
    sharded: Collection, using: Extractor, tmp_path: Path, view: View | None
) -> None:
    whole = collection_features(
        sharded, using, view=view, machine=Machine(cache=tmp_path / "whole")
    )
    first = [np.array(number, np.int64) for number in ([1, 5], [], [0, 7, 8], [4])]
    second = [np.array(number, np.int64) for number in ([0, 5, 6], [2], [], [4])]
    heard = []
    for rows in (first, second, None):
        steps = Steps()
        again = collection_features(
            sharded,
            using,
            view=view,
            rows=rows,
            machine=Machine(cache=tmp_path / "grown", progress=steps),
        )
        heard.append(steps.heard[-1][1:])
        for one, shard, number in zip(again, whole, range(4), strict=True):
            chosen = slice(None) if rows is None else rows[number]
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

    again = collection_features(collection, fresh, machine=Machine(cache=tmp_path))

    assert len(fresh._ready) == 1
    assert sum(map(len, again)) == collection.works > fresh.batch
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


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
    again = collection_features(sharded, using, machine=Machine(cache=tmp_path, progress=rest))

    assert len(kept) == 2
    assert [done for _, done, _ in rest.heard] == [9, 18]
    assert kept.items() <= _files(tmp_path).items()
    assert _same(again, features)


def test_killed_at_any_moment_and_started_again_it_ends_with_the_same_files(
    sharded: Collection, using: Extractor, small: Backbone, features: Features, tmp_path: Path
) -> None:
    collection_features(sharded, using, machine=Machine(cache=tmp_path / "whole"))
    caches = [tmp_path / str(number) for number in range(3)]
    assert killed_at_random(sharded, small, caches) == [-signal.SIGKILL] * 3

    for cache in caches:
        (cache / "features").mkdir(parents=True, exist_ok=True)
        before = _files(cache)
        assert _same(collection_features(sharded, using, machine=Machine(cache=cache)), features)
        assert _files(cache) == _files(tmp_path / "whole")
        assert {name: data for name, data in before.items() if "partial" not in name}.items() <= (
            _files(cache).items()
        )


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
    broken = altered(
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

    again = np.concatenate(collection_features(sharded, quick, machine=Machine(cache=tmp_path)))

    wanted = np.concatenate(features)
    norms = np.linalg.norm(again, axis=1) * np.linalg.norm(wanted, axis=1)
    assert quick.number_format == "bfloat16"
    assert ((again * wanted).sum(axis=1) / norms).min() > 0.99
    assert not np.array_equal(again, wanted)
