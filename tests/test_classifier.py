"""A classifier: alone in its folder it says the same, of images in any form."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from morelli.classifier import Attribution, Classifier, Unreadable
from morelli.data.collection import Collection
from morelli.data.folders import checksum
from morelli.data.forms import ImageLike
from morelli.errors import BadFolder, UserError
from morelli.features import extractor as extractors
from morelli.runs.folder import Run, load
from morelli.saved import load_classifier, save_classifier


@pytest.fixture(scope="module")
def classifier(run: Run) -> Classifier:
    """The shared run's classifier."""
    return run.classifier


@pytest.fixture(scope="module")
def files(paintings: Path) -> list[Path]:
    """Two paintings of each painter."""
    return [path for folder in sorted(paintings.iterdir()) for path in sorted(folder.iterdir())[:2]]


@pytest.fixture
def alone(run: Run, tmp_path: Path) -> Path:
    """A copy of the classifier's folder."""
    return shutil.copytree(run.folder / "classifier", tmp_path / "alone")


def _near(one: Attribution, other: Attribution, by: float = 0.03) -> bool:
    return all(
        abs(one.probabilities[name] - other.probabilities[name]) <= by for name in one.probabilities
    )


def test_an_attribution_gives_every_class_its_probability_the_likeliest_first(
    classifier: Classifier, collection: Collection, files: list[Path]
) -> None:
    found = classifier.attribute(files[0])

    probabilities = list(found.probabilities.values())
    assert (found.image, found.task) == (str(files[0]), "artist")
    assert set(found.probabilities) == set(collection.counts)
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert found.top(2) == list(found.probabilities.items())[:2]
    assert found.best == found.top(1)[0][0]


def test_a_path_a_string_and_bytes_say_the_same(classifier: Classifier, files: list[Path]) -> None:
    path, text = classifier.attribute(files[0]), classifier.attribute(str(files[0]))
    data = classifier.attribute(files[0].read_bytes())

    assert path == text
    assert (data.image, data.probabilities) == ("image", path.probabilities)


def test_pillow_images_and_arrays_of_the_same_pixels_say_the_same(
    classifier: Classifier, files: list[Path]
) -> None:
    with Image.open(files[0]) as image:
        opened = classifier.attribute(image)
        pixels = np.asarray(image)
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])

    assert opened.image == str(files[0])
    assert _near(opened, classifier.attribute(files[0]))
    for same in (pixels, np.asfortranarray(pixels), opaque, Image.fromarray(pixels)):
        found = classifier.attribute(same)
        assert (found.image, found.probabilities) == ("image", opened.probabilities)


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (b"", "image: the file is empty"),
        (b"no image", "image: not an image of a known format"),
        (Image.new("F", (8, 8)), "image: pixels are floating-point numbers"),
        ("/nowhere/at all.jpg", "/nowhere/at all.jpg: No such file"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_an_image_that_cannot_be_read_is_named_with_the_reason(
    classifier: Classifier, image: ImageLike, told: str
) -> None:
    with pytest.raises(UserError, match=f"^{told}"):
        classifier.attribute(image)


def test_a_source_file_of_the_collection_is_told_as_in_the_predictions(
    run: Run, classifier: Classifier, files: list[Path]
) -> None:
    table = pq.read_table(run.folder / "predictions.parquet")
    known = dict(
        zip(table["work_id"].to_pylist(), table["log_probabilities"].to_pylist(), strict=True)
    )

    for path in files:
        told = np.exp(known[hashlib.sha256(path.read_bytes()).hexdigest()])
        found = classifier.attribute(path)
        assert found.best == classifier.class_names[int(told.argmax())]
        wanted = dict(zip(classifier.class_names, told.tolist(), strict=True))
        assert found.probabilities == pytest.approx(wanted, abs=0.03)


def test_many_files_are_told_in_order_and_bad_ones_do_not_stop_it(
    classifier: Classifier, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "empty.jpg").touch()
    bad = [tmp_path / "none.jpg", tmp_path / "text.jpg", tmp_path, tmp_path / "empty.jpg"]
    asked = [files[0], *bad, *files * 3]

    found = list(classifier.attribute_files(asked))

    alone = {path: classifier.attribute(path) for path in files}
    assert [each.image for each in found] == [str(path) for path in asked]
    assert [each.reason for each in found if isinstance(each, Unreadable)] == [
        "No such file or directory",
        "not an image of a known format",
        "Is a directory",
        "the file is empty",
    ]
    for path, each in zip(asked, found, strict=True):
        if path not in bad:
            assert isinstance(each, Attribution)
            assert _near(each, alone[path])


def test_no_files_and_only_bad_ones_are_told_too(classifier: Classifier, tmp_path: Path) -> None:
    assert list(classifier.attribute_files([])) == []
    assert list(classifier.attribute_files([tmp_path / "none.jpg"])) == [
        Unreadable(str(tmp_path / "none.jpg"), "No such file or directory")
    ]


def test_alone_in_its_folder_it_says_the_same(
    classifier: Classifier, alone: Path, files: list[Path]
) -> None:
    found = load(alone, workers=1)

    assert (found.task, found.class_names, found.size) == ("artist", classifier.class_names, 48)
    assert found.using.workers == 1
    assert found.attribute(files[3]) == classifier.attribute(files[3])


def test_saved_again_it_has_the_same_bytes(
    classifier: Classifier, alone: Path, tmp_path: Path
) -> None:
    save_classifier(tmp_path / "again", classifier)

    names = {path.name for path in (tmp_path / "again").iterdir()}
    evidence = {"known.json", "known.safetensors", "parts.json"}
    assert names == {path.name for path in alone.iterdir()} - evidence
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (alone / name).read_bytes()


@pytest.mark.parametrize("name", ["head.safetensors", "backbone-squeezenet1_1.safetensors"])
def test_an_altered_or_missing_tensor_file_is_named(alone: Path, name: str) -> None:
    data = bytearray((alone / name).read_bytes())
    data[-1] ^= 1
    (alone / name).write_bytes(data)

    with pytest.raises(BadFolder, match=f"{name} was altered"):
        load(alone)
    (alone / name).unlink()
    with pytest.raises(BadFolder, match=f"{name} is missing"):
        load(alone)


def _settings(alone: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((alone / "classifier.json").read_text(encoding="utf-8"))
    return said


def _write(alone: Path, said: object) -> None:
    (alone / "classifier.json").write_text(json.dumps(said), encoding="utf-8")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said | {"class_names": said["class_names"][::-1]},
        lambda said: said | {"size": 64},
        lambda said: {key: value for key, value in said.items() if key != "digest"},
        lambda said: [said],
    ],
)
def test_an_altered_classifier_json_is_found(
    alone: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    _write(alone, spoil(_settings(alone)))

    with pytest.raises(BadFolder, match=r"classifier\.json was altered or is damaged"):
        load(alone)


def test_a_classifier_json_that_is_missing_newer_older_or_no_json_is_refused(alone: Path) -> None:
    _write(alone, _settings(alone) | {"format": 99})
    with pytest.raises(BadFolder, match="newer Morelli; upgrade"):
        load(alone)
    _write(alone, _settings(alone) | {"format": 1})
    with pytest.raises(BadFolder, match="older Morelli; make it anew"):
        load(alone)
    (alone / "classifier.json").write_bytes(b"\xff")
    with pytest.raises(BadFolder, match="altered or is damaged"):
        load(alone)
    (alone / "classifier.json").unlink()
    with pytest.raises(BadFolder, match=r"no classifier \(it has no classifier\.json\)"):
        load(alone)


@pytest.mark.parametrize(
    "changed",
    [
        {"head": {"width": 512, "hidden": 5, "dropout": 0.5, "standardise": True}},
        {"head": {"width": 1024, "hidden": 32, "dropout": 0.5, "standardise": True}},
    ],
    ids=str,
)
def test_tensors_that_do_not_fit_what_is_said_of_them_are_refused(
    alone: Path, changed: dict[str, Any]
) -> None:
    said = _settings(alone) | changed
    _write(alone, said | {"digest": checksum(said)})

    with pytest.raises(BadFolder, match="is damaged"):
        load(alone)


def test_where_there_is_no_bfloat16_it_computes_in_float32(
    classifier: Classifier, alone: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _settings(alone) | {"number_format": "bfloat16"}
    _write(alone, said | {"digest": checksum(said)})
    monkeypatch.setattr(extractors, "_has_bfloat16", lambda device: False)

    found = load_classifier(alone)

    assert found.using.number_format == "float32"
    assert _near(found.attribute(files[0]), classifier.attribute(files[0]), by=0.05)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_or_a_file_in_the_way_is_told(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / f".backbone-squeezenet1_1.safetensors.{os.getpid()}.partial").symlink_to(
        "/dev/full"
    )

    with pytest.raises(BadFolder, match="no space is left on the disk"):
        save_classifier(tmp_path, classifier)
    assert {path.name for path in tmp_path.iterdir()} == {"head.safetensors"}
    with pytest.raises(BadFolder, match="a file of that name is in the way"):
        save_classifier(tmp_path / "head.safetensors", classifier)


def test_an_attribution_shows_itself_in_a_notebook_with_names_escaped() -> None:
    found = Attribution("<b>.jpg", "artist", {f"<{n}>": 0.5 / (n + 1) for n in range(7)})

    shown = found._repr_html_()

    assert "&lt;b&gt;.jpg" in shown
    assert "<td>&lt;0&gt;</td><td>50.0%</td>" in shown
    assert shown.count("<tr>") == 6
