"""A cleaned collection has the best copy of each work, and obeys a log that a person edited."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from audit.spoilt import ANOTHER, CONTRADICTING, EQUAL, few_trees, spoilt
from data.small import files_of
from hypothesis import given
from hypothesis import strategies as st

from morelli.audit.audit import audit
from morelli.audit.cleaning import LOG, clean
from morelli.audit.decisions import ACTIONS, Decision, as_csv, decide, read_decisions
from morelli.audit.folder import Audit
from morelli.data.collection import Collection, open_collection
from morelli.data.ingest import ingest
from morelli.errors import BadFolder, UserError

Edit = Callable[[dict[str, str]], None]


@pytest.fixture(scope="module")
def bad(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return spoilt(paintings, tmp_path_factory.mktemp("spoilt") / "works")


@pytest.fixture(scope="module")
def made(bad: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audit]:
    with few_trees():
        yield audit(bad, tmp_path_factory.mktemp("a") / "a", weights="random", cache=cache)


def paths(collection: Collection) -> list[str]:
    return [str(each) for each in collection.table(["source_path"])["source_path"].to_pylist()]


def edited(made: Audit, folder: Path, edit: Edit) -> Path:
    """The rule's log, each line passed through a hand."""
    path = folder / "edited.csv"
    path.write_text(as_csv(decide(made)), encoding="utf-8")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        edit(row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_one_copy_of_each_work_stays_and_contradicting_ones_go(
    bad: Collection, made: Audit, tmp_path: Path
) -> None:
    told = clean(bad, tmp_path / "clean", made)
    by_path = {each.path: each for each in told.decisions}
    [original] = {row["path"] for row in made.findings["conflicts"] if row["path"] != CONTRADICTING}

    assert told.counts == {"keep": 2, "drop": 2, "aside": 2}
    assert by_path[CONTRADICTING].action == by_path[original].action == "aside"
    assert by_path[ANOTHER].action == "drop"  # smaller than its original
    assert by_path[EQUAL].action == "keep"  # of the same size, with more bytes
    gone = {each.path for each in told.decisions if each.action != "keep"}
    assert paths(told.collection) == [path for path in paths(bad) if path not in gone]
    assert all(each.reason for each in told.decisions)


def test_works_that_stay_are_the_same_in_every_column(
    bad: Collection, made: Audit, tmp_path: Path
) -> None:
    told = clean(bad.folder, str(tmp_path / "clean"), made).collection
    before, after = (pq.read_table(each.shard_path(0)) for each in (bad, told))
    left = set(paths(told))
    rows = [number for number, path in enumerate(paths(bad)) if path in left]

    assert after.schema.equals(before.schema, check_metadata=True)
    assert after.equals(before.take(rows))
    assert told.works == len(rows) == len(told.labelled())
    assert told.quarantined == bad.quarantined
    assert "works, made by Morelli" in (told.folder / "README.md").read_text("utf-8")


def test_a_cleaned_collection_has_nothing_left_to_clean(
    bad: Collection, made: Audit, cache: Path, tmp_path: Path
) -> None:
    told = clean(bad, tmp_path / "clean", made).collection
    with few_trees():
        again = audit(told, tmp_path / "again", weights="random", cache=cache)
    assert again.findings["copies"] == again.findings["conflicts"] == ()
    assert again.results["quality"]["quarantined"] == 1


def test_the_log_applied_unchanged_gives_the_same_bytes(
    bad: Collection, made: Audit, tmp_path: Path
) -> None:
    clean(bad, tmp_path / "one", made)
    clean(bad, tmp_path / "two", tmp_path / "one" / LOG)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_an_edited_log_is_obeyed(bad: Collection, made: Audit, tmp_path: Path) -> None:
    def keep_another_and_drop_what_contradicts(row: dict[str, str]) -> None:
        if row["path"] in (ANOTHER, CONTRADICTING):
            row["action"] = "keep" if row["path"] == ANOTHER else "drop"
        elif row["action"] == "aside":
            row["action"] = " keep "

    log = edited(made, tmp_path, keep_another_and_drop_what_contradicts)
    told = clean(bad, tmp_path / "clean", log)

    assert ANOTHER in paths(told.collection)
    assert CONTRADICTING not in paths(told.collection)
    assert told.counts == {"keep": 4, "drop": 2}
    assert read_decisions(tmp_path / "clean" / LOG) == told.decisions


def test_a_work_that_the_audit_left_alone_may_be_dropped_by_hand(
    bad: Collection, tmp_path: Path
) -> None:
    identity = bad.table(["work_id"])["work_id"][7].as_py()
    (tmp_path / "mine.csv").write_text(f"work,work_id,action\n7,{identity},drop\n", "utf-8")
    told = clean(bad, tmp_path / "clean", tmp_path / "mine.csv")
    assert paths(told.collection) == [*paths(bad)[:7], *paths(bad)[8:]]


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

    told = clean(whole, tmp_path / "clean", log).collection

    assert told.shards == ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")
    assert told.table(["work_id"])["work_id"].to_pylist() == [
        each for number, each in enumerate(ids) if number not in second
    ]


def wrong(column: str, value: str) -> Edit:
    def edit(row: dict[str, str]) -> None:
        row[column] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (wrong("action", "kep"), r"line 2: unknown action 'kep'; did you mean keep"),
        (wrong("action", ""), r"allowed: keep, drop, aside"),
        (wrong("work", "x"), r"line 2: work is 'x'; it must be the work's number"),
        (wrong("work", "-1"), r"line 2: work is '-1'"),
        (wrong("work", "9999"), r"name work 9999 with id .*none of the 51 works"),
        (wrong("work_id", "abc"), r"with id abc, which is none"),
    ],
)
def test_a_log_with_a_mistake_is_refused_and_nothing_written(
    bad: Collection, made: Audit, tmp_path: Path, edit: Edit, said: str
) -> None:
    log = edited(made, tmp_path, edit)
    with pytest.raises(UserError, match=said):
        clean(bad, tmp_path / "clean", log)
    assert not (tmp_path / "clean").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has the columns none; needed: work, work_id, action"),
        ("work,action\n1,keep\n", "needed: work, work_id, action"),
        ("work,work_id,action\n1,a\n", "line 2: not as many values"),
        ("work,work_id,action\n1,a,keep,b\n", "line 2: not as many values"),
        ('work,work_id,action\n1,"a', "is no CSV file"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_decisions(tmp_path / "log.csv")


def test_a_log_that_is_not_there_or_names_a_work_twice_is_refused(
    bad: Collection, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"none\.csv cannot be read"):
        clean(bad, tmp_path / "clean", tmp_path / "none.csv")
    identity = bad.table(["work_id"])["work_id"][3].as_py()
    twice = [Decision(3, identity, "keep"), Decision(3, identity, "drop")]
    (tmp_path / "log.csv").write_text(as_csv(twice), encoding="utf-8")
    with pytest.raises(UserError, match="name work 3 twice"):
        clean(bad, tmp_path / "clean", tmp_path / "log.csv")


def test_decisions_that_leave_nothing_are_refused(bad: Collection, tmp_path: Path) -> None:
    ids = bad.table(["work_id"])["work_id"].to_pylist()
    every = [Decision(work, identity, "drop") for work, identity in enumerate(ids)]
    (tmp_path / "log.csv").write_text(as_csv(every), encoding="utf-8")
    with pytest.raises(UserError, match="leave no work"):
        clean(bad, tmp_path / "clean", tmp_path / "log.csv")


def test_a_folder_that_holds_something_is_left_alone_and_an_empty_one_is_used(
    bad: Collection, made: Audit, tmp_path: Path
) -> None:
    with pytest.raises(BadFolder, match="holds something already"):
        clean(bad, bad.folder, made)
    (tmp_path / "empty").mkdir()
    assert clean(bad, tmp_path / "empty", made).collection == open_collection(tmp_path / "empty")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"))


@given(
    st.lists(
        st.builds(
            Decision,
            work=st.integers(0, 10**9),
            work_id=TEXT.map(str.strip),
            action=st.sampled_from(ACTIONS),
            reason=TEXT.map(str.strip),
            path=TEXT.map(str.strip),
        ),
        max_size=5,
    )
)
def test_a_log_reads_back_as_it_was_written(decisions: list[Decision]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_text(as_csv(decisions), encoding="utf-8", newline="")
        assert read_decisions(path) == tuple(decisions)
