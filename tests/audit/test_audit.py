"""An audit answers odd collections, gives the same again, and refuses what it cannot audit."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from morelli.audit.audit import audit
from morelli.audit.folder import Audit, grave, open_audit
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.records import as_json
from morelli.data.selection import Selection
from morelli.errors import BadFolder, UserError

pytestmark = pytest.mark.usefixtures("few")


def listed(folder: Path, columns: str, *rows: str) -> Collection:
    """A collection of noise from a CSV file; each row is what stands beside the image."""
    folder.mkdir(parents=True)
    lines = [f"image,{columns}"]
    for number, row in enumerate(rows):
        noise = np.random.default_rng(number).integers(0, 256, (30, 40, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{row}")
    (folder / "works.csv").write_text("\n".join(lines), encoding="utf-8")
    task = columns.split(",", maxsplit=1)[0]
    return ingest(folder / "works.csv", folder / "c", Selection(task=task), size=None)


def test_the_same_audit_again_replaces_the_first_and_finds_the_same(
    planted: Collection, audited: Audit, copy: Audit, cache: Path
) -> None:
    again = audit(planted.folder, copy.folder, "artist", weights="random", cache=str(cache))

    assert open_audit(copy.folder) == again
    assert replace(again.findings, shortcuts=()) == replace(audited.findings, shortcuts=())
    results = (
        replace(finished.results, shortcuts=None, seconds={}) for finished in (again, audited)
    )
    assert next(results) == next(results)
    assert again.results.shortcuts is not None
    assert audited.results.shortcuts is not None
    # Trees that vote in several threads may break a tie otherwise.
    before = audited.results.shortcuts.accuracy
    assert again.results.shortcuts.accuracy == pytest.approx(before, abs=0.1)


def test_random_weights_by_the_environment_are_the_same(
    planted: Collection, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORELLI_WEIGHTS", "random")

    assert audit(planted, tmp_path / "a", cache=cache).results.network is None


def test_a_folder_of_something_else_is_left_alone(planted: Collection, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(BadFolder, match=r"holds something else \(mine.txt\)"):
        audit(planted, tmp_path, weights="random")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("task", ["style", "school"])
def test_a_task_that_is_missing_is_refused(planted: Collection, tmp_path: Path, task: str) -> None:
    with pytest.raises(UserError, match=task):
        audit(planted, tmp_path / "a", task, weights="random")
    assert not list(tmp_path.glob("a/*.json"))


def test_a_collection_with_neither_artists_nor_titles_is_audited(tmp_path: Path) -> None:
    rows = [f"{'early' if number % 2 else 'late'}" for number in range(12)]
    styles = audit(listed(tmp_path / "l", "style", *rows), tmp_path / "a", weights="random")

    assert styles.results.task == "style"
    assert (styles.results.series.title.series, styles.results.series.title.works) == (0, 0)
    assert styles.results.shortcuts is not None
    assert styles.results.shortcuts.works == 12
    assert styles.results.copies.clusters == 0
    assert "names no artists" in (tmp_path / "a" / "report.html").read_text("utf-8")


def test_a_collection_of_one_class_is_audited(tmp_path: Path) -> None:
    one = audit(listed(tmp_path / "l", "artist", *["one"] * 6), tmp_path / "a", weights="random")

    assert one.results.shortcuts is None
    assert grave(one) == []
    page = (tmp_path / "a" / "report.html").read_text("utf-8")
    assert "there is nothing to tell apart" in page
    assert "that needs two classes" in page


def test_where_nothing_is_found_there_are_no_rows(tmp_path: Path) -> None:
    two = audit(listed(tmp_path / "l", "artist", "one", "two"), tmp_path / "a", weights="random")

    assert not two.findings.copies + two.findings.conflicts
    assert not two.findings.labels + two.findings.series


@pytest.mark.real
def test_real_paintings_of_a_shard_are_audited(shared: Path, cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "one"
    source.mkdir()
    name = "train-00000-of-00012.parquet"
    (source / name).symlink_to(shared / "paintings" / "wikiart-mini" / "data" / name)
    works = ingest(source, tmp_path / "c", size=288)
    real = audit(works, tmp_path / "a", weights=str(shared / "weights"), cache=cache)

    short, labels = real.results.shortcuts, real.results.labels
    assert short is not None
    assert labels is not None
    square = [mark for mark in short.marks if mark.fact == "exactly square"]
    assert short.accuracy > short.majority + 0.2
    assert short.warning
    assert square[0].class_name == "claude-monet"
    assert square[0].share > 0.6
    assert real.results.series.titled_works > 100
    assert labels.judged > 400
    assert (tmp_path / "a" / "report.html").stat().st_size < 3_000_000
    written = json.loads((tmp_path / "a" / "results.json").read_text("utf-8"))
    assert written == json.loads(json.dumps(as_json(real.results)))
