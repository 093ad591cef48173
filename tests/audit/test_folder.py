"""An audit's folder opens as it was written, and what is wrong with it is named."""

import json
from pathlib import Path

import pytest
from data.small import files_of

from morelli.audit.folder import AUDIT_FOLDER, FILES, Audit, grave, open_audit, warnings_of
from morelli.data.folders import write_checked
from morelli.errors import BadFolder
from morelli.reports import write_report_of


def test_the_folder_opens_as_it_was_written_and_its_report_comes_back(audited: Audit) -> None:
    folder = audited.folder
    assert frozenset(path.name for path in folder.iterdir()) == AUDIT_FOLDER.contents
    assert open_audit(str(folder)) == audited
    before = files_of(folder)
    (folder / "report.html").unlink()

    assert write_report_of(folder) == folder / "report.html"
    assert files_of(folder) == before


@pytest.mark.parametrize("name", FILES)
def test_what_was_altered_is_named(copy: Audit, name: str) -> None:
    (copy.folder / name).write_text("altered")

    with pytest.raises(BadFolder, match=f"{name} was altered"):
        open_audit(copy.folder)


def test_an_audit_of_an_older_morelli_is_refused(copy: Audit) -> None:
    path = copy.folder / "audit.json"
    write_checked(path, json.loads(path.read_text("utf-8")) | {"format": 1})

    with pytest.raises(BadFolder, match="written by an older Morelli; make it anew"):
        open_audit(copy.folder)


def test_a_folder_of_something_else_is_no_audit(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=r"holds no audit; .* --out FOLDER"):
        open_audit(tmp_path)


def test_a_strict_audit_names_what_it_fails_for(audited: Audit) -> None:
    lines = grave(audited)

    assert lines[:2] == [
        "1 pair of works of equal pixels",
        "1 cluster of copies under several names of artist",
    ]
    assert lines[2:] == warnings_of(audited)
