"""The demo, small."""

from pathlib import Path

import pytest

from morelli.errors import BadFolder
from morelli.invented.demo import Demo, _weights, demo
from morelli.invented.painters import PAINTERS
from morelli.runs.folder import open_run


@pytest.fixture(autouse=True)
def _no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without weights."""
    monkeypatch.delenv("MORELLI_WEIGHTS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A small demo; its module's first test takes away the weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MORELLI_WEIGHTS", raising=False)
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        return demo(tmp_path_factory.mktemp("demo") / "out", works=10, size=(48, 40))


def test_it_paints_ingests_and_trains(played: Demo) -> None:
    assert len(list(played.paintings.glob("*/*.jpg"))) == 10 * len(PAINTERS)
    assert open_run(played.run.folder).about.split == {"train": 36, "val": 12, "test": 12}
    assert played.run.metrics["train"].accuracy > played.run.metrics["train"].majority


def test_it_says_that_weights_were_random(played: Demo) -> None:
    assert played.random
    assert played.run.about.backbone.origin == "random"


def test_it_attributes_new_works_of_every_painter(played: Demo) -> None:
    painters = {painter.name for painter in PAINTERS}

    assert len(played.new_works) == 2 * len(painters)
    assert {work.painter for work in played.new_works} == painters
    for work in played.new_works:
        assert (played.new.parent / work.image).is_file()
        assert set(work.attribution.probabilities) == painters
    learned = {path.read_bytes() for path in played.paintings.glob("*/*.jpg")}
    assert not learned & {path.read_bytes() for path in played.new.glob("*/*.jpg")}


def test_all_stays_in_its_folder(played: Demo) -> None:
    top = played.paintings.parent

    assert {path.name for path in top.iterdir()} == {
        "paintings",
        "new",
        "collection",
        "cache",
        "run",
    }


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(BadFolder, match="is not empty; choose a new folder"):
        demo(tmp_path)
    with pytest.raises(BadFolder, match="a file of that name is in the way"):
        demo(tmp_path / "mine.txt")

    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_weights_that_are_there_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _weights() == "random"
    monkeypatch.setenv("MORELLI_WEIGHTS", "random")

    assert _weights() == ""
