"""What becomes of each copy of a work: decided by rule, kept as a log that a person may edit."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from morelli.audit.csv_rows import CopyRow
from morelli.audit.folder import Audit
from morelli.data.collection import Collection
from morelli.errors import UserError, unknown_name
from morelli.markup import counted

KEEP, DROP, ASIDE = "keep", "drop", "aside"
ACTIONS = (KEEP, DROP, ASIDE)
"""What may be done with a work: to drop or to set aside is to leave it out; what is set aside waits
for a person to say which label is right."""

NEEDED = ("work", "work_id", "action")
"""Columns without which a log cannot be applied; the others are for people."""


@dataclass(frozen=True)
class Decision:
    """What is done with one work.

    Attributes:
        work: Its number in the collection, from 0.
        work_id: Its id there.
        action: One of `ACTIONS`.
        reason: Why.
        cluster: The cluster of copies that it is in, as the audit numbers them.
        class_name: Its class name; empty where there is none.
        shard: The source's shard; empty where it has no name.
        row: The row there.
        path: The path in the source.
    """

    work: int
    work_id: str
    action: str
    reason: str = ""
    cluster: str = ""
    class_name: str = ""
    shard: str = ""
    row: str = ""
    path: str = ""


COLUMNS = {
    field.name: {"class_name": "class"}.get(field.name, field.name) for field in fields(Decision)
}
"""The log's columns, by field."""


def decide(audit: Audit) -> tuple[Decision, ...]:
    """Decide by rule what becomes of every work that has a copy; the others are kept.

    Where copies stand under several names of an artist, genre or style, all of them are set aside.
    Of the others the one is kept whose source had the largest short side, then the most bytes, then
    the fewest sides with a border, then the first id; equal files by their order.
    """
    against: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for conflict in audit.findings.conflicts:
        against[conflict.cluster][conflict.task].add(conflict.label)
    by_cluster: dict[int, list[CopyRow]] = defaultdict(list)
    for row in audit.findings.copies:
        by_cluster[row.cluster].append(row)
    return tuple(
        decision
        for cluster, rows in by_cluster.items()
        for decision in _of_cluster(rows, against.get(cluster, {}))
    )


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Read a log, as `write_decisions` wrote it and a person may have edited it.

    Raises:
        UserError: It names the line and what is wrong there.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            lines = [(reader.line_num, row) for row in reader]
            columns = list(reader.fieldnames or ())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV file in UTF-8: {error}") from None
    lacking = [name for name in NEEDED if name not in columns]
    if lacking:
        raise UserError(
            f"{path} has the columns {', '.join(columns) or 'none'}; needed: {', '.join(NEEDED)}"
        )
    return tuple(_read(path, line, row) for line, row in lines)


def as_csv(decisions: Sequence[Decision]) -> str:
    """Return a log of decisions, as `read_decisions` reads it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS.values())
    writer.writerows(astuple(decision) for decision in decisions)
    return text.getvalue()


def check_decisions(decisions: Sequence[Decision], collection: Collection) -> None:
    """Refuse decisions on works that a collection does not have, or two on one work.

    Raises:
        UserError: It names the work.
    """
    ids = collection.table(["work_id"])["work_id"].to_pylist()
    seen: set[int] = set()
    for decision in decisions:
        work, work_id = decision.work, decision.work_id
        if not 0 <= work < len(ids) or ids[work] != work_id:
            raise UserError(
                f"the decisions name work {work} with id {work_id[:12] or '(none)'}, "
                f"which is none of the {counted(len(ids), 'work')} of {collection.folder}: "
                "apply them to the collection that was audited"
            )
        if work in seen:
            raise UserError(
                f"the decisions name work {work} twice ({work_id[:12]}); leave one line"
            )
        seen.add(work)


def _of_cluster(rows: Sequence[CopyRow], against: Mapping[str, set[str]]) -> list[Decision]:
    if against:
        names = "; ".join(
            f"{task}: {', '.join(sorted(labels))}" for task, labels in sorted(against.items())
        )
        reason = f"copies of it stand under several names ({names})"
        return [_decision(row, ASIDE, reason) for row in rows]
    best, *others = sorted(rows, key=_worth)
    why = f"the best of {len(rows)} copies: short side {best.short_side} pixels, "
    kept = _decision(best, KEEP, f"{why}{best.bytes} bytes")
    return [kept, *(_decision(row, DROP, _copy_of(best, row)) for row in others)]


def _worth(row: CopyRow) -> tuple[int, int, int, str, int]:
    """Return what copies are ordered by, the best first."""
    work = row.work
    return -row.short_side, -row.bytes, row.bordered_sides, work.work_id, work.number


def _copy_of(best: CopyRow, row: CopyRow) -> str:
    equal = "an equal copy" if row.exact and best.exact else "a copy"
    return f"{equal} of work {best.work.number}: short side {row.short_side} pixels"


def _decision(row: CopyRow, action: str, reason: str) -> Decision:
    work = row.work
    return Decision(
        work=work.number,
        work_id=work.work_id,
        action=action,
        reason=reason,
        cluster=str(row.cluster),
        class_name=work.class_name,
        shard=work.shard,
        row=str(work.row),
        path=work.path,
    )


def _read(path: Path, line: int, row: Mapping[str | None, str | None]) -> Decision:
    if None in row or None in row.values():
        raise UserError(f"{path}, line {line}: not as many values as there are columns")
    cells = {str(name): str(value).strip() for name, value in row.items()}
    if not cells["work"].isdecimal():
        raise UserError(
            f"{path}, line {line}: work is {cells['work']!r}; it must be the work's number in the "
            "collection, from 0"
        )
    if cells["action"] not in ACTIONS:
        unknown = unknown_name("action", cells["action"], ACTIONS)
        raise UserError(f"{path}, line {line}: {unknown}; allowed: {', '.join(ACTIONS)}")
    texts = {name: cells.get(column, "") for name, column in COLUMNS.items() if name != "work"}
    return Decision(int(cells["work"]), **texts)
