"""What an audit found in files is told of an image, and an audit of something else is refused."""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from audit.spoilt import few_trees
from audit.squashed import squashed

from morelli.audit.audit import audit
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
        {"label": "monet", "fact": "exactly square", "share": 0.787, "elsewhere": 0.003},
        {"label": "monet", "fact": "smaller than 224 pixels", "share": 0.9, "elsewhere": 0.5},
    ),
    usual=256,
)

TOLD = (
    "files alone, without a look at the picture, tell the artist of 72 % of 4,092 audited works "
    "(always answering the commonest gives 32 %)"
)


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Iterator[None]:
    with few_trees():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shortcut")


@pytest.fixture(scope="module")
def made(paintings: Path, folder: Path, cache: Path) -> Audit:
    """An audit of a collection in which one painter's works are square."""
    collection, _ = squashed(paintings, folder)
    return audit(collection, folder / "audit", weights="random", cache=cache)


@pytest.fixture(scope="module")
def painter(made: Audit) -> str:
    (label,) = {
        each["label"]
        for each in made.results["shortcuts"]["marks"]
        if each["fact"] == "exactly square"
    }
    return str(label)


def traits_of(width: int, height: int) -> FileTraits:
    return FileTraits(width, height, "JPEG", "RGB", 9_999, None, False, None, 1.0, 0, 0, 0, 0)


def listed(paintings: Path, folder: Path, column: str, each: int, *, dealt: bool) -> Path:
    """Write a CSV file of so many paintings of each painter; dealt, they are under any name."""
    names = sorted(path.name for path in paintings.iterdir())
    shutil.copytree(paintings, folder)
    rows = [
        (path.relative_to(folder), names[number % len(names)] if dealt else painter)
        for painter in names
        for number, path in enumerate(sorted((folder / painter).iterdir())[:each])
    ]
    with (folder / "works.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", column), *rows])
    return folder / "works.csv"


def test_what_files_tell_is_told_beside_what_always_answering_the_commonest_gives() -> None:
    assert SHORTCUT.clause("monet", traits_of(400, 300)) == TOLD
    assert SHORTCUT.clause("sisley", traits_of(400, 400)) == TOLD


def test_what_an_image_shares_with_its_class_is_told_and_the_most_telling_only() -> None:
    square, small = ((200, 200), (400, 200))

    assert SHORTCUT.clause("monet", traits_of(*square)) == (
        f"{TOLD}, and this image is exactly square, as are 79 % of the works of monet and "
        "under 1 % of the others"
    )
    assert "and this image is smaller than 224 pixels, as are 90 %" in SHORTCUT.clause(
        "monet", traits_of(*small)
    )


def test_an_audit_tells_of_a_painter_whose_works_were_squashed(
    run: Run, made: Audit, painter: str, folder: Path, paintings: Path
) -> None:
    shortcut = shortcut_of(made.folder, run.classifier)
    square, other = (
        store(min((of / painter).iterdir()).read_bytes(), None).traits
        for of in (folder / "paintings", paintings)
    )

    assert shortcut == shortcut_of(made, run.classifier)
    assert shortcut is not None
    figures = made.results["shortcuts"]
    assert f"{figures['accuracy']:.0%}".replace("%", " %") in shortcut.clause(painter, other)
    assert shortcut.clause(painter, square) == (
        f"{shortcut.clause(painter, other)}, and this image is exactly square, as are 100 % of "
        f"the works of {painter} and 0 % of the others"
    )


def test_where_files_tell_no_class_nothing_is_told(
    run: Run, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    table = listed(paintings, tmp_path / "works", "artist", 12, dealt=True)
    collection = ingest(table, tmp_path / "dealt")

    found = audit(collection, tmp_path / "audit", weights="random", cache=cache)

    assert found.results["shortcuts"]["warning"] == ""
    assert shortcut_of(found, run.classifier) is None


def test_where_works_are_too_few_to_ask_nothing_is_told(
    run: Run, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    table = listed(paintings, tmp_path / "works", "artist", 4, dealt=False)
    collection = ingest(table, tmp_path / "few")

    found = audit(collection, tmp_path / "audit", weights="random", cache=cache)

    assert found.results["shortcuts"] is None
    assert shortcut_of(found, run.classifier) is None


def test_an_audit_of_another_task_is_refused_with_what_to_type(
    run: Run, paintings: Path, cache: Path, tmp_path: Path
) -> None:
    table = listed(paintings, tmp_path / "works", "style", 4, dealt=False)
    collection = ingest(table, tmp_path / "styles", Selection("style"))
    found = audit(collection, tmp_path / "audit", weights="random", cache=cache)

    with pytest.raises(UserError) as refused:
        shortcut_of(found, run.classifier, Path("my works"))

    assert str(refused.value) == (
        f"{tmp_path / 'audit'} is an audit of the style of works, and the classifier tells their "
        "artist; audit what the classifier learned from: morelli audit 'my works' --task artist "
        "--out FOLDER"
    )


def test_an_audit_that_lacks_classes_is_refused_with_some_of_their_names(
    run: Run, made: Audit
) -> None:
    class_names = (*run.classifier.class_names, "a", "b", "c", "d")
    wider = replace(run.classifier, class_names=class_names)

    with pytest.raises(UserError) as refused:
        shortcut_of(made, wider)

    assert str(refused.value) == (
        f"{made.folder} is an audit without 4 of the classifier's 10 classes (a, b, c, ...); "
        "audit what the classifier learned from: morelli audit COLLECTION --task artist --out "
        "FOLDER"
    )


def test_more_classes_than_the_classifiers_and_one_that_is_not_known_may_be_audited(
    run: Run, made: Audit
) -> None:
    def of(*names: str) -> Classifier:
        return replace(run.classifier, class_names=names)

    some = run.classifier.class_names[:3]

    assert shortcut_of(made, of(*some)) == shortcut_of(made, of(*some, "Unknown Artist"))


def test_an_audit_that_did_not_note_the_commonest_side_is_read_without_it(
    run: Run, made: Audit
) -> None:
    figures = {each: value for each, value in made.results["shortcuts"].items() if each != "usual"}
    older = replace(made, results=made.results | {"shortcuts": figures})

    found, now = shortcut_of(older, run.classifier), shortcut_of(made, run.classifier)

    assert now is not None
    assert found == replace(now, usual=0)


def test_a_folder_of_something_else_is_no_audit(run: Run) -> None:
    with pytest.raises(BadFolder, match="holds no audit; make one with: morelli audit COLLECTION"):
        shortcut_of(run.folder, run.classifier)
