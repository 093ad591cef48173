"""Images are explained in one call, by a run, its folder or what evidence is drawn from."""

from pathlib import Path

import pytest
from audit.spoilt import few_trees
from audit.squashed import squashed

import morelli
from morelli.audit.audit import audit
from morelli.evidence.page import PAGE
from morelli.runs.explain import explain, grounds_of
from morelli.runs.folder import Run


@pytest.fixture(scope="module")
def painting(paintings: Path) -> Path:
    return min(paintings.glob("*/*"))


def test_a_run_its_folder_and_its_grounds_explain_alike(run: Run, painting: Path) -> None:
    grounds = morelli.grounds_of(run)

    explained = [
        morelli.explain(trained, painting, neighbours=3) for trained in (run, run.folder, grounds)
    ]

    assert len({evidence.sentence for evidence in explained}) == 1
    assert {len(evidence.neighbours) for evidence in explained} == {3}
    assert isinstance(explained[0], morelli.Evidence)
    assert explained[0].attribution.best == run.classifier.attribute(painting).best


def test_an_audit_is_heard_with_a_run_and_with_its_grounds(
    run: Run, painting: Path, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    square, _ = squashed(paintings, tmp_path)
    with few_trees():
        audited = audit(square, tmp_path / "audit", weights="random", cache=cache)

    explained = [
        explain(run.folder, painting, audit=audited.folder),
        explain(grounds_of(run), painting, audit=audited),
        explain(grounds_of(run, audit=audited), painting),
    ]

    assert len({evidence.doubts for evidence in explained}) == 1
    assert "predict the artist of" in explained[0].doubts[-1]


def test_a_page_with_the_neighbours_pictures_is_written_where_asked(
    run: Run, painting: Path, tmp_path: Path
) -> None:
    evidence = explain(run, painting.read_bytes(), tmp_path / "page", without_itself=True)

    assert evidence.sentence in (tmp_path / "page" / PAGE).read_text("utf-8")
    assert len(list((tmp_path / "page").glob("neighbour-*.jpg"))) == 5
