"""The demo's invented painters: the same every time, and recognised by hand rather than colour."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from morelli.invented.painters import PAINTERS, Painter, paint, write_paintings

Array = npt.NDArray[np.float64]
TINY = (48, 40)
WORKS = 24  # of each painter, the first half known and the second half attributed


def _same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and one.tobytes() == other.tobytes()


def test_there_are_six_painters_with_names_of_their_own() -> None:
    names = [painter.name for painter in PAINTERS]
    assert len(set(names)) == len(names) == 6
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda painter: painter.name)
def test_equal_arguments_give_equal_pixels(painter: Painter) -> None:
    assert _same(paint(painter, 3, seed=5, size=TINY), paint(painter, 3, seed=5, size=TINY))


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda painter: painter.name)
def test_another_number_or_seed_gives_another_picture(painter: Painter) -> None:
    picture = paint(painter, 3, seed=5, size=TINY)
    assert not _same(picture, paint(painter, 4, seed=5, size=TINY))
    assert not _same(picture, paint(painter, 3, seed=6, size=TINY))


def test_painting_neither_reads_nor_moves_the_global_generator() -> None:
    np.random.seed(1)
    before = paint(PAINTERS[0], 0, size=TINY)
    drawn = np.random.random()
    assert _same(before, paint(PAINTERS[0], 0, size=TINY))
    np.random.seed(1)
    assert np.random.random() == drawn


@pytest.mark.parametrize("size", [TINY, (40, 48), (1, 1), (7, 90), (161, 97)])
@pytest.mark.parametrize("painter", PAINTERS, ids=lambda painter: painter.name)
def test_a_picture_has_the_size_asked_for(painter: Painter, size: tuple[int, int]) -> None:
    picture = paint(painter, 0, size=size)
    assert picture.size == size
    assert picture.mode == "RGB"


def test_without_a_size_works_differ_in_shape_but_not_much_in_area() -> None:
    sizes = {paint(PAINTERS[0], number).size for number in range(8)}
    assert len(sizes) > 1
    assert all(0.85 < width * height / (320 * 256) < 1.15 for width, height in sizes)


def test_a_work_keeps_its_composition_at_another_size() -> None:
    large = np.asarray(paint(PAINTERS[0], 2, size=(192, 160)).resize((12, 10)), float)
    small = np.asarray(paint(PAINTERS[0], 2, size=(96, 80)).resize((12, 10)), float)
    assert np.abs(large - small).mean() < 12


def test_writing_makes_a_folder_for_each_painter(tmp_path: Path) -> None:
    paths = list(write_paintings(tmp_path / "new" / "folder", works=3, size=TINY))
    assert len(paths) == len(set(paths)) == 3 * len(PAINTERS)
    for painter in PAINTERS:
        folder = tmp_path / "new" / "folder" / painter.name
        expected = [f"{painter.name}-{number:03d}.jpg" for number in range(3)]
        assert sorted(path.name for path in folder.iterdir()) == expected
    with Image.open(paths[-1]) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", TINY)


def test_paths_are_yielded_one_by_one_as_the_files_appear(tmp_path: Path) -> None:
    paths = write_paintings(tmp_path, works=2, size=TINY)
    assert not list(tmp_path.iterdir())
    first = next(paths)
    assert list(tmp_path.rglob("*.jpg")) == [first]


def test_writing_again_writes_the_same_bytes(tmp_path: Path) -> None:
    once = list(write_paintings(tmp_path / "once", works=1, seed=2, size=TINY))
    again = list(write_paintings(tmp_path / "again", works=1, seed=2, size=TINY))
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]


@pytest.fixture(scope="module")
def works() -> Array:
    """Pixels as (painter, work, height, width, 3)."""
    return np.array(
        [
            [np.asarray(paint(painter, number, size=(96, 80)), float) for number in range(WORKS)]
            for painter in PAINTERS
        ]
    )


def _colour(pixels: Array) -> Array:
    means: Array = pixels.mean(axis=(-3, -2))
    return means


def _touch(pixels: Array) -> Array:
    """How fast the grey changes across, down and along both diagonals, and how much at all."""
    grey = pixels.mean(axis=-1)
    across, down = np.diff(grey, axis=-1)[..., :-1, :], np.diff(grey, axis=-2)[..., :-1]
    changes = (across, down, across + down, across - down)
    slopes = [np.abs(change).mean(axis=(-2, -1)) for change in changes]
    return np.stack([*slopes, grey.std(axis=(-2, -1))], axis=-1)


def _accuracy_of_nearest_mean(features: Array) -> float:
    """Attribute each painter's later works to the nearest mean of earlier works."""
    features = (features - features.mean(axis=(0, 1))) / features.std(axis=(0, 1))
    means, asked = features[:, : WORKS // 2].mean(axis=1), features[:, WORKS // 2 :]
    nearest = ((asked[:, :, None] - means) ** 2).sum(axis=-1).argmin(axis=-1)
    return float((nearest == np.arange(len(PAINTERS))[:, None]).mean())


def test_painters_are_recognised_by_their_touch(works: Array) -> None:
    assert _accuracy_of_nearest_mean(_touch(works)) > 0.6


def test_colour_helps_but_does_not_settle_it(works: Array) -> None:
    assert 1.5 / len(PAINTERS) < _accuracy_of_nearest_mean(_colour(works)) < 0.8


def test_the_works_of_one_painter_vary(works: Array) -> None:
    assert (_colour(works).std(axis=1).mean(axis=-1) > 8).all()
