"""What a page of an audit holds, and audits altered by hand."""

from dataclasses import replace

from reported import section

from morelli.audit.csv_rows import LabelRow
from morelli.audit.figures import LabelFigures
from morelli.audit.folder import Audit
from morelli.reporting.page import Page, Text


def text_of(page: Page, title: str) -> str:
    """The paragraphs of a section."""
    blocks = [block for block in section(page, title).blocks if isinstance(block, Text)]
    return " ".join(line for block in blocks for line in block.paragraphs)


def doubtful(audit: Audit, count: int) -> Audit:
    """The audit with the labels of its first copies in doubt."""
    rows = tuple(
        LabelRow(rank, "another", 0.01, 0.95, row.work)
        for rank, row in enumerate(audit.findings.copies[:count], 1)
    )
    return replace(
        audit,
        results=replace(audit.results, labels=LabelFigures(40, count, 0.75)),
        findings=replace(audit.findings, labels=rows),
    )
