"""An audit finds what was planted and nothing else."""

from audit.spoilt import ANOTHER, CONTRADICTING, EQUAL

from morelli.audit.folder import Audit, warnings_of


def test_the_planted_copies_are_found_and_no_others(audited: Audit) -> None:
    copies = audited.findings.copies
    clusters = [{row.work.path for row in copies if row.cluster == number} for number in range(3)]
    originals = [paths - {EQUAL, ANOTHER, CONTRADICTING} for paths in clusters]

    assert len(copies) == 6
    assert all(len(paths) == 1 for paths in originals)
    [equal] = (paths for paths in clusters if EQUAL in paths)
    assert {row.work.path for row in copies if row.exact} == equal
    figures = audited.results.copies
    assert (figures.works, figures.clusters, figures.exact_pairs) == (6, 3, 1)


def test_a_copy_under_another_artist_is_a_conflict(audited: Audit) -> None:
    conflicts = audited.findings.conflicts

    assert CONTRADICTING in {row.work.path for row in conflicts}
    assert len({row.label for row in conflicts}) == len(conflicts) == 2
    assert audited.results.conflicts == {"artist": 1}


def test_series_are_found_by_title_and_only_of_one_artist(audited: Audit) -> None:
    rows = audited.findings.series

    assert {row.stem for row in rows} == {"haystack"}
    title = audited.results.series.title
    assert (title.series, title.works) == (4, 12)
    for number in {row.series for row in rows}:
        assert len({row.artist for row in rows if row.series == number}) == 1


def test_a_column_that_names_the_class_is_warned_of_and_another_is_not(audited: Audit) -> None:
    columns = {source.column: source for source in audited.results.sources}

    assert columns["estate"].accuracy > 0.9
    assert "--split-by estate" in columns["estate"].warning
    assert not columns["seen"].warning
    assert columns["estate"].warning in warnings_of(audited)
    assert "column estate" in {row.predicted_from for row in audited.findings.shortcuts}


def test_grey_and_damaged_files_and_unlabelled_works_are_counted(audited: Audit) -> None:
    findings = [row.finding for row in audited.findings.quality]
    results = audited.results

    assert findings.count("near-grey") == results.quality.near_grey == 1
    assert [bad.path for bad in audited.findings.quarantined] == ["damaged.jpg"]
    assert findings.count("low resolution") == results.collection.works == 51
    assert results.collection.labelled == 50
    assert "Unknown Artist" not in results.quality.classes


def test_with_random_weights_nothing_is_said_of_features(audited: Audit) -> None:
    results = audited.results

    assert (results.network, results.labels, results.series.visual) == (None,) * 3
    assert audited.findings.labels == ()


def test_with_weights_labels_are_judged_and_series_are_found_by_look(looked: Audit) -> None:
    results, findings = looked.results, looked.findings

    assert results.network == "mobilenet_v2"
    assert results.labels is not None
    assert results.labels.judged == 50
    assert len(findings.labels) == results.labels.issues
    for rank, row in enumerate(findings.labels, 1):
        assert row.rank == rank
        assert row.suggested != row.work.class_name != "Unknown Artist"
    kinds = [row.kind for row in findings.series]
    assert results.series.visual is not None
    assert kinds.count("visual") == results.series.visual.works
    assert {EQUAL, ANOTHER} <= {row.work.path for row in findings.copies}
