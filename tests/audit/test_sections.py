"""Works stand side by side with what matters of them."""

import pytest
from audit.pages import doubtful, text_of
from reported import blocks

from morelli.audit.folder import Audit
from morelli.audit.page import audit_page
from morelli.reporting.page import Gallery, Page


@pytest.fixture(scope="module")
def page(audited: Audit) -> Page:
    return audit_page(audited)


def test_clusters_stand_side_by_side_with_their_class_and_size(audited: Audit, page: Page) -> None:
    galleries = blocks(page, "Copies", Gallery)

    assert [len(gallery.pictures) for gallery in galleries] == [2, 2, 2]
    assert sorted(gallery.note for gallery in galleries)[-1] == "equal pixels"
    captions = [picture.caption for gallery in galleries for picture in gallery.pictures]
    rows = audited.findings.copies
    assert {caption[-1] for caption in captions} == {f"work {row.work.number}" for row in rows}


def test_what_contradicts_is_shown_with_both_names(audited: Audit, page: Page) -> None:
    [gallery] = blocks(page, "Conflicting labels", Gallery)

    names = {picture.caption[0] for picture in gallery.pictures}
    assert names == {row.label for row in audited.findings.conflicts}


def test_doubtful_labels_are_called_worth_a_look_and_not_wrong(audited: Audit) -> None:
    page = audit_page(doubtful(audited, 3))

    [gallery] = blocks(page, "Labels worth a look", Gallery)
    assert "worth a look, not wrong" in text_of(page, "Labels worth a look")
    assert len(gallery.pictures) == 3
    assert gallery.pictures[0].caption[1] == "rather another (95.0%)"


def test_series_by_look_are_shown_with_their_similarity(looked: Audit) -> None:
    page = audit_page(looked)

    assert "By look: " in text_of(page, "Series")
    [first, *_] = [row for row in looked.findings.series if row.kind == "visual"]
    titles = [gallery.title for gallery in blocks(page, "Series", Gallery)]
    assert f"{first.artist}, by look: similarity {first.similarity:.2f}" in titles
