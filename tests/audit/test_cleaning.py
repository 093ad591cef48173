"""A cleaned collection has the best copy of each work, and obeys a log that a person edited."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from audit.edited import edited
from audit.spoilt import ANOTHER, CONTRADICTING, EQUAL
from data.small import files_of

from morelli.audit.audit import audit
from morelli.audit.cleaning import LOG, clean
from morelli.audit.decisions import Decision, as_csv, read_decisions
from morelli.audit.folder import Audit
from morelli.data.collection import Collection, open_collection
from morelli.data.ingest import ingest
from morelli.errors import BadFolder, UserError

pytestmark = pytest.mark.usefixtures("few")


def paths(collection: Collection) -> list[str]:
    return [str(path) for path in collection.table(["source_path"])["source_path"].to_pylist()]


def test_one_copy_of_each_work_stays_and_contradicting_ones_go(
    planted: Collection, audited: Audit, tmp_path: Path
) -> None:
    cleaned = clean(planted, tmp_path / "clean", audited)
    by_path = {decision.path: decision for decision in cleaned.decisions}
    [original] = {
        row.work.path for row in audited.findings.conflicts if row.work.path != CONTRADICTING
    }

    assert cleaned.counts == {"keep": 2, "drop": 2, "aside": 2}
    assert by_path[CONTRADICTING].action == by_path[original].action == "aside"
    assert by_path[ANOTHER].action == "drop"  # smaller than its original
    assert by_path[EQUAL].action == "keep"  # of the same size, with more bytes
    gone = {decision.path for decision in cleaned.decisions if decision.action != "keep"}
    assert paths(cleaned.collection) == [path for path in paths(planted) if path not in gone]
    assert all(decision.reason for decision in cleaned.decisions)


def test_works_that_stay_are_the_same_in_every_column(
    planted: Collection, audited: Audit, tmp_path: Path
) -> None:
    cleaned = clean(planted.folder, str(tmp_path / "clean"), audited).collection
    before, after = (pq.read_table(works.shard_path(0)) for works in (planted, cleaned))
    left = set(paths(cleaned))
    rows = [number for number, path in enumerate(paths(planted)) if path in left]

    assert after.schema.equals(before.schema, check_metadata=True)
    assert after.equals(before.take(rows))
    assert cleaned.works == len(rows) == len(cleaned.labelled())
    assert cleaned.quarantined == planted.quarantined
    assert "works, made by Morelli" in (cleaned.folder / "README.md").read_text("utf-8")


def test_a_cleaned_collection_has_nothing_left_to_clean(
    planted: Collection, audited: Audit, cache: Path, tmp_path: Path
) -> None:
    cleaned = clean(planted, tmp_path / "clean", audited).collection
    again = audit(cleaned, tmp_path / "again", weights="random", cache=cache)
    assert (again.findings.copies, again.findings.conflicts) == ((), ())
    assert again.results.quality.quarantined == 1


def test_the_log_applied_unchanged_gives_the_same_bytes(
    planted: Collection, audited: Audit, tmp_path: Path
) -> None:
    clean(planted, tmp_path / "one", audited)
    clean(planted, tmp_path / "two", tmp_path / "one" / LOG)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_an_edited_log_is_obeyed(planted: Collection, audited: Audit, tmp_path: Path) -> None:
    def keep_another_and_drop_what_contradicts(row: dict[str, str]) -> None:
        if row["path"] in (ANOTHER, CONTRADICTING):
            row["action"] = "keep" if row["path"] == ANOTHER else "drop"
        elif row["action"] == "aside":
            row["action"] = " keep "

    log = edited(audited, tmp_path, keep_another_and_drop_what_contradicts)
    cleaned = clean(planted, tmp_path / "clean", log)

    assert ANOTHER in paths(cleaned.collection)
    assert CONTRADICTING not in paths(cleaned.collection)
    assert cleaned.counts == {"keep": 4, "drop": 2}
    assert read_decisions(tmp_path / "clean" / LOG) == cleaned.decisions


def test_a_work_that_the_audit_left_alone_may_be_dropped_by_hand(
    planted: Collection, tmp_path: Path
) -> None:
    identity = planted.table(["work_id"])["work_id"][7].as_py()
    (tmp_path / "mine.csv").write_text(f"work,work_id,action\n7,{identity},drop\n", "utf-8")
    cleaned = clean(planted, tmp_path / "clean", tmp_path / "mine.csv")
    assert paths(cleaned.collection) == [*paths(planted)[:7], *paths(planted)[8:]]


def test_shards_that_lose_all_works_go_and_the_others_are_numbered_anew(
    paintings: Path, tmp_path: Path
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    files = sorted(paintings.glob("*/*.jpg"))
    for number in range(3):
        rows = [{"bytes": path.read_bytes(), "path": path.name} for path in files[number::6]]
        artists = [path.parent.name for path in files[number::6]]
        table = pa.table({"image": rows, "artist": artists})
        pq.write_table(table, sources / f"{number}.parquet")
    whole = ingest(sources, tmp_path / "whole", size=48)
    ids = whole.table(["work_id"])["work_id"].to_pylist()
    second = range(int(whole.starts[1]), int(whole.starts[2]))
    log = tmp_path / "log.csv"
    log.write_text(as_csv([Decision(work, ids[work], "drop") for work in second]), "utf-8")

    cleaned = clean(whole, tmp_path / "clean", log).collection

    assert cleaned.shards == ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")
    assert cleaned.table(["work_id"])["work_id"].to_pylist() == [
        work_id for number, work_id in enumerate(ids) if number not in second
    ]


def test_decisions_that_leave_nothing_are_refused(planted: Collection, tmp_path: Path) -> None:
    ids = planted.table(["work_id"])["work_id"].to_pylist()
    every = [Decision(work, identity, "drop") for work, identity in enumerate(ids)]
    (tmp_path / "log.csv").write_text(as_csv(every), encoding="utf-8")
    with pytest.raises(UserError, match="leave no work"):
        clean(planted, tmp_path / "clean", tmp_path / "log.csv")


def test_a_folder_that_holds_something_is_left_alone_and_an_empty_one_is_used(
    planted: Collection, audited: Audit, tmp_path: Path
) -> None:
    with pytest.raises(BadFolder, match="holds something already"):
        clean(planted, planted.folder, audited)
    (tmp_path / "empty").mkdir()
    assert clean(planted, tmp_path / "empty", audited).collection == open_collection(
        tmp_path / "empty"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
