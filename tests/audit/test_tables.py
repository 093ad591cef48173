"""The rows and figures of an audit say where works are, and agree with each other."""

from morelli.audit.folder import Audit
from morelli.audit.galleries import WorkRow
from morelli.data.collection import Collection


def test_a_row_says_where_its_work_is(planted: Collection, audited: Audit) -> None:
    columns = ["work_id", "source_row", "source_path", "artist"]
    works = planted.table(columns).to_pylist()
    names = planted.class_names["artist"]
    findings = audited.findings
    rows: list[WorkRow] = [*findings.copies, *findings.conflicts]
    rows += [*findings.series, *findings.quality]
    for row in rows:
        work = works[row.work.number]
        assert (row.work.work_id, row.work.path) == (work["work_id"], work["source_path"])
        assert row.work.row == work["source_row"]
        assert row.work.class_name in (names[work["artist"]], "")


def test_a_row_of_a_copy_has_the_size_of_its_file(planted: Collection, audited: Audit) -> None:
    works = planted.table(["width", "height", "byte_count"]).to_pylist()
    for row in audited.findings.copies:
        work = works[row.work.number]
        assert row.short_side == min(work["width"], work["height"])
        assert row.bytes == work["byte_count"]


def test_the_figures_count_the_rows(audited: Audit, looked: Audit) -> None:
    for finished in (audited, looked):
        results, findings = finished.results, finished.findings
        assert results.copies.works == len(findings.copies)
        assert results.copies.clusters == len({row.cluster for row in findings.copies})
        assert results.labels is None or results.labels.issues == len(findings.labels)
        kinds = [row.kind for row in findings.series]
        assert results.series.title.works == kinds.count("title")
        assert results.quality.quarantined == len(findings.quarantined)
        assert sum(results.quality.classes.values()) == results.collection.labelled


def test_what_predicts_the_class_stands_with_its_figures(audited: Audit) -> None:
    short, rows = audited.results.shortcuts, audited.findings.shortcuts
    assert short is not None
    every, *groups = rows[: 1 + len(short.groups)]

    assert every.predicted_from == "all that is not the picture"
    assert (every.accuracy, every.majority) == (short.accuracy, short.majority)
    assert (every.low, every.high) == short.interval
    assert [(row.predicted_from, row.accuracy, row.lost_without) for row in groups] == [
        (group.name, group.alone, group.lost) for group in short.groups
    ]
