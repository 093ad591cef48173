"""An audit finds what was planted and nothing else, writes it down, and answers odd collections."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from audit.spoilt import ANOTHER, CONTRADICTING, EQUAL, few_trees, spoilt
from data.small import files_of
from PIL import Image

from morelli.audit.audit import audit
from morelli.audit.folder import AUDIT_FOLDER, FILES, Audit, grave, open_audit, warnings_of
from morelli.audit.tables import TABLES
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.selection import Selection
from morelli.errors import BadFolder, UserError
from morelli.features.backbones import build, find_backbone
from morelli.reports import write_report_of


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Iterator[None]:
    with few_trees():
        yield


@pytest.fixture(scope="module")
def bad(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return spoilt(paintings, tmp_path_factory.mktemp("spoilt") / "works")


@pytest.fixture(scope="module")
def made(bad: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """An audit by pictures alone."""
    return audit(bad, tmp_path_factory.mktemp("audits") / "a", weights="random", cache=cache)


def paths(made: Audit, name: str) -> set[str]:
    return {row["path"] for row in made.findings[name]}


def test_the_planted_copies_are_found_and_no_others(made: Audit) -> None:
    found = made.findings["copies"]
    by_cluster = [{row["path"] for row in found if row["cluster"] == f"{n}"} for n in range(3)]
    originals = [(names - {EQUAL, ANOTHER, CONTRADICTING}) for names in by_cluster]
    assert len(found) == 6
    assert all(len(each) == 1 for each in originals)
    assert sorted(row["path"] for row in found if row["exact"] == "yes") == [
        min(paths(made, "copies") - {ANOTHER, CONTRADICTING}),
        EQUAL,
    ]
    copied = made.results["copies"]
    assert (copied["works"], copied["clusters"], copied["exact_pairs"]) == (6, 3, 1)


def test_a_copy_under_another_artist_is_a_conflict(made: Audit) -> None:
    rows = made.findings["conflicts"]
    assert CONTRADICTING in paths(made, "conflicts")
    assert len({row["label"] for row in rows}) == len(rows) == 2
    assert made.results["conflicts"] == {"artist": 1}


def test_each_row_says_where_the_work_is(bad: Collection, made: Audit) -> None:
    ids = bad.table(["work_id", "source_row", "source_path"]).to_pylist()
    for name in ("copies", "conflicts", "series"):
        for row in made.findings[name]:
            there = ids[int(row["work"])]
            assert (row["work_id"], row["path"]) == (there["work_id"], there["source_path"])
            assert int(row["row"]) == there["source_row"]


def test_series_are_told_by_title_and_only_of_one_artist(made: Audit) -> None:
    rows = made.findings["series"]
    assert {row["stem"] for row in rows} == {"haystack"}
    assert made.results["series"]["title"] == {"series": 4, "works": 12}
    for number in {row["series"] for row in rows}:
        assert len({row["artist"] for row in rows if row["series"] == number}) == 1


def test_a_column_that_says_the_class_is_warned_of_and_another_is_not(made: Audit) -> None:
    told = {each["column"]: each for each in made.results["sources"]}
    assert told["estate"]["told"] > 0.9
    assert "--split-by estate" in told["estate"]["warning"]
    assert not told["seen"]["warning"]
    assert told["estate"]["warning"] in warnings_of(made)
    assert "column estate" in {row["told_by"] for row in made.findings["shortcuts"]}


def test_grey_and_damaged_files_and_unlabelled_works_are_counted(made: Audit) -> None:
    found: dict[str, list[str]] = {
        name: [] for name in ("low resolution", "near-grey", "one colour", "quarantined")
    }
    for row in made.findings["quality"]:
        found[row["finding"]].append(row["path"])
    assert len(found["near-grey"]) == 1
    assert found["quarantined"] == ["damaged.jpg"]
    assert len(found["low resolution"]) == made.results["collection"]["works"] == 51
    assert made.results["collection"]["labelled"] == 50
    assert "Unknown Artist" not in made.results["quality"]["classes"]


def test_with_random_weights_nothing_is_said_of_features(made: Audit) -> None:
    results = made.results
    assert (results["network"], results["labels"], results["series"]["visual"]) == (None,) * 3
    assert made.findings["labels"] == ()


def test_random_weights_by_the_environment_are_the_same(
    bad: Collection, made: Audit, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORELLI_WEIGHTS", "random")
    assert audit(bad, tmp_path / "a", cache=cache).results["network"] is None


def test_a_strict_audit_names_what_it_fails_for(made: Audit) -> None:
    said = grave(made)
    assert said[:2] == [
        "1 pair of works of equal pixels",
        "1 cluster of copies under several names of artist",
    ]
    assert said[2:] == warnings_of(made)


def test_the_folder_opens_as_it_was_made_and_its_report_comes_back(made: Audit) -> None:
    assert frozenset(path.name for path in made.folder.iterdir()) == AUDIT_FOLDER.contents
    assert open_audit(str(made.folder)) == made
    before = files_of(made.folder)
    (made.folder / "report.html").unlink()
    assert write_report_of(made.folder) == made.folder / "report.html"
    assert files_of(made.folder) == before


def test_the_same_audit_again_replaces_the_first_and_finds_the_same(
    bad: Collection, made: Audit, cache: Path
) -> None:
    again = audit(bad.folder, made.folder, "artist", weights="random", cache=str(cache))
    assert open_audit(made.folder) == again
    for name in TABLES.keys() - {"shortcuts"}:
        assert again.findings[name] == made.findings[name]
    for name in made.results.keys() - {"shortcuts", "seconds"}:
        assert again.results[name] == made.results[name]
    # Trees that vote in several threads may break a tie otherwise.
    told = (each.results["shortcuts"]["accuracy"] for each in (again, made))
    assert next(told) == pytest.approx(next(told), abs=0.1)


@pytest.mark.parametrize("name", FILES)
def test_what_was_altered_is_named(made: Audit, tmp_path: Path, name: str) -> None:
    for path in made.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_text("altered")
    with pytest.raises(BadFolder, match=f"{name} was altered"):
        open_audit(tmp_path)


def test_a_folder_of_something_else_is_left_alone(bad: Collection, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadFolder, match=r"holds something else \(mine.txt\)"):
        audit(bad, tmp_path, weights="random")
    with pytest.raises(BadFolder, match=r"holds no audit; .* --out FOLDER"):
        open_audit(tmp_path)


@pytest.mark.parametrize("task", ["style", "school"])
def test_a_task_that_is_not_there_is_refused(bad: Collection, tmp_path: Path, task: str) -> None:
    with pytest.raises(UserError, match=task):
        audit(bad, tmp_path / "a", task, weights="random")
    assert not list(tmp_path.glob("a/*.json"))


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


def test_a_collection_with_neither_artists_nor_titles_is_audited(tmp_path: Path) -> None:
    rows = [f"{'early' if number % 2 else 'late'}" for number in range(12)]
    found = audit(listed(tmp_path / "l", "style", *rows), tmp_path / "a", weights="random")
    assert found.results["task"] == "style"
    assert found.results["series"]["title"] == {"series": 0, "works": 0}
    assert found.results["shortcuts"]["works"] == 12
    assert found.results["copies"]["clusters"] == 0
    assert "names no artists" in (tmp_path / "a" / "report.html").read_text("utf-8")


def test_a_collection_of_one_class_is_audited(tmp_path: Path) -> None:
    found = audit(listed(tmp_path / "l", "artist", *["one"] * 6), tmp_path / "a", weights="random")
    assert found.results["shortcuts"] is None
    assert grave(found) == []
    page = (tmp_path / "a" / "report.html").read_text("utf-8")
    assert "there is nothing to tell apart" in page
    assert "that needs two classes" in page


def test_tables_without_a_finding_keep_their_columns(tmp_path: Path) -> None:
    found = audit(listed(tmp_path / "l", "artist", "one", "two"), tmp_path / "a", weights="random")
    for name in ("copies", "conflicts", "labels", "series"):
        with (tmp_path / "a" / f"{name}.csv").open(encoding="utf-8") as file:
            [head] = csv.reader(file)
        assert head[: len(TABLES[name])] == list(TABLES[name])
        assert found.findings[name] == ()


def test_with_weights_labels_are_judged_and_series_are_told_by_look(
    bad: Collection, cache: Path, tmp_path: Path
) -> None:
    """The weights are of chance, but stand in a file: the features are taken at their word."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    save_file(build(find_backbone("mobilenet_v2")).state_dict(), tmp_path / "w.safetensors")
    found = audit(bad, tmp_path / "a", weights=str(tmp_path / "w.safetensors"), cache=cache)

    assert found.results["network"] == "mobilenet_v2"
    assert found.results["labels"]["judged"] == 50
    assert len(found.findings["labels"]) == found.results["labels"]["issues"]
    for rank, row in enumerate(found.findings["labels"], 1):
        assert int(row["rank"]) == rank
        assert row["suggested"] != row["class"] != "Unknown Artist"
    kinds = [row["kind"] for row in found.findings["series"]]
    assert kinds.count("visual") == found.results["series"]["visual"]["works"]
    assert {EQUAL, ANOTHER} <= paths(found, "copies")


@pytest.mark.real
def test_a_shard_of_real_paintings_is_audited(shared: Path, cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "one"
    source.mkdir()
    name = "train-00000-of-00012.parquet"
    (source / name).symlink_to(shared / "paintings" / "wikiart-mini" / "data" / name)
    works = ingest(source, tmp_path / "c", size=288)
    found = audit(works, tmp_path / "a", weights=str(shared / "weights"), cache=cache)

    short = found.results["shortcuts"]
    square = [each for each in short["marks"] if each["fact"] == "exactly square"]
    assert short["accuracy"] > short["majority"] + 0.2
    assert short["warning"]
    assert square[0]["label"] == "claude-monet"
    assert square[0]["share"] > 0.6
    assert found.results["series"]["titled_works"] > 100
    assert found.results["labels"]["judged"] > 400
    assert (tmp_path / "a" / "report.html").stat().st_size < 3_000_000
    assert json.loads((tmp_path / "a" / "results.json").read_text("utf-8")) == found.results
