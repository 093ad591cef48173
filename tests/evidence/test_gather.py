"""Evidence is put together for any image, told on a page, and never claims what it lacks."""

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import SCHEMES, WIDTHS, Audit, audited
from PIL import Image
from playwright.sync_api import Browser

from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.errors import UserError
from morelli.evidence.fits import fit_regions
from morelli.evidence.gather import PICTURE, Evidence, evidence_for
from morelli.evidence.grounds import Grounds
from morelli.evidence.known import Known
from morelli.evidence.page import PAGE, evidence_page, write_evidence
from morelli.evidence.parts_page import cells_of
from morelli.evidence.shortcut import Shortcut
from morelli.reporting.report import render
from morelli.runs.explain import grounds_of
from morelli.runs.folder import Run


@pytest.fixture(scope="module")
def grounds(run: Run) -> Grounds:
    """All that evidence of the small run is drawn from."""
    return grounds_of(run)


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


def test_everything_is_there_and_the_sentence_counts_it(
    grounds: Grounds, evidence: Evidence
) -> None:
    taught = grounds.known.counts[evidence.label]
    large, small = (each.agreeing(evidence.label) for each in evidence.regions)
    near = sum(each.label == evidence.label for each in evidence.neighbours)

    assert [len(each.boxes) for each in evidence.regions] == [15, 35]
    assert len(evidence.neighbours) == 5
    assert [look.network for look in evidence.looks] == ["squeezenet1_1"]
    assert len(evidence.looks[0].check.correlations) == 2
    assert (
        f"{large} of 15 large parts, {small} of 35 small parts and {near} of the 5 closest works "
        f"agree, and {taught} works of the class taught it" in evidence.sentence
    )
    assert f"{taught} training works of the class are few" in evidence.sentence
    assert all(each in evidence.sentence for each in evidence.doubts)


def test_the_work_itself_is_closest_unless_it_is_left_out(
    grounds: Grounds, collection: Collection
) -> None:
    known = grounds.known
    itself, place = known.ids[3], (int(known.shards[3]), int(known.rows[3]))
    data = pictures_of(collection.folder, [place])[place]

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


def test_a_scroll_is_looked_at_along_its_length_and_kept_small(grounds: Grounds) -> None:
    ramp = Image.linear_gradient("L").resize((100, 3_000)).convert("RGB")

    found = evidence_for(grounds, file_of(ramp))

    assert any("judged by its middle, 3 % of it" in each for each in found.doubts)
    assert 8 <= len(found.regions[0].boxes) <= 96
    assert max(found.picture.size) == PICTURE
    assert "drawn wider than it is" in render(evidence_page(found))


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
    strangeness = grounds.classifier.strangeness
    declining = replace(
        grounds.classifier, strangeness=replace(strangeness, limit=np.array([-np.inf]))
    )
    shortcut = Shortcut("artist", 90, 0.7, 0.2, (), 256)
    warned = replace(grounds, classifier=declining, shortcut=shortcut)
    clause = (
        "iles alone, without a look at the picture, tell the artist of 70 % of 90 audited works "
        "(always answering the commonest gives 20 %)"
    )

    found = evidence_for(warned, painting)

    assert found.sentence.startswith("None of the known classes")
    assert f"; f{clause}." in found.sentence
    page = evidence_page(found)
    assert f"F{clause}." in page.warnings
    assert ("None of these?", "none of these") in page.asked


def test_what_a_file_shares_with_the_class_told_stands_in_the_sentence(
    grounds: Grounds, painting: Path, tmp_path: Path
) -> None:
    with Image.open(painting) as image:
        image.resize((96, 96)).save(tmp_path / "square.png")
    best = grounds.classifier.attribute(tmp_path / "square.png").best
    mark = {"label": best, "fact": "exactly square", "share": 0.79, "elsewhere": 0.0}
    warned = replace(grounds, shortcut=Shortcut("artist", 90, 0.7, 0.2, (mark,), 256))

    found = evidence_for(warned, tmp_path / "square.png")

    shared = f"this image is exactly square, as are 79 % of the works of {best} and 0 % of the"
    assert shared in found.sentence
    assert shared in found.doubts[-1]


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


def test_without_pictures_the_neighbours_are_named_and_why_is_said(evidence: Evidence) -> None:
    text = render(evidence_page(evidence, missing="The collection is gone."))

    assert all(each.id[:12] in text for each in evidence.neighbours)
    assert "The collection is gone." in text


def test_pictures_of_a_page_before_do_not_stay(evidence: Evidence, tmp_path: Path) -> None:
    (tmp_path / "neighbour-9.jpg").touch()
    (tmp_path / "mine.txt").touch()

    write_evidence(tmp_path, evidence)

    names = {each.name for each in tmp_path.iterdir()}
    assert names == {PAGE, "parts-2.jpg", "parts-3.jpg", "squeezenet1_1.jpg", "mine.txt"}


def test_a_notebook_shows_the_sentence_and_the_answers(evidence: Evidence) -> None:
    shown = evidence._repr_html_()

    assert evidence.sentence in shown
    assert "<b>" not in shown
    assert all(f"<td>{name}</td>" in shown for name, _ in evidence.attribution.top(5))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_whole_and_within_reach(
    chromium: Browser, written: Path, width: int, scheme: str
) -> None:
    assert audited(chromium, written, width, scheme) == Audit()
