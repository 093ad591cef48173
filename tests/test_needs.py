"""What a machine lacks is said once at the end of a run, with how to get it."""

import pytest

HOOKS = (
    "from needs import pytest_report_teststatus, pytest_terminal_summary, skip_what_lacks\n"
    "pytest_collection_modifyitems = lambda items: skip_what_lacks(items)\n"
)

TESTS = """
import pytest

@pytest.mark.browser
@pytest.mark.parametrize("width", [1, 2, 3])
def test_looks(width): pass

@pytest.mark.real
def test_reads(): pass

@pytest.mark.skip(reason="of another kind")
def test_is_skipped(): pass

def test_runs(): pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Tests that need something, on a machine with neither Chromium nor paintings."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("MORELLI_CHROMIUM", raising=False)
    monkeypatch.setenv("MORELLI_SHARED", str(pytester.path / "shared"))
    pytester.makeini("[pytest]\nmarkers = browser\n    real")
    pytester.makeconftest(HOOKS)
    pytester.makepyfile(test_some=TESTS)
    return pytester


def run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-ra", "-p", "no:cacheprovider", *options)


@pytest.mark.parametrize("options", [("-n", "0"), ("-n", "1")], ids=["alone", "by a worker"])
def test_what_is_lacking_is_said_in_one_line(
    suite: pytest.Pytester, options: tuple[str, str]
) -> None:
    result = run(suite, *options)

    lines = [line for line in result.outlines if line.startswith(("Skipped", "SKIPPED"))]
    assert lines == [
        "Skipped: 3 without Chromium and axe-core (apt-get install chromium; "
        "npm install --no-package-lock), 1 without real paintings (put them in ../shared, or name "
        "their folder in MORELLI_SHARED)",
        "SKIPPED [1] test_some.py:10: of another kind",
    ]
    assert "1 passed, 1 skipped, 3 without Chromium and axe-core, 1 without real" in str(
        result.stdout
    )


def test_where_nothing_is_lacking_nothing_is_said(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suite.path / "shared").mkdir()
    (suite.path / "axe.min.js").touch()
    monkeypatch.setenv("MORELLI_CHROMIUM", "chromium")
    monkeypatch.setattr("needs.AXE", suite.path / "axe.min.js")
    result = run(suite)

    assert "Skipped: " not in str(result.stdout)
    assert result.parseoutcomes() == {"passed": 5, "skipped": 1}
