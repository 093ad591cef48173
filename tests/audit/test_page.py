"""The report of an audit shows what was found, by a rule that it says, and what to do."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from audit.spoilt import few_trees, spoilt
from cli.command import printed
from reported import block, blocks, section, texts

from morelli.audit.audit import audit
from morelli.audit.folder import Audit
from morelli.audit.galleries import CLUSTERS, MEMBERS, shown_copies, spread
from morelli.audit.page import audit_page, findings_of
from morelli.data.collection import Collection
from morelli.reporting.page import Command, Gallery, Page, Table, Text


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Iterator[None]:
    with few_trees():
        yield


@pytest.fixture(scope="module")
def bad(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return spoilt(paintings, tmp_path_factory.mktemp("spoilt") / "works")


@pytest.fixture(scope="module")
def made(bad: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return audit(bad, tmp_path_factory.mktemp("a") / "a", weights="random", cache=cache)


@pytest.fixture(scope="module")
def page(made: Audit) -> Page:
    return audit_page(made)


def said(page: Page, title: str) -> str:
    found = [each for each in section(page, title).blocks if isinstance(each, Text)]
    return " ".join(line for each in found for line in each.paragraphs)


def doubtful(made: Audit, count: int) -> Audit:
    """The audit with the labels of its first copies in doubt."""
    places = ("work", "work_id", "class", "shard", "row", "path")
    rows = tuple(
        {name: row[name] for name in places}
        | {"rank": f"{rank}", "suggested": "another"}
        | {"given_probability": "0.01", "suggested_probability": "0.95"}
        for rank, row in enumerate(made.findings["copies"][:count], 1)
    )
    figures = {"judged": 40, "issues": count, "accuracy": 0.75}
    return replace(
        made,
        results=made.results | {"labels": figures},
        findings={**made.findings, "labels": rows},
    )


def test_the_conclusion_counts_what_can_be_left_out_and_what_contradicts(page: Page) -> None:
    assert page.conclusion.startswith("Of 51 works, 3 only repeat another and can be left out.")
    assert "1 cluster of copies stand" in page.conclusion


def test_clusters_stand_side_by_side_with_their_class_and_size(made: Audit, page: Page) -> None:
    galleries = blocks(page, "Copies", Gallery)
    assert [len(each.pictures) for each in galleries] == [2, 2, 2]
    assert sorted(each.note for each in galleries)[-1] == "equal pixels"
    captions = [each.caption for gallery in galleries for each in gallery.pictures]
    rows = made.findings["copies"]
    assert {caption[-1] for caption in captions} == {f"work {row['work']}" for row in rows}


def test_what_contradicts_is_shown_with_both_names(made: Audit, page: Page) -> None:
    [gallery] = blocks(page, "Conflicting labels", Gallery)
    names = {each.caption[0] for each in gallery.pictures}
    assert names == {row["label"] for row in made.findings["conflicts"]}


def test_doubtful_labels_are_called_worth_a_look_and_not_wrong(made: Audit) -> None:
    found = audit_page(doubtful(made, 3))
    told = said(found, "Labels worth a look")
    [gallery] = blocks(found, "Labels worth a look", Gallery)
    assert "worth a look, not wrong" in told
    assert len(gallery.pictures) == 3
    assert gallery.pictures[0].caption[1] == "rather another (95.0%)"


def test_the_shortcut_section_has_the_figure_and_the_majority(made: Audit, page: Page) -> None:
    short = made.results["shortcuts"]
    table, *_ = blocks(page, "Shortcuts", Table)
    assert f"{short['majority']:.3f}" in table.note
    assert {row[0] for row in texts(table)} == {each["name"] for each in short["groups"]}
    assert "--split-by estate" in said(page, "Shortcuts")
    assert any("--split-by estate" in each for each in page.warnings)


def test_random_weights_are_said(page: Page) -> None:
    assert any("weights were random" in each for each in page.warnings)
    assert said(page, "Labels worth a look").startswith("Not looked for")


def test_each_finding_says_what_to_do_and_what_is_well_says_nothing(made: Audit) -> None:
    told = {name: (found, do) for name, found, do in findings_of(made.results)}
    assert told["copies"] == ("6 works in 3 clusters", "keep one of each (--fix)")
    assert told["conflicting labels"][1] == "set aside (--fix)"
    assert told["one colour"] == ("0 works", "")
    assert told["quarantined"] == ("1 file", "see quarantine.csv")
    assert told["series by look"] == ("not looked for", "")


def test_a_damaged_file_is_named_with_its_reason(page: Page) -> None:
    [_, table] = blocks(page, "Quality", Table)
    assert table.rows == (("damaged.jpg", "not an image of a known format"),)


def test_without_the_collection_the_report_says_so_and_keeps_its_figures(
    bad: Collection, made: Audit, tmp_path: Path
) -> None:
    gone = {**made.results["collection"], "folder": str(tmp_path / "gone")}
    found = audit_page(doubtful(replace(made, results={**made.results, "collection": gone}), 2))
    assert "There are no pictures in this report" in found.warnings[-1]
    assert blocks(found, "Copies", Gallery) == []
    assert len(block(found, "Labels worth a look", Table).rows) == 2


def test_of_many_clusters_the_largest_and_the_least_alike_are_shown(made: Audit) -> None:
    row = made.findings["copies"][0]
    sizes = [2] * 30 + [7, 8, 9]
    rows = tuple(
        {**row, "cluster": f"{number}", "agreement": f"{0.99 - number / 1000}"}
        for number, size in enumerate(sizes)
        for _ in range(size)
    )
    shown = shown_copies(replace(made, findings={**made.findings, "copies": rows}))
    numbers = [each[0]["cluster"] for each in shown]
    assert len(shown) == CLUSTERS
    assert numbers[:3] == ["32", "31", "30"]
    assert numbers[CLUSTERS // 2 :] == ["29", "28", "27", "26", "25", "24"]
    assert len(spread(shown[0])) == MEMBERS


def test_the_commands_of_the_report_do_what_they_say(
    made: Audit, page: Page, tmp_path: Path
) -> None:
    fix, apply, _ = (each.text for each in blocks(page, "How to go on", Command))
    out = shutil.copytree(made.folder, tmp_path / "out")
    words = [out if word == str(made.folder) else word for word in fix.split()[1:-1]]
    printed(*words, tmp_path / "CLEANED")
    folders = {"CLEANED": tmp_path / "CLEANED", "EDITED": tmp_path / "EDITED"}
    for name, folder in folders.items():
        apply = apply.replace(name, str(folder))
    assert f"47 works in {folders['EDITED']}" in printed(*apply.split()[1:])
