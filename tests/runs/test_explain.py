"""Images are explained in one call, and each gets a folder of a safe name."""

from pathlib import Path

import pytest
from audit.spoilt import few_trees
from audit.squashed import squashed
from hypothesis import given
from hypothesis import strategies as st

import morelli
from morelli.audit.audit import audit
from morelli.classifier import Unreadable
from morelli.errors import UserError
from morelli.evidence.files import Explained, explained_files, folder_name
from morelli.evidence.page import PAGE
from morelli.runs.explain import explain, grounds_of
from morelli.runs.folder import Run


@pytest.fixture(scope="module")
def painting(paintings: Path) -> Path:
    return min(paintings.glob("*/*"))


def test_a_run_its_folder_and_its_grounds_explain_alike(run: Run, painting: Path) -> None:
    grounds = morelli.grounds_of(run)

    found = [morelli.explain(each, painting, neighbours=3) for each in (run, run.folder, grounds)]

    assert len({each.sentence for each in found}) == 1
    assert {len(each.neighbours) for each in found} == {3}
    assert isinstance(found[0], morelli.Evidence)
    assert found[0].attribution.best == run.classifier.attribute(painting).best


def test_an_audit_is_heard_with_a_run_and_with_its_grounds(
    run: Run, painting: Path, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    square, _ = squashed(paintings, tmp_path)
    with few_trees():
        made = audit(square, tmp_path / "audit", weights="random", cache=cache)

    found = [
        explain(run.folder, painting, audit=made.folder),
        explain(grounds_of(run), painting, audit=made),
        explain(grounds_of(run, audit=made), painting),
    ]

    assert len({each.doubts for each in found}) == 1
    assert "tell the artist of" in found[0].doubts[-1]


def test_a_page_with_the_neighbours_pictures_is_written_where_asked(
    run: Run, painting: Path, tmp_path: Path
) -> None:
    found = explain(run, painting.read_bytes(), tmp_path / "page", without_itself=True)

    assert found.sentence in (tmp_path / "page" / PAGE).read_text("utf-8")
    assert len(list((tmp_path / "page").glob("neighbour-*.jpg"))) == 5


def test_images_of_one_name_have_folders_of_their_own_and_bad_ones_do_not_stop_it(
    run: Run, paintings: Path, tmp_path: Path
) -> None:
    one, other = (min(each.iterdir()) for each in sorted(paintings.iterdir())[:2])
    for name, path in (("a", one), ("b", other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "work.jpg").write_bytes(path.read_bytes())
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    paths = [tmp_path / "a" / "work.jpg", tmp_path / "bad.jpg", tmp_path / "b" / "work.jpg"]

    first, bad, second = explained_files(grounds_of(run), paths, tmp_path / "out")

    assert isinstance(first, Explained)
    assert isinstance(second, Explained)
    assert bad == Unreadable(str(paths[1]), "not an image of a known format")
    assert first.page == tmp_path / "out" / "work" / PAGE
    assert second.page == tmp_path / "out" / "work-2" / PAGE
    assert second.evidence.attribution.image == str(paths[2])
    assert second.evidence.sentence in second.page.read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_refused_at_once(
    run: Run, painting: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UserError, match="a part of the path is a file"):
        next(explained_files(grounds_of(run), [painting], tmp_path / "file" / "out"))


@pytest.mark.parametrize(
    ("image", "named"),
    [
        ("monet.jpg", "monet"),
        ("Le déjeuner.tar.png", "Le-déjeuner.tar"),
        ("...", "image"),
        ("..", "image"),
        (".jpg", "jpg"),
        ("..\\..\\passwd.jpg", "passwd"),
        ("/etc/passwd.d/a.jpg", "etc-passwd.d-a"),
        ("a\\b:c*d\n.jpg", "a-b-c-d"),
        ("<script>.png", "script"),
        ("\udcff.jpg", "image"),
    ],
)
def test_names_become_those_of_folders(image: str, named: str) -> None:
    assert folder_name(image, set()) == named


@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_names_become_different_folders_below_the_one_given(images: list[str]) -> None:
    taken: set[str] = set()
    out = Path("/out/of/it")

    names = [folder_name(each, taken) for each in images]

    assert len({each.casefold() for each in names}) == len(images)
    for name in names:
        assert (out / name).parent == out
        assert ".." not in name
        assert len(name.encode()) < 255
