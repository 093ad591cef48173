"""What an audit found in files is said of an image, and an audit of something else is refused."""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from audit.spoilt import few_trees
from audit.squashed import squashed

from morelli.audit.audit import audit
from morelli.audit.figures import MarkFigures, ShortcutFigures
from morelli.audit.folder import Audit
from morelli.classifier import Classifier
from morelli.data.ingest import ingest
from morelli.data.selection import Selection
from morelli.data.stored import store
from morelli.data.traits import FileTraits
from morelli.errors import BadFolder, UserError
from morelli.evidence.shortcut import Shortcut, shortcut_of
from morelli.runs.folder import Run

SHORTCUT = Shortcut(
    "artist",
    works=4_092,
    accuracy=0.716,
    majority=0.315,
    marks=(
        MarkFigures("monet", "exactly square", share=0.787, elsewhere=0.003),
        MarkFigures("monet", "smaller than 224 pixels", share=0.9, elsewhere=0.5),
    ),
    usual=256,
)

CLAUSE = (
    "files alone, without a look at the picture, predict the artist of 72 % of 4,092 audited "
    "works correctly (always answering the commonest gives 32 %)"
)


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Iterator[None]:
    with few_trees():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shortcut")


@pytest.fixture(scope="module")
def squares(paintings: Path, folder: Path, cache: Path) -> Audit:
    """An audit of a collection in which one painter's works are square."""
    collection, _ = squashed(paintings, folder)
    return audit(collection, folder / "audit", weights="random", cache=cache)


@pytest.fixture(scope="module")
def painter(squares: Audit) -> str:
    marks = shortcuts_in(squares).marks
    (name,) = {mark.class_name for mark in marks if mark.fact == "exactly square"}
    return name


def shortcuts_in(audit: Audit) -> ShortcutFigures:
    assert audit.results.shortcuts is not None
    return audit.results.shortcuts


def traits_of(width: int, height: int) -> FileTraits:
    return FileTraits(width, height, "JPEG", "RGB", 9_999, None, False, None, 1.0, 0, 0, 0, 0)


def listed(paintings: Path, folder: Path, column: str, per_painter: int, *, dealt: bool) -> Path:
    """Write a CSV file of so many paintings of each painter; dealt, they are under any name."""
    names = sorted(path.name for path in paintings.iterdir())
    shutil.copytree(paintings, folder)
    rows = [
        (path.relative_to(folder), names[number % len(names)] if dealt else painter)
        for painter in names
        for number, path in enumerate(sorted((folder / painter).iterdir())[:per_painter])
    ]
    with (folder / "works.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", column), *rows])
    return folder / "works.csv"


def test_what_files_predict_stands_beside_what_always_answering_the_commonest_gives() -> None:
    assert SHORTCUT.clause("monet", traits_of(400, 300)) == CLAUSE
    assert SHORTCUT.clause("sisley", traits_of(400, 400)) == CLAUSE


def test_what_an_image_shares_with_its_class_is_named_and_the_most_telling_only() -> None:
    square, small = ((200, 200), (400, 200))

    assert SHORTCUT.clause("monet", traits_of(*square)) == (
        f"{CLAUSE}, and this image is exactly square, as are 79 % of the works of monet and "
        "under 1 % of the others"
    )
    assert "and this image is smaller than 224 pixels, as are 90 %" in SHORTCUT.clause(
        "monet", traits_of(*small)
    )


def test_an_audit_tells_of_a_painter_whose_works_were_squashed(
    run: Run, squares: Audit, painter: str, folder: Path, paintings: Path
) -> None:
    shortcut = shortcut_of(squares.folder, run.classifier)
    square, other = (
        store(min((parent / painter).iterdir()).read_bytes(), None).traits
        for parent in (folder / "paintings", paintings)
    )

    assert shortcut == shortcut_of(squares, run.classifier)
    assert shortcut is not None
    figures = shortcuts_in(squares)
    right, works = round(figures.accuracy * figures.works), figures.works
    assert f"the artist of {right} of {works} audited works" in shortcut.clause(painter, other)
    assert shortcut.clause(painter, square) == (
        f"{shortcut.clause(painter, other)}, and this image is exactly square, as are 100 % of "
        f"the works of {painter} and 0 % of the others"
    )


def test_where_files_predict_no_class_nothing_is_said(
    run: Run, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    table = listed(paintings, tmp_path / "works", "artist", 12, dealt=True)
    collection = ingest(table, tmp_path / "dealt")

    dealt = audit(collection, tmp_path / "audit", weights="random", cache=cache)

    assert shortcuts_in(dealt).warning == ""
    assert shortcut_of(dealt, run.classifier) is None


def test_where_works_are_too_few_to_ask_nothing_is_said(
    run: Run, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    table = listed(paintings, tmp_path / "works", "artist", 4, dealt=False)
    collection = ingest(table, tmp_path / "few")

    dealt = audit(collection, tmp_path / "audit", weights="random", cache=cache)

    assert dealt.results.shortcuts is None
    assert shortcut_of(dealt, run.classifier) is None


def test_an_audit_of_another_task_is_refused_with_what_to_type(
    run: Run, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    table = listed(paintings, tmp_path / "works", "style", 4, dealt=False)
    collection = ingest(table, tmp_path / "styles", Selection("style"))
    dealt = audit(collection, tmp_path / "audit", weights="random", cache=cache)

    with pytest.raises(UserError) as refused:
        shortcut_of(dealt, run.classifier, Path("my works"))

    assert str(refused.value) == (
        f"{tmp_path / 'audit'} is an audit of the style of works, and the classifier predicts "
        "their artist; audit what the classifier learned from: morelli audit 'my works' --task "
        "artist --out FOLDER"
    )


def test_an_audit_that_lacks_classes_is_refused_with_some_of_their_names(
    run: Run, squares: Audit
) -> None:
    class_names = (*run.classifier.class_names, "a", "b", "c", "d")
    wider = replace(run.classifier, class_names=class_names)

    with pytest.raises(UserError) as refused:
        shortcut_of(squares, wider)

    assert str(refused.value) == (
        f"{squares.folder} is an audit without 4 of the classifier's 10 classes (a, b, c, ...); "
        "audit what the classifier learned from: morelli audit COLLECTION --task artist --out "
        "FOLDER"
    )


def test_more_classes_than_the_classifiers_and_one_that_is_not_known_may_be_audited(
    run: Run, squares: Audit
) -> None:
    def of(*names: str) -> Classifier:
        return replace(run.classifier, class_names=names)

    some = run.classifier.class_names[:3]

    assert shortcut_of(squares, of(*some)) == shortcut_of(squares, of(*some, "Unknown Artist"))


def test_a_folder_of_something_else_is_no_audit(run: Run) -> None:
    with pytest.raises(BadFolder, match="holds no audit; make one with: morelli audit COLLECTION"):
        shortcut_of(run.folder, run.classifier)
