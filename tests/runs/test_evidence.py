"""Evidence is put together for any image, told on a page, and never claims what it lacks."""

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import SCHEMES, WIDTHS, Audit, audited
from evidence_known import known_works
from PIL import Image
from playwright.sync_api import Browser

from morelli.data.collection import Collection
from morelli.errors import UserError
from morelli.evidence.known import Known
from morelli.evidence.regions import fit_regions
from morelli.reporting.report import render
from morelli.runs.evidence import PICTURE, Evidence, Grounds, evidence_for
from morelli.runs.evidence_page import PAGE, evidence_page, write_evidence
from morelli.runs.evidence_parts import cells_of
from morelli.runs.folder import Run
from morelli.runs.works_shown import pictures_of


@pytest.fixture(scope="module")
def grounds(run: Run, collection: Collection, cache: Path) -> Grounds:
    """All that evidence of the small run is drawn from."""
    return Grounds(run.classifier, known_works(collection, run.classifier, cache))


@pytest.fixture(scope="module")
def painting(paintings: Path) -> Path:
    """A painting of the collection, four times as large."""
    path = sorted(paintings.glob("*/*"))[0]
    large = path.parent.parent.parent / "large of & <b>.png"
    image = Image.open(path).convert("RGB")
    image.resize((image.width * 4, image.height * 4), Image.Resampling.BICUBIC).save(large)
    return large


@pytest.fixture(scope="module")
def evidence(grounds: Grounds, painting: Path) -> Evidence:
    """Evidence of that painting, its parts calibrated."""
    data = painting.read_bytes()
    fits = fit_regions(grounds.classifier, [(data, 0), (data, 1)])
    return evidence_for(replace(grounds, fits=fits), painting)


@pytest.fixture(scope="module")
def written(
    evidence: Evidence, collection: Collection, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The page of that evidence, in a new folder, with its neighbours' pictures."""
    places = [each.place for each in evidence.neighbours]
    pictures = pictures_of(collection.folder, places, [each.id for each in evidence.neighbours])
    return write_evidence(tmp_path_factory.mktemp("seen") / "new" / "folder", evidence, pictures)


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of an image's file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_the_answer_is_that_of_the_classifier(
    grounds: Grounds, evidence: Evidence, painting: Path
) -> None:
    told = grounds.classifier.attribute(painting)

    assert list(evidence.attribution.probabilities) == list(told.probabilities)
    assert evidence.attribution.probabilities == pytest.approx(told.probabilities, abs=1e-6)
    assert evidence.class_names[evidence.label] == told.best
    assert evidence.attribution.image == str(painting)


def test_everything_is_there_and_the_sentence_counts_it(evidence: Evidence) -> None:
    large, small = (each.agreeing(evidence.label) for each in evidence.regions)
    near = sum(each.label == evidence.label for each in evidence.neighbours)

    assert [len(each.boxes) for each in evidence.regions] == [15, 35]
    assert len(evidence.neighbours) == 5
    assert [look.network for look in evidence.looks] == ["squeezenet1_1"]
    assert len(evidence.looks[0].check.correlations) == 2
    assert (
        f"{large} of 15 large parts, {small} of 35 small parts and {near} of the 5 closest works "
        "agree, and 12 works of the class taught it" in evidence.sentence
    )
    assert "12 training works of the class are few" in evidence.sentence
    assert all(each in evidence.sentence for each in evidence.doubts)


def test_the_work_itself_is_closest_unless_it_is_left_out(
    grounds: Grounds, collection: Collection
) -> None:
    known = grounds.known
    data = pictures_of(collection.folder, [(0, 3)])[0, 3]
    itself = known.ids[(known.shards == 0) & (known.rows == 3)][0]

    within = evidence_for(grounds, data).neighbours
    without = evidence_for(grounds, data, without_itself=True).neighbours

    assert within[0].id == itself
    assert within[0].distance == pytest.approx(0, abs=1e-3)
    assert [each.id for each in without[:4]] == [each.id for each in within[1:]]


def test_a_class_with_fewer_works_than_neighbours_asked_for_is_named(
    grounds: Grounds, painting: Path
) -> None:
    known = grounds.known
    first = np.concatenate([np.flatnonzero(known.labels == label)[:2] for label in range(6)])
    few = Known(
        known.features[first],
        known.labels[first],
        known.class_names,
        known.ids[first],
        known.shards[first],
        known.rows[first],
    )

    found = evidence_for(replace(grounds, known=few), painting, neighbours=50)

    assert len(found.neighbours) == 12
    assert "the class has fewer works than the neighbours looked at" in found.doubts


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (63, 40)])
def test_an_image_smaller_than_the_networks_input_has_no_parts_and_says_so(
    grounds: Grounds, size: tuple[int, int], tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (*size[::-1], 3), np.uint8))

    found = evidence_for(grounds, file_of(image))

    assert found.regions == ()
    assert "it is too small to be cut into parts" in found.doubts
    assert any(each.startswith("the image is small") for each in found.doubts)
    assert "too small to be cut into parts" in write_evidence(tmp_path, found).read_text("utf-8")


def test_an_image_of_one_colour_is_answered_and_named(grounds: Grounds, tmp_path: Path) -> None:
    found = evidence_for(grounds, file_of(Image.new("RGB", (300, 200), (90, 90, 200))))

    assert "the image is nearly of one colour" in found.doubts
    assert all(np.isfinite(look.found).all() for look in found.looks)
    assert all(np.isfinite(parts.probabilities).all() for parts in found.regions)
    assert write_evidence(tmp_path, found).is_file()


@pytest.mark.parametrize("size", [(12_000, 100), (100, 12_000)])
def test_a_scroll_is_looked_at_along_its_length(
    grounds: Grounds, size: tuple[int, int], tmp_path: Path
) -> None:
    ramp = Image.linear_gradient("L").resize(size).convert("RGB")

    found = evidence_for(grounds, file_of(ramp))

    assert any("judged by its middle, 1 % of it" in each for each in found.doubts)
    assert 8 <= len(found.regions[0].boxes) <= 96
    assert max(found.picture.size) == PICTURE
    page = write_evidence(tmp_path, found).read_text("utf-8")
    assert "drawn wider than it is" in page


def test_a_hundred_megapixels_are_answered(grounds: Grounds, tmp_path: Path) -> None:
    large = Image.radial_gradient("L").resize((10_000, 10_000)).convert("RGB")
    data = file_of(large, "JPEG")
    del large

    with pytest.warns(Image.DecompressionBombWarning):
        found = evidence_for(grounds, data)

    assert found.size == (10_000, 10_000)
    assert found.picture.size == (PICTURE, PICTURE)
    assert found.regions[0].boxes[0] == (0, 0, 5000, 5000)


def test_of_an_animated_file_the_first_picture_is_taken(grounds: Grounds) -> None:
    random = np.random.default_rng(0)
    drawn = [Image.fromarray(random.integers(0, 256, (90, 120), np.uint8)) for _ in range(3)]
    animated = file_of(drawn[0], "GIF", save_all=True, append_images=drawn[1:])

    moving, still = (evidence_for(grounds, each) for each in (animated, file_of(drawn[0], "GIF")))

    assert moving.attribution == still.attribution
    assert moving.sentence == still.sentence
    np.testing.assert_array_equal(moving.looks[0].found, still.looks[0].found)


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused_in_one_line(grounds: Grounds, data: bytes) -> None:
    with pytest.raises(UserError) as told:
        evidence_for(grounds, data)

    assert str(told.value).startswith("image: ")
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_is_named(grounds: Grounds, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jpg: No such file"):
        evidence_for(grounds, tmp_path / "none.jpg")


def test_a_shortcut_and_a_refusal_stand_in_the_sentence_and_on_the_page(
    grounds: Grounds, painting: Path
) -> None:
    warned = replace(grounds, shortcut="the files' sizes alone tell the classes apart")

    found = evidence_for(warned, painting, declined=True)

    assert found.sentence.startswith("None of the known classes")
    assert "the files' sizes alone tell the classes apart" in found.sentence
    page = evidence_page(found)
    assert "The files' sizes alone tell the classes apart." in page.warnings
    assert ("None of these?", "none of these") in page.asked


def test_cells_tile_the_picture_once_with_each_parts_answer(evidence: Evidence) -> None:
    for parts in evidence.regions:
        cells, legend = cells_of(evidence, parts)

        area = sum((each.right - each.left) * (each.bottom - each.top) for each in cells)
        assert area == pytest.approx(1)
        agreeing = sum(each.kind == 0 for each in cells)
        assert agreeing == parts.agreeing(evidence.label)
        counted = [int(re.search(r": (\d+) part", line)[1]) for line in legend.names]  # type: ignore[index]
        assert counted[0] == agreeing
        assert sum(counted) == len(cells)


def test_pictures_and_page_are_written_and_the_page_needs_no_other_file(written: Path) -> None:
    names = {each.name for each in written.parent.iterdir()}
    neighbours = {f"neighbour-{each}.jpg" for each in range(1, 6)}
    assert names == {PAGE, "parts-2.jpg", "parts-3.jpg", "squeezenet1_1.jpg", *neighbours}
    for name in names - {PAGE}:
        assert min(Image.open(written.parent / name).size) > 40
    text = written.read_text("utf-8")
    assert text.count("<svg") == 3
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert "large of &amp; &lt;b&gt;.png" in text


def test_without_pictures_the_neighbours_are_named(evidence: Evidence) -> None:
    text = render(evidence_page(evidence))

    assert all(each.id[:12] in text for each in evidence.neighbours)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_whole_and_within_reach(
    chromium: Browser, written: Path, width: int, scheme: str
) -> None:
    assert audited(chromium, written, width, scheme) == Audit()
