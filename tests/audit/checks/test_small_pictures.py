"""Small pictures, hashes and digests: what they depend on, what they do not, and their cache."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from morelli.audit.checks.small_pictures import (
    SIDE,
    joined,
    perceptual_hashes,
    signs,
    small_of,
    small_pictures,
)
from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.features.extract import shard_works
from morelli.machine import Machine

BITS = st.integers(0, 2**64 - 1)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def painting(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Soft blotches, drawn by chance."""
    values = np.random.default_rng(seed).integers(20, 236, (9, 12, 3), np.uint8)
    return Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)


def distance(one: np.uint64, other: np.uint64) -> int:
    return int(one ^ other).bit_count()


def test_works_stand_in_shard_order(collection: Collection, cache: Path) -> None:
    small = small_pictures(collection, machine=Machine(cache=cache))
    assert small.ids.tolist() == collection.table(["work_id"])["work_id"].to_pylist()
    assert small.pictures.shape == (collection.works, SIDE, SIDE)
    first = small_of([next(shard_works(collection, 0))])
    assert (small.pictures[0] == first.pictures[0]).all()
    assert (small.hashes[0], small.digests[0]) == (first.hashes[0], first.digests[0])


def test_the_number_of_threads_changes_nothing(collection: Collection) -> None:
    works = list(shard_works(collection, 0)) * 4
    one, many = small_of(works, workers=1), small_of(works, workers=3)
    for field in dataclasses.fields(one):
        assert (getattr(one, field.name) == getattr(many, field.name)).all()


def test_what_is_cached_is_not_made_again(collection: Collection, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    small_pictures(collection, machine=Machine(cache=tmp_path))
    path = next((tmp_path / "pictures").glob("*.safetensors"))
    arrays = load_file(path)
    marked = np.arange(len(arrays["hashes"]), dtype=np.uint64)
    save_file(arrays | {"hashes": marked}, path)
    hashes = small_pictures(collection, machine=Machine(cache=tmp_path)).hashes
    assert np.isin(marked, hashes).all()


def test_a_damaged_cache_is_made_again(collection: Collection, tmp_path: Path) -> None:
    before = small_pictures(collection, machine=Machine(cache=tmp_path))
    for path in (tmp_path / "pictures").iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    after = small_pictures(collection, machine=Machine(cache=tmp_path))
    assert (before.pictures == after.pictures).all()


def test_progress_is_heard_of_where_pictures_are_made(
    collection: Collection, tmp_path: Path
) -> None:
    steps: list[tuple[int, int]] = []

    class Listener:
        def note(self, text: str) -> None: ...

        def step(self, name: str, done: int, total: int, unit: str) -> None:
            steps.append((done, total))

    small_pictures(collection, machine=Machine(cache=tmp_path, progress=Listener()))
    assert steps[-1] == (collection.works, collection.works)

    steps.clear()
    small_pictures(collection, machine=Machine(cache=tmp_path, progress=Listener()))
    assert not steps


def test_a_cache_that_cannot_be_written_is_refused(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadFolder, match="cannot write"):
        small_pictures(collection, machine=Machine(cache=tmp_path / "file"))


def test_a_damaged_work_is_named() -> None:
    with pytest.raises(BadFolder, match="work abc of the collection is damaged"):
        small_of([("abc", b"no image")])


def test_size_and_aspect_hardly_change_the_picture() -> None:
    image = painting(0)
    sizes = [(160, 120), (320, 240), (80, 60), (128, 128)]
    small = small_of([("", encoded(image.resize(size))) for size in sizes])
    apart = np.abs(small.pictures[1:].astype(int) - small.pictures[0]).mean()
    assert apart < 3
    assert max(distance(one, small.hashes[0]) for one in small.hashes) <= 4


def test_hashes_of_strangers_differ_in_about_half_the_bits() -> None:
    hashes = small_of([("", encoded(painting(seed))) for seed in range(30)]).hashes
    apart = [distance(one, other) for one in hashes[:15] for other in hashes[15:]]
    assert 24 < np.mean(apart) < 40


def test_brightness_does_not_change_the_hash() -> None:
    picture = np.random.default_rng(0).integers(60, 190, (4, SIDE, SIDE), np.uint8)
    assert (perceptual_hashes(picture) == perceptual_hashes(picture + np.uint8(40))).all()


def test_a_hash_has_as_many_ones_as_zeros() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (9, SIDE, SIDE), np.uint8)
    assert [int(bits).bit_count() for bits in perceptual_hashes(picture)] == [32] * 9


@given(BITS, BITS)
def test_products_of_signs_count_the_bits_that_agree(one: int, other: int) -> None:
    first, second = signs(np.array([one, other], np.uint64))
    assert first @ second == 64 - 2 * (one ^ other).bit_count()


def test_digests_are_equal_where_all_pixels_are() -> None:
    image = painting(3)
    touched = image.copy()
    touched.putpixel((5, 5), (0, 0, 0))
    files = [encoded(image), encoded(image, "BMP"), encoded(touched)]
    small = small_of([(str(number), data) for number, data in enumerate(files)])
    assert small.digests[0] == small.digests[1] != small.digests[2]


def test_one_colour_in_another_shape_is_not_equal() -> None:
    shapes = [(30, 20), (20, 30), (60, 10)]
    small = small_of([("", encoded(Image.new("RGB", shape, "red"))) for shape in shapes])
    assert len(set(small.digests.tolist())) == 3


def test_no_works_make_no_pictures() -> None:
    small = joined([])
    assert len(small) == 0
    assert small.pictures.shape == (0, SIDE, SIDE)
