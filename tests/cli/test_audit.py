"""`morelli audit`: what it prints, writes, mends, fails for and refuses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit.spoilt import few_trees, spoilt
from cli.command import morelli, printed, refusal

from morelli.audit.folder import grave, open_audit
from morelli.audit.page import findings_of
from morelli.data.collection import Collection, open_collection

RANDOM = ("--weights", "random")


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Iterator[None]:
    with few_trees():
        yield


@pytest.fixture(scope="module")
def bad(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return spoilt(paintings, tmp_path_factory.mktemp("spoilt") / "works")


def test_it_prints_each_finding_and_where_the_report_is(bad: Collection, tmp_path: Path) -> None:
    out = tmp_path / "audit"
    *lines, last = printed("audit", bad.folder, "--out", out, *RANDOM).splitlines()
    shown = [re.split(r"\s{2,}", line.strip()) for line in lines if line.strip()]

    assert last == f"Report: {out / 'report.html'}"
    assert shown[0] == ["looked for", "found", "what to do"]
    assert shown[2:] == [
        [cell for cell in row if cell] for row in findings_of(open_audit(out).results)
    ]


def test_it_ends_well_whatever_is_found_unless_it_is_strict(
    bad: Collection, tmp_path: Path
) -> None:
    out = tmp_path / "audit"
    lenient = morelli("audit", bad.folder, "--out", out, *RANDOM)
    strict = morelli("audit", bad.folder, "--out", out, *RANDOM, "--strict")
    grave_lines = [line for line in strict.err.splitlines() if line.startswith("strict: ")]

    assert (lenient.code, strict.code) == (0, 1)
    assert grave_lines == [f"strict: {finding}" for finding in grave(open_audit(out))]
    assert len(grave_lines) >= 3


def test_a_cleaned_collection_passes_a_strict_look_at_its_copies(
    bad: Collection, tmp_path: Path
) -> None:
    clean = tmp_path / "clean"
    shown = printed("audit", bad.folder, "--out", tmp_path / "a", "--fix", clean, *RANDOM)
    again = morelli("audit", clean, "--out", tmp_path / "b", "--strict", *RANDOM)

    assert f"47 works in {clean}: 2 dropped, 2 set aside" in shown
    assert f"Decisions: {clean / 'decisions.csv'}" in shown
    assert open_collection(clean).works == 47
    assert "equal pixels" not in again.err
    assert "several names" not in again.err


def test_an_edited_log_is_applied_without_an_audit(bad: Collection, tmp_path: Path) -> None:
    printed("audit", bad.folder, "--out", tmp_path / "a", "--fix", tmp_path / "one", *RANDOM)
    log = tmp_path / "one" / "decisions.csv"
    log.write_text(log.read_text("utf-8").replace(",aside,", ",keep,"), encoding="utf-8")
    shown = printed("audit", bad.folder, "--apply", log, "--fix", tmp_path / "two")

    assert f"49 works in {tmp_path / 'two'}: 2 dropped, 0 set aside" in shown
    assert "Report" not in shown


def test_report_makes_the_page_of_an_audit_anew(bad: Collection, tmp_path: Path) -> None:
    printed("audit", bad.folder, "--out", tmp_path / "a", *RANDOM)
    page = tmp_path / "a" / "report.html"
    before = page.read_bytes()
    page.unlink()
    assert printed("report", tmp_path / "a") == f"Report: {page}\n"
    assert page.read_bytes() == before


def test_what_lacks_or_contradicts_is_refused_in_one_line(bad: Collection, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("work,work_id,action\n0,x,burn\n", encoding="utf-8")
    ask = ("audit", bad.folder)
    assert refusal(*ask).endswith("name a folder for the findings with --out DIR")
    assert "say where with --fix OUT" in refusal(*ask, "--apply", log)
    assert "--out DIR" in refusal(*ask, "--apply", log, "--fix", tmp_path / "c", "--strict")
    assert "unknown action 'burn'" in refusal(*ask, "--apply", log, "--fix", tmp_path / "c")
    assert "no labels for 'style'" in refusal(*ask, "--out", tmp_path / "a", "--task", "style")
    assert "holds something already" in refusal(
        *ask, "--out", tmp_path / "b", "--fix", bad.folder, *RANDOM
    )
    assert not (tmp_path / "b").exists()
    assert "is no finished collection" in refusal("audit", tmp_path, "--out", tmp_path / "d")


def test_weights_that_cannot_be_had_are_refused(bad: Collection, tmp_path: Path) -> None:
    output = refusal("audit", bad.folder, "--out", tmp_path / "a", "--weights", tmp_path / "none")
    assert "to find copies and series mobilenet_v2 is needed" in output
