"""The page of evidence says what was gathered, and needs no other file."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from browser import SOUND, audits
from evidence.fixed import fixed_evidence, picture_file
from PIL import Image
from playwright.sync_api import Browser
from reporting.plain import plain_text
from syrupy.assertion import SnapshotAssertion

from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.evidence.gather import Evidence
from morelli.evidence.page import PAGE, evidence_page, write_evidence
from morelli.reporting.page import Gallery
from morelli.reporting.report import render


@pytest.fixture(scope="module")
def written(
    evidence: Evidence, collection: Collection, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The page of a real run's evidence, in a new folder, with its neighbours' pictures."""
    places = [near.place for near in evidence.neighbours]
    pictures = pictures_of(collection.folder, places, [near.id for near in evidence.neighbours])
    return write_evidence(tmp_path_factory.mktemp("seen") / "new" / "folder", evidence, pictures)


def test_a_page_reads_as_it_did(snapshot: SnapshotAssertion) -> None:
    evidence = fixed_evidence()
    pictures = {near.place: picture_file() for near in evidence.neighbours}

    assert plain_text(evidence_page(evidence, pictures)) == snapshot


def test_the_sentence_concludes_and_each_doubt_is_a_warning() -> None:
    evidence = fixed_evidence()

    page = evidence_page(evidence)

    assert page.conclusion == evidence.sentence
    assert [warning[1:-1] for warning in page.warnings] == [doubt[1:] for doubt in evidence.doubts]
    assert all(warning.endswith(".") and not warning[0].islower() for warning in page.warnings)


@pytest.mark.parametrize(("declined", "answer"), [(True, "none of these"), (False, "one of these")])
def test_whether_it_is_declined_stands_on_the_page(declined: bool, answer: str) -> None:
    page = evidence_page(fixed_evidence(declined=declined))

    assert ("None of these?", answer) in page.asked


def test_pictures_and_page_are_written_and_the_page_needs_no_other_file(written: Path) -> None:
    names = {path.name for path in written.parent.iterdir()}
    neighbours = {f"neighbour-{number}.jpg" for number in range(1, 6)}
    assert names == {PAGE, "parts-2.jpg", "parts-3.jpg", "squeezenet1_1.jpg", *neighbours}
    for name in names - {PAGE}:
        assert min(Image.open(written.parent / name).size) > 40
    text = written.read_text("utf-8")
    assert text.count("<svg") == 3
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert "large of &amp; &lt;b&gt;.png" in text


def test_a_neighbours_picture_keeps_its_format(tmp_path: Path) -> None:
    evidence = fixed_evidence()
    pictures = {
        near.place: picture_file("PNG" if near is evidence.neighbours[1] else "JPEG")
        for near in evidence.neighbours
    }

    write_evidence(tmp_path, evidence, pictures)

    names = sorted(path.name for path in tmp_path.glob("neighbour-*"))
    assert names == [f"neighbour-{n}.{'png' if n == 2 else 'jpg'}" for n in range(1, 6)]


def test_without_pictures_the_neighbours_are_named_and_the_reason_is_given() -> None:
    evidence = fixed_evidence()

    text = render(evidence_page(evidence, missing="The collection is gone."))

    assert all(near.id[:12] in text for near in evidence.neighbours)
    assert "The collection is gone." in text


def test_without_neighbours_or_parts_the_page_says_so() -> None:
    text = plain_text(evidence_page(replace(fixed_evidence(), neighbours=(), regions=())))

    assert "There are no known works to compare it with." in text
    assert "too small to be cut into parts" in text


def test_a_scroll_is_drawn_wider_than_it_is() -> None:
    evidence = fixed_evidence()
    drawn_wider = "drawn wider than it is"

    assert drawn_wider in render(evidence_page(replace(evidence, size=(100, 3_000))))
    assert drawn_wider not in render(evidence_page(evidence))


def test_pictures_of_a_page_before_do_not_stay(tmp_path: Path) -> None:
    (tmp_path / "neighbour-9.jpg").touch()
    (tmp_path / "mine.txt").touch()

    write_evidence(tmp_path, fixed_evidence())

    figures = {"parts-2.jpg", "parts-3.jpg", "resnet18.jpg", "vit_b_16.jpg"}
    assert {path.name for path in tmp_path.iterdir()} == {PAGE, "mine.txt", *figures}


def test_a_map_that_stays_when_weights_are_shuffled_is_called_no_evidence() -> None:
    text = plain_text(evidence_page(fixed_evidence())).partition("# Where it looked")[2]
    changed, same = text.split("[chart] ")[1:]

    assert "is no evidence" not in changed
    assert "is no evidence" in same


def test_the_parts_that_disagree_are_shown_the_surest_first() -> None:
    [*_, gallery] = evidence_page(fixed_evidence()).sections[2].blocks

    assert isinstance(gallery, Gallery)
    confidence = [int(picture.caption[1].removesuffix(" %")) for picture in gallery.pictures]
    assert confidence == sorted(confidence, reverse=True)
    assert all(picture.caption[0] != "claude-monet" for picture in gallery.pictures)


@pytest.mark.browser
def test_the_page_is_whole_and_within_reach(chromium: Browser, written: Path) -> None:
    assert audits(chromium, written) == SOUND
