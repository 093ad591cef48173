"""Parts cover the image, are judged alone at full resolution, and are calibrated for each scale."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from morelli.evaluation.calibration import tempered
from morelli.evidence.fits import fit_parts
from morelli.evidence.regions import (
    LEAST,
    SCALES,
    boxes_of,
    log_probabilities_of_parts,
    regions_of,
)
from morelli.runs.folder import Run

SIDES = st.integers(1, 20_000)


@given(width=SIDES, height=SIDES, scale=st.sampled_from(SCALES), most=st.integers(8, 120))
def test_parts_lie_within_the_image_reach_its_edges_and_are_not_too_many(
    width: int, height: int, scale: float, most: int
) -> None:
    boxes = boxes_of((width, height), scale, most)

    side = round(scale * min(width, height))
    assert bool(boxes) == (side >= LEAST)
    assert len(boxes) <= most
    assert len(set(boxes)) == len(boxes)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert right - left == bottom - top == side
    if boxes and len({box[0] for box in boxes}) > 1 and len({box[1] for box in boxes}) > 1:
        assert min(box[0] for box in boxes) == min(box[1] for box in boxes) == 0
        assert max(box[2] for box in boxes) == width
        assert max(box[3] for box in boxes) == height


@given(width=st.integers(200, 3000), aspect=st.floats(1, 2), scale=st.sampled_from(SCALES))
def test_parts_of_a_usual_picture_overlap_by_half(width: int, aspect: float, scale: float) -> None:
    boxes = boxes_of((width, round(width * aspect)), scale)

    side = round(scale * width)
    for starts in (sorted({box[0] for box in boxes}), sorted({box[1] for box in boxes})):
        assert max(np.diff(starts)) <= side / 2 + 1


@pytest.mark.parametrize("size", [(60_000, 300), (300, 60_000)])
def test_a_scroll_has_parts_along_its_whole_length(size: tuple[int, int]) -> None:
    long = 0 if size[0] > size[1] else 1

    starts = sorted({box[long] for box in boxes_of(size, 1 / 2)})

    assert starts[0] == 0
    assert starts[-1] == 60_000 - 150
    assert np.ptp(np.diff(starts)) <= 1


def test_each_part_is_classified_as_if_it_were_a_work(run: Run) -> None:
    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (160, 200, 3), np.uint8))
    boxes = boxes_of(image.size, 1 / 2)

    log_probabilities = log_probabilities_of_parts(run.classifier, image, boxes)

    side = run.classifier.using.parts[0].frozen.backbone.crop
    one = image.crop(boxes[5]).resize((side, side), Image.Resampling.BILINEAR)
    features = run.classifier.using.parts[0].forward([np.array(one)]).float().numpy()
    assert log_probabilities.shape == (len(boxes), len(run.classifier.class_names))
    np.testing.assert_allclose(np.exp(log_probabilities).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(
        log_probabilities[5], run.classifier.log_probabilities(features)[0], atol=0.05
    )  # bfloat16 rounds by batch


def test_a_large_image_is_reduced_first_and_says_the_same(run: Run, paintings: Path) -> None:
    small = Image.open(sorted(paintings.glob("*/*"))[5]).convert("RGB")
    large = small.resize((2800, 2100), Image.Resampling.BICUBIC)
    whole = (0, 0, 2100, 2100)  # of which three reduce to one
    cut = large.crop(whole).resize((671, 671), Image.Resampling.BOX)

    of_large = log_probabilities_of_parts(run.classifier, large, [whole])
    of_small = log_probabilities_of_parts(run.classifier, cut, [(0, 0, 671, 671)])

    np.testing.assert_allclose(np.exp(of_large), np.exp(of_small), atol=0.03)


def test_halves_of_a_picture_of_two_painters_disagree(run: Run, paintings: Path) -> None:
    works = sorted(paintings.glob("*/*"))
    names = run.classifier.class_names
    by_answer: dict[str, list[tuple[float, Path]]] = {name: [] for name in names}
    for work in works:
        answer = run.classifier.attribute(work)
        by_answer[answer.best].append((answer.probabilities[answer.best], work))
    one, other = (max(group) for group in sorted(by_answer.values(), key=len)[-2:])
    both = Image.new("RGB", (640, 240))
    for start, (_, path) in ((0, one), (320, other)):
        both.paste(Image.open(path).convert("RGB").resize((320, 240)), (start, 0))

    halves = [(0, 0, 320, 240), (320, 0, 640, 240)]
    left, right = log_probabilities_of_parts(run.classifier, both, halves)

    labels = [names.index(run.classifier.attribute(path).best) for _, path in (one, other)]
    assert left[labels[0]] > right[labels[0]]
    assert right[labels[1]] > left[labels[1]]


def test_probabilities_of_parts_are_tempered_by_their_scale(run: Run) -> None:
    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (120, 150, 3), np.uint8))
    labels = np.array([0, 1, 2, 3])
    log_probabilities = np.log(np.full((4, 6), 0.02) + 0.88 * np.eye(6)[[1, 2, 3, 4]]).astype(
        np.float32
    )
    fit = fit_parts(SCALES[0], log_probabilities, labels, np.full(4, 60))

    raw = regions_of(run.classifier, image)
    calibrated = regions_of(run.classifier, image, fits=(fit,))

    expected = np.exp(tempered(np.log(raw[0].probabilities), fit.temperature))
    assert fit.temperature > 10  # it was sure, and always wrong
    np.testing.assert_allclose(calibrated[0].probabilities, expected, atol=1e-5)
    np.testing.assert_array_equal(calibrated[0].predicted, raw[0].predicted)
    np.testing.assert_array_equal(calibrated[1].probabilities, raw[1].probabilities)
    assert (calibrated[0].fit, calibrated[1].fit) == (fit, None)


def test_parts_agree_or_are_listed_as_disagreeing_the_surest_first(run: Run) -> None:
    random = np.random.default_rng(1)
    image = Image.fromarray(random.integers(0, 256, (200, 260, 3), np.uint8))

    for parts in regions_of(run.classifier, image):
        for label in range(6):
            against = parts.disagreeing(label)
            confidence = parts.probabilities[list(against)].max(axis=1)
            assert parts.agreeing(label) + len(against) == len(parts.boxes)
            assert (np.diff(confidence) <= 0).all()
            assert all(parts.predicted[part] != label for part in against)
