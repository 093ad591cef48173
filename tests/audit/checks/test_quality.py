"""Class sizes, small images, grey images and files that could not be used."""

import math
from pathlib import Path

import numpy as np
import pytest
from data.small import Listening, encoded, picture, write_shards
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from morelli.audit.checks.quality import (
    GREY,
    INPUT,
    class_sizes,
    colours_of,
    measured_colours,
    quality,
    read_quarantine,
    short_sides,
)
from morelli.data.collection import Collection
from morelli.data.ingest import ingest


def test_class_sizes_tell_tiny_classes_and_those_left_out() -> None:
    sizes = class_sizes(np.repeat([4, 0, 2, 1, -1], [40, 2, 9, 10, 5]))
    assert sizes.counts == {0: 2, 1: 10, 2: 9, 4: 40}
    assert sizes.ratio == 20
    assert sizes.tiny == (0, 2)
    assert sizes.left_out == (0,)
    assert 1 < sizes.effective < 4


@given(st.integers(1, 12), st.integers(1, 30))
def test_equal_classes_are_as_many_as_they_are(classes: int, works: int) -> None:
    sizes = class_sizes(np.repeat(np.arange(classes), works))
    assert sizes.effective == pytest.approx(classes)
    assert sizes.ratio == 1


def test_without_labels_there_are_no_classes() -> None:
    sizes = class_sizes(np.full(5, -1))
    assert (sizes.counts, sizes.ratio, sizes.effective, sizes.tiny) == ({}, 0.0, 0.0, ())


def test_chroma_is_the_distance_from_grey() -> None:
    assert colours_of(Image.new("RGB", (8, 8), (90, 90, 90))) == pytest.approx((0, 0), abs=0.5)
    chroma, spread = colours_of(Image.new("RGB", (8, 8), (255, 0, 0)))
    # Red is Cb 85 and Cr 255 in JPEG's YCbCr.
    assert chroma == pytest.approx(math.hypot(128 - 85, 255 - 128), abs=1)
    assert spread == 0
    half = Image.new("RGB", (8, 8), "black")
    half.paste((255, 255, 255), (0, 0, 4, 8))
    assert colours_of(half) == pytest.approx((0, 127.5), abs=0.5)


def test_grey_and_one_colour_images_are_found_among_coloured_ones(tmp_path: Path) -> None:
    grey = encoded(picture(50).convert("L"))
    blue = encoded(Image.new("RGB", (40, 30), (20, 40, 200)))
    source = write_shards(tmp_path / "shards", 1, {1: grey, 5: blue})
    works = ingest(source, tmp_path / "made", size=24)
    labels = np.array(works.table(["artist"])["artist"].to_pylist())
    rows = works.table(["source_row"])["source_row"].to_pylist()
    looked = quality(works, labels)
    assert [rows[work] for work in looked.near_grey] == [1]
    assert [rows[work] for work in looked.one_colour] == [5]
    assert looked.colours.chroma[looked.near_grey].max() < GREY


def test_small_works_are_known_by_what_the_collection_keeps(tmp_path: Path) -> None:
    images: dict[int, bytes | None] = {
        0: encoded(picture(0, (600, 400))),
        1: encoded(picture(1, (300, 230))),
    }
    source = write_shards(tmp_path / "shards", 1, images)
    whole, small = (ingest(source, tmp_path / f"{n}", size=n) for n in (240, 100))
    assert sorted(short_sides(whole).tolist())[-2:] == [230, 240]
    labels = np.zeros(whole.works, np.int64)
    assert len(quality(whole, labels).low_resolution) == whole.works - 2
    assert len(quality(small, labels).low_resolution) == small.works
    sides = short_sides(whole)[quality(whole, labels).low_resolution]
    assert (np.diff(sides) >= 0).all()
    assert sides.max() < INPUT


def test_quarantined_files_are_read_with_their_reasons(tmp_path: Path) -> None:
    source = write_shards(tmp_path / "shards", 1, {3: b"no image, but a comma", 0: None})
    works = ingest(source, tmp_path / "made", size=16, max_bad=0.5)
    quarantined = read_quarantine(works)
    assert {bad.row for bad in quarantined} == {0, 3}
    assert all(bad.shard == "train-0.parquet" and bad.reason for bad in quarantined)
    assert quality(works, np.zeros(works.works, np.int64)).quarantined == quarantined
    (works.folder / "quarantine.csv").unlink()
    assert read_quarantine(works) == ()


def test_each_work_is_looked_at_once_and_progress_hears_of_it(collection: Collection) -> None:
    progress = Listening()
    colours = measured_colours(collection, progress)
    assert colours.chroma.shape == colours.spread.shape == (collection.works,)
    assert progress.steps[-1] == ("colours", collection.works, collection.works, "works")
