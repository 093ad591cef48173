"""Evidence is put together for any image, and never claims what it lacks."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from morelli.audit.figures import MarkFigures
from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.errors import UserError
from morelli.evidence.gather import PICTURE, Evidence, evidence_for
from morelli.evidence.grounds import Grounds
from morelli.evidence.known import Known
from morelli.evidence.shortcut import Shortcut


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of an image's file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_the_answer_is_that_of_the_classifier(
    grounds: Grounds, evidence: Evidence, painting: Path
) -> None:
    attribution = grounds.classifier.attribute(painting)

    assert list(evidence.attribution.probabilities) == list(attribution.probabilities)
    assert evidence.attribution.probabilities == pytest.approx(attribution.probabilities, abs=1e-6)
    assert evidence.class_names[evidence.label] == attribution.best
    assert evidence.attribution.image == str(painting)


def test_everything_is_gathered_and_the_sentence_counts_it(
    grounds: Grounds, evidence: Evidence
) -> None:
    taught = grounds.known.counts[evidence.label]
    large, small = (parts.agreeing(evidence.label) for parts in evidence.regions)
    near = sum(neighbour.label == evidence.label for neighbour in evidence.neighbours)

    assert [len(parts.boxes) for parts in evidence.regions] == [15, 35]
    assert len(evidence.neighbours) == 5
    assert [look.network for look in evidence.looks] == ["squeezenet1_1"]
    assert len(evidence.looks[0].check.correlations) == 2
    for count in (
        f"{large} of 15 large parts",
        f"{small} of 35 small parts",
        f"{near} of the 5 closest works",
        f"{taught} works of the class",
        f"{taught} training works of the class are few",
        *evidence.doubts,
    ):
        assert count in evidence.sentence


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
    assert [near.id for near in without[:4]] == [near.id for near in within[1:]]


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

    evidence = evidence_for(replace(grounds, known=few), painting, neighbours=50)

    assert len(evidence.neighbours) == 12
    assert "the class has fewer works than the neighbours looked at" in evidence.doubts


def test_a_scroll_is_looked_at_along_its_length_and_kept_small(grounds: Grounds) -> None:
    ramp = Image.linear_gradient("L").resize((100, 3_000)).convert("RGB")

    evidence = evidence_for(grounds, file_of(ramp))

    assert any("judged by its middle, 3 % of it" in doubt for doubt in evidence.doubts)
    assert 8 <= len(evidence.regions[0].boxes) <= 96
    assert max(evidence.picture.size) == PICTURE


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused_in_one_line(grounds: Grounds, data: bytes) -> None:
    with pytest.raises(UserError) as refused:
        evidence_for(grounds, data)

    assert str(refused.value).startswith("image: ")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(grounds: Grounds, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jpg: No such file"):
        evidence_for(grounds, tmp_path / "none.jpg")


def test_a_shortcut_and_a_refusal_stand_in_the_sentence(grounds: Grounds, painting: Path) -> None:
    strangeness = grounds.classifier.strangeness
    declining = replace(
        grounds.classifier, strangeness=replace(strangeness, limit=np.array([-np.inf]))
    )
    shortcut = Shortcut("artist", 90, 0.7, 0.2, (), 256)
    warned = replace(grounds, classifier=declining, shortcut=shortcut)

    evidence = evidence_for(warned, painting)

    assert evidence.attribution.declined
    assert evidence.sentence.startswith("None of the known classes")
    assert evidence.doubts[-1].startswith("files alone, without a look at the picture, predict")
    assert "63 of 90 audited works" in evidence.doubts[-1]
    assert f"; {evidence.doubts[-1]}." in evidence.sentence


def test_what_a_file_shares_with_its_likeliest_class_stands_in_the_sentence(
    grounds: Grounds, painting: Path, tmp_path: Path
) -> None:
    with Image.open(painting) as image:
        image.resize((96, 96)).save(tmp_path / "square.png")
    best = grounds.classifier.attribute(tmp_path / "square.png").best
    mark = MarkFigures(best, "exactly square", share=0.79, elsewhere=0.0)
    warned = replace(grounds, shortcut=Shortcut("artist", 90, 0.7, 0.2, (mark,), 256))

    evidence = evidence_for(warned, tmp_path / "square.png")

    shared = f"this image is exactly square, as are 79 % of the works of {best} and 0 % of the"
    assert shared in evidence.sentence
    assert shared in evidence.doubts[-1]


def test_a_notebook_shows_the_sentence_and_the_answers(evidence: Evidence) -> None:
    html = evidence._repr_html_()

    assert evidence.sentence in html
    assert "<b>" not in html
    assert all(f"<td>{name}</td>" in html for name, _ in evidence.attribution.top(5))
