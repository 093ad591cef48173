"""A log of decisions is read as it was written, and with a mistake refused."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from audit.edited import Edit, edited
from hypothesis import given
from hypothesis import strategies as st

from morelli.audit.cleaning import clean
from morelli.audit.decisions import ACTIONS, Decision, as_csv, read_decisions
from morelli.audit.folder import Audit
from morelli.data.collection import Collection
from morelli.errors import UserError


def wrong(column: str, value: str) -> Edit:
    def edit(row: dict[str, str]) -> None:
        row[column] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "reason"),
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
    planted: Collection, audited: Audit, tmp_path: Path, edit: Edit, reason: str
) -> None:
    log = edited(audited, tmp_path, edit)
    with pytest.raises(UserError, match=reason):
        clean(planted, tmp_path / "clean", log)
    assert not (tmp_path / "clean").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has the columns none; needed: work, work_id, action"),
        ("work,action\n1,keep\n", "needed: work, work_id, action"),
        ("work,work_id,action\n1,a\n", "line 2: not as many values"),
        ("work,work_id,action\n1,a,keep,b\n", "line 2: not as many values"),
        ('work,work_id,action\n1,"a', "is no CSV file"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=reason):
        read_decisions(tmp_path / "log.csv")


def test_a_log_that_is_not_there_or_names_a_work_twice_is_refused(
    planted: Collection, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"none\.csv cannot be read"):
        clean(planted, tmp_path / "clean", tmp_path / "none.csv")
    identity = planted.table(["work_id"])["work_id"][3].as_py()
    twice = [Decision(3, identity, "keep"), Decision(3, identity, "drop")]
    (tmp_path / "log.csv").write_text(as_csv(twice), encoding="utf-8")
    with pytest.raises(UserError, match="name work 3 twice"):
        clean(planted, tmp_path / "clean", tmp_path / "log.csv")


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
