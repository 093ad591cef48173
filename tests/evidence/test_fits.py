"""Parts are calibrated on a few drawn ones, whose features are kept for other heads."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from morelli.classifier import Classifier
from morelli.data.decoding import decode
from morelli.errors import BadFolder
from morelli.evidence.fits import (
    SETTINGS,
    draw_parts,
    fit_parts,
    fit_regions,
    load_fits,
    save_fits,
)
from morelli.evidence.regions import LEAST, PartsFit, boxes_of, log_probabilities_of_parts
from morelli.runs.folder import Run

FITS = (PartsFit(1 / 2, 1.5, 0.6, 30, 128.0), PartsFit(1 / 3, 2.5, 0.4, 30, 85.0))


@pytest.fixture(scope="module")
def classifier(run: Run) -> Classifier:
    return run.classifier


@pytest.fixture(scope="module")
def labelled(run: Run, paintings: Path) -> list[tuple[bytes, int]]:
    """A painting by each of three painters, twice as large, with its label."""
    paths = sorted(paintings.glob("*/*"))[::24]
    return [(_enlarged(path), run.classifier.class_names.index(path.parent.name)) for path in paths]


def _enlarged(path: Path) -> bytes:
    image = Image.open(path).convert("RGB")
    buffer = io.BytesIO()
    image.resize((image.width * 2, image.height * 2)).save(buffer, "PNG")
    return buffer.getvalue()


def test_calibration_counts_what_parts_of_known_works_are_classified_as(
    classifier: Classifier, labelled: list[tuple[bytes, int]]
) -> None:
    half, third = fit_regions(classifier, labelled, per_scale=100)

    right, count = 0, 0
    for data, label in labelled:
        image = decode(data)
        boxes = boxes_of(image.size, 1 / 2)
        predicted = log_probabilities_of_parts(classifier, image, boxes).argmax(axis=1)
        right, count = right + int((predicted == label).sum()), count + len(predicted)
    assert (half.scale, third.scale) == (1 / 2, 1 / 3)
    assert (half.parts, half.side, third.side) == (count, 48, 32)
    assert half.accuracy == pytest.approx(right / count)


def test_parts_that_are_sure_and_wrong_are_made_unsure() -> None:
    probabilities = np.full((4, 6), 0.02) + 0.88 * np.eye(6)[[1, 2, 3, 4]]
    sure = np.log(probabilities).astype(np.float32)

    right, wrong = (fit_parts(1 / 2, sure, labels, np.full(4, 60)) for labels in _LABELS)

    assert (right.accuracy, wrong.accuracy) == (1, 0)
    assert right.temperature < 1
    assert wrong.temperature > 10


_LABELS = (np.array([1, 2, 3, 4]), np.array([0, 1, 2, 3]))


def test_the_same_seed_draws_the_same_parts_and_no_more_than_asked(
    labelled: list[tuple[bytes, int]],
) -> None:
    files = [data for data, _ in labelled]

    one, again, other = (draw_parts(files, (1 / 2, 1 / 3), 4, seed) for seed in (0, 0, 1))

    assert one.boxes == again.boxes != other.boxes
    for work, boxes in zip(files, one.boxes, strict=True):
        size = decode(work).size
        assert set(boxes[:4]) <= set(boxes_of(size, 1 / 2))
        assert set(boxes[4:]) <= set(boxes_of(size, 1 / 3))
        assert len(set(boxes)) == 8
    assert one.works.tolist() == np.repeat([0, 1, 2], 8).tolist()
    assert one.sides.tolist() == [box[2] - box[0] for boxes in one.boxes for box in boxes]


def test_works_too_small_for_parts_calibrate_nothing(
    classifier: Classifier, paintings: Path, tmp_path: Path
) -> None:
    path = next(paintings.glob("*/*"))
    assert min(Image.open(path).size) / 2 < LEAST

    assert fit_regions(classifier, [(path.read_bytes(), 0)], cached=tmp_path) == ()
    assert fit_regions(classifier, [], cached=tmp_path) == ()


def test_features_of_parts_are_kept_for_another_head_and_change_with_what_they_depend_on(
    classifier: Classifier, labelled: list[tuple[bytes, int]], tmp_path: Path
) -> None:
    def kept(works: list[tuple[bytes, int]], seed: int = 0) -> tuple[int, tuple[PartsFit, ...]]:
        fits = fit_regions(classifier, works, seed=seed, cached=tmp_path)
        return len(list(tmp_path.rglob("*.safetensors"))), fits

    relabelled = [(data, (label + 1) % 6) for data, label in labelled]
    plain = fit_regions(classifier, labelled)

    assert kept(labelled) == (1, plain)
    assert kept(labelled) == (1, plain)
    assert kept(relabelled)[0] == 1
    assert kept(labelled, seed=1)[0] == 2
    assert kept(labelled[:2])[0] == 3


def test_kept_features_are_not_computed_again(
    classifier: Classifier, labelled: list[tuple[bytes, int]], tmp_path: Path
) -> None:
    fits = fit_regions(classifier, labelled, cached=tmp_path)
    (kept,) = tmp_path.rglob("*.safetensors")
    features = load_file(kept)["features"]

    save_file({"features": features.flip(0).contiguous()}, kept)

    assert fit_regions(classifier, labelled, cached=tmp_path) != fits


@pytest.mark.parametrize("fits", [FITS, FITS[:1], ()])
def test_fits_are_read_as_they_were_written(fits: tuple[PartsFit, ...], tmp_path: Path) -> None:
    save_fits(tmp_path, fits)

    assert load_fits(tmp_path) == fits


def test_altered_or_missing_fits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=f"it has no {SETTINGS}"):
        load_fits(tmp_path)
    save_fits(tmp_path, FITS)
    text = (tmp_path / SETTINGS).read_text("utf-8").replace("0.6", "0.9")
    (tmp_path / SETTINGS).write_text(text, "utf-8")

    with pytest.raises(BadFolder, match=f"{SETTINGS} was altered or is damaged"):
        load_fits(tmp_path)
