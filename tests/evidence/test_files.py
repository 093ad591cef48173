"""Image files are explained one after the other, and each gets a folder of a safe name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morelli.classifier import Unreadable
from morelli.errors import UserError
from morelli.evidence.files import Explained, explained_files, folder_name
from morelli.evidence.grounds import Grounds
from morelli.evidence.page import PAGE


def test_images_of_one_name_have_folders_of_their_own_and_bad_ones_do_not_stop_it(
    grounds: Grounds, paintings: Path, tmp_path: Path
) -> None:
    one, other = (min(painter.iterdir()) for painter in sorted(paintings.iterdir())[:2])
    for name, path in (("a", one), ("b", other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "work.jpg").write_bytes(path.read_bytes())
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    paths = [tmp_path / "a" / "work.jpg", tmp_path / "bad.jpg", tmp_path / "b" / "work.jpg"]

    first, bad, second = explained_files(grounds, paths, tmp_path / "out")

    assert isinstance(first, Explained)
    assert isinstance(second, Explained)
    assert bad == Unreadable(str(paths[1]), "not an image of a known format")
    assert first.page == tmp_path / "out" / "work" / PAGE
    assert second.page == tmp_path / "out" / "work-2" / PAGE
    assert second.evidence.attribution.image == str(paths[2])
    assert second.evidence.sentence in second.page.read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_refused_at_once(
    grounds: Grounds, painting: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UserError, match="a part of the path is a file"):
        next(explained_files(grounds, [painting], tmp_path / "file" / "out"))


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

    names = [folder_name(image, taken) for image in images]

    assert len({name.casefold() for name in names}) == len(images)
    for name in names:
        assert (out / name).parent == out
        assert ".." not in name
        assert len(name.encode()) < 255
