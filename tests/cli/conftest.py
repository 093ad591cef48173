"""What the tests of the command line share."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli.command import Shards
from PIL import Image


@pytest.fixture(autouse=True)
def _own_surroundings(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORELLI_CACHE", str(cache))
    monkeypatch.delenv("MORELLI_WEIGHTS", raising=False)


@pytest.fixture
def folder(paintings: Path) -> Path:
    """A folder of twelve images."""
    return min(paintings.iterdir())


@pytest.fixture
def mixed(folder: Path, tmp_path: Path) -> list[Path]:
    """A good image, one cut off, a letter, a missing one, and a good one."""
    good, other, *_ = sorted(folder.iterdir())
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:300])
    (tmp_path / "letter.txt").write_text("Dear colleague")
    return [good, tmp_path / "cut.jpg", tmp_path / "letter.txt", tmp_path / "gone.png", other]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that a command of this process shows in the browser."""
    addresses: list[str] = []

    def show(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", show)
    return addresses


@pytest.fixture(scope="session")
def shards(paintings: Path) -> Shards:
    """Make a folder of Parquet shards of these paintings, scaled up by a factor."""
    files = sorted(paintings.glob("*/*.jpg"))

    def write_shards(folder: Path, count: int, scale: int) -> Path:
        folder.mkdir(parents=True)
        for number in range(count):
            chosen = files[number::count]
            images = [{"bytes": enlarged(path, scale), "path": path.name} for path in chosen]
            artists = [path.parent.name for path in chosen]
            table = pa.table({"image": images, "artist": artists})
            pq.write_table(table, folder / f"{number:02}.parquet")
        return folder

    return write_shards


def enlarged(path: Path, scale: int) -> bytes:
    buffer = io.BytesIO()
    with Image.open(path) as image:
        size = (image.width * scale, image.height * scale)
        image.resize(size).save(buffer, "JPEG")
    return buffer.getvalue()
