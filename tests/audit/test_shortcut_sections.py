"""What files are like stands in the report with its figures."""

import pytest
from audit.pages import text_of
from reported import blocks, texts

from morelli.audit.folder import Audit
from morelli.audit.page import audit_page
from morelli.reporting.page import Page, Table


@pytest.fixture(scope="module")
def page(audited: Audit) -> Page:
    return audit_page(audited)


def test_the_shortcut_section_has_the_figure_and_the_majority(audited: Audit, page: Page) -> None:
    short = audited.results.shortcuts
    assert short is not None
    table, *_ = blocks(page, "Shortcuts", Table)

    assert f"{short.majority:.3f}" in table.note
    assert {row[0] for row in texts(table)} == {group.name for group in short.groups}
    assert "--split-by estate" in text_of(page, "Shortcuts")
    assert any("--split-by estate" in warning for warning in page.warnings)


def test_a_damaged_file_is_named_with_its_reason(page: Page) -> None:
    [_, table] = blocks(page, "Quality", Table)

    assert table.rows == (("damaged.jpg", "not an image of a known format"),)
