"""A report in a real browser, wide and narrow, light and dark: nothing is cut or out of reach."""

from pathlib import Path

import pytest
from browser import SOUND, audits
from playwright.sync_api import Browser
from reporting.sample import rich_page

from morelli.reporting.report import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, rich_page())
    return path


def test_a_rich_report_is_whole_and_within_reach(chromium: Browser, report: Path) -> None:
    assert audits(chromium, report, "report") == SOUND


BAD = """<!doctype html><html><head><title>Bad</title></head><body>
<p style="color: #ccc; background: #fff">pale</p>
<p style="width: 2000px">wide</p>
<p style="width: 20px; overflow: hidden; white-space: nowrap">cut off at once</p>
<img src="missing.png" alt="none">
<svg width="100" height="20"><text x="0" y="15">one</text><text x="4" y="15">two</text>
<text x="90" y="15">beyond</text></svg></body></html>"""


def test_the_audit_sees_what_is_wrong(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(BAD, encoding="utf-8")

    seen = audits(chromium, path)
    audit = seen[390, "light"]

    assert {violation.split(":")[0] for violation in audit.violations} == {
        "serious color-contrast",
        "serious html-has-lang",
    }
    assert {line.split(":")[0] for line in seen[390, "dark"].violations} == {
        "serious color-contrast"
    }
    assert audit.wider > 1000 > seen[1280, "light"].wider
    assert audit.cut == ["P: cut off at once", "outside its figure: beyond"]
    assert audit.overlaps == ["one / two"]
    assert audit.requests == [(tmp_path / "missing.png").as_uri()]
