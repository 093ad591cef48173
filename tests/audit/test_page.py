"""The report of an audit says what was found and what to do."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from audit.pages import doubtful, text_of
from cli.command import printed
from reported import block, blocks

from morelli.audit.folder import Audit
from morelli.audit.page import audit_page, findings_of
from morelli.reporting.page import Command, Gallery, Page, Table


@pytest.fixture(scope="module")
def page(audited: Audit) -> Page:
    return audit_page(audited)


def test_the_conclusion_counts_what_can_be_left_out_and_what_contradicts(page: Page) -> None:
    assert page.conclusion.startswith("Of 51 works, 3 only repeat another and can be left out.")
    assert "1 cluster of copies stand" in page.conclusion


def test_random_weights_are_named(page: Page) -> None:
    assert any("weights were random" in warning for warning in page.warnings)
    assert text_of(page, "Labels worth a look").startswith("Not looked for")


def test_a_finding_has_its_advice_and_what_is_well_has_none(audited: Audit) -> None:
    findings = {name: (figure, advice) for name, figure, advice in findings_of(audited.results)}

    assert findings["copies"] == ("6 works in 3 clusters", "keep one of each (--fix)")
    assert findings["conflicting labels"][1] == "set aside (--fix)"
    assert findings["one colour"] == ("0 works", "")
    assert findings["quarantined"] == ("1 file", "see quarantine.csv")
    assert findings["series by look"] == ("not looked for", "")


def test_without_the_collection_the_report_says_so_and_keeps_its_figures(
    audited: Audit, tmp_path: Path
) -> None:
    gone = replace(audited.results.collection, folder=str(tmp_path / "gone"))
    moved = replace(audited, results=replace(audited.results, collection=gone))
    page = audit_page(doubtful(moved, 2))

    assert "There are no pictures in this report" in page.warnings[-1]
    assert blocks(page, "Copies", Gallery) == []
    assert len(block(page, "Labels worth a look", Table).rows) == 2


def test_the_commands_of_the_report_do_what_they_say(
    audited: Audit, page: Page, tmp_path: Path
) -> None:
    fix, apply, _ = (command.text for command in blocks(page, "How to go on", Command))
    out = shutil.copytree(audited.folder, tmp_path / "out")
    words = [out if word == str(audited.folder) else word for word in fix.split()[1:-1]]
    printed(*words, tmp_path / "CLEANED")
    folders = {"CLEANED": tmp_path / "CLEANED", "EDITED": tmp_path / "EDITED"}
    for name, folder in folders.items():
        apply = apply.replace(name, str(folder))

    assert f"47 works in {folders['EDITED']}" in printed(*apply.split()[1:])
