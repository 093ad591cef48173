"""Folders of results: what they may hold, when they are finished, and that nothing was altered."""

import json
from pathlib import Path

import pytest

from morelli.data.aside import file_digest
from morelli.data.folders import ResultFolder, checksum, read_checked, write_checked
from morelli.errors import BadFolder

ANY = ResultFolder(
    kind="finished sketch",
    manifest="sketch.json",
    format=2,
    oldest=2,
    command="morelli sketch --out {folder}",
    contents=frozenset({"sketch.json", "lines", "notes"}),
)
"""A folder that may hold any of its files before it is finished."""

BEGUN = ResultFolder("sketch", "sketch.json", 1, begun="begun.json", before=frozenset({"lines"}))
"""A folder that is shown by the file that is written when it is begun."""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings file that vouches for one other file."""
    (tmp_path / "values").write_bytes(b"1234")
    files = {"values": file_digest(tmp_path / "values")}
    write_checked(tmp_path / "settings.json", {"format": 1, "name": "É", "files": files})
    return tmp_path / "settings.json"


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A finished folder."""
    (tmp_path / "lines").write_bytes(b"1234")
    ANY.finish(tmp_path, ["lines"], {"name": "É"})
    return tmp_path


def test_what_was_written_is_read(settings: Path) -> None:
    assert read_checked(settings, 1)["name"] == "É"


def test_a_changed_setting_is_noticed(settings: Path) -> None:
    settings.write_text(settings.read_text().replace("É", "E"))
    with pytest.raises(BadFolder, match=r"settings.json was altered"):
        read_checked(settings, 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": "a"}'])
def test_what_is_no_settings_file_is_noticed(settings: Path, text: str) -> None:
    settings.write_text(text)
    with pytest.raises(BadFolder, match=r"settings.json was altered or is damaged"):
        read_checked(settings, 1)


def test_a_newer_format_is_told_from_damage(settings: Path) -> None:
    content = json.loads(settings.read_text())
    write_checked(settings, content | {"format": 2})
    with pytest.raises(BadFolder, match="newer Morelli"):
        read_checked(settings, 1)


def test_changed_and_missing_files_are_named(settings: Path) -> None:
    (settings.parent / "values").write_bytes(b"1235")
    with pytest.raises(BadFolder, match="values was altered"):
        read_checked(settings, 1)
    (settings.parent / "values").unlink()
    with pytest.raises(BadFolder, match="values is missing"):
        read_checked(settings, 1)


def test_a_file_outside_the_folder_is_not_looked_at(settings: Path) -> None:
    content = json.loads(settings.read_text())
    write_checked(settings, content | {"files": {"../elsewhere": "0" * 64}})
    with pytest.raises(BadFolder, match="outside"):
        read_checked(settings, 1)


def test_the_checksum_leaves_itself_out_and_does_not_hang_on_the_order_of_keys() -> None:
    assert checksum({"a": 1, "b": 2}) == checksum({"b": 2, "digest": "x", "a": 1})
    assert checksum({"a": 1}) != checksum({"a": 2})


def test_a_finished_folder_is_read_with_its_format_and_what_it_is_about(finished: Path) -> None:
    content = ANY.read(finished)

    assert list(content) == ["format", "name", "files", "digest"]
    assert (content["format"], content["name"]) == (2, "É")
    assert content["files"] == {"lines": file_digest(finished / "lines")}


def test_a_folder_that_is_not_finished_is_refused_with_the_command_that_makes_one(
    finished: Path,
) -> None:
    ANY.reopen(finished)
    ANY.reopen(finished)

    assert not ANY.is_finished(finished)
    with pytest.raises(BadFolder) as refused:
        ANY.read(finished)
    assert str(refused.value) == (
        f"{finished} holds no finished sketch (it has no sketch.json); "
        f"make one with: morelli sketch --out {finished}"
    )


def test_a_folder_with_braces_in_its_name_is_refused_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "{kind} {0}"
    with pytest.raises(BadFolder, match=r"/\{kind\} \{0\} holds no finished sketch"):
        ANY.read(folder)


def test_an_older_format_is_refused(finished: Path) -> None:
    content = json.loads((finished / "sketch.json").read_text())
    write_checked(finished / "sketch.json", content | {"format": 1})
    with pytest.raises(BadFolder, match="older Morelli; make it anew"):
        ANY.read(finished)


def test_a_folder_is_made_with_those_above_it_or_taken_with_its_own_files(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    ANY.claim(folder)
    ANY.claim(folder)
    (folder / "lines").write_bytes(b"1234")
    ANY.finish(folder, ["lines"])
    ANY.claim(folder)

    assert ANY.is_finished(folder)


@pytest.mark.parametrize("kind", [ANY, BEGUN])
def test_a_folder_with_something_else_is_left_alone(kind: ResultFolder, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("ours")
    kind.claim(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(BadFolder, match=r"holds something else \(mine.txt\); choose an empty or"):
        kind.claim(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_folder_that_was_begun_may_hold_anything_beside(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "begun.json").write_text("{}")

    BEGUN.claim(tmp_path)


def test_what_another_process_is_writing_at_the_beginning_is_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".begun.json.1.partial").write_text("{")

    BEGUN.claim(tmp_path)


def test_a_folder_that_is_not_there_is_not_made_by_a_look(tmp_path: Path) -> None:
    ANY.check_others(tmp_path / "new")

    assert not (tmp_path / "new").exists()


def test_below_a_file_no_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    for folder in (tmp_path / "file", tmp_path / "file" / "new"):
        with pytest.raises(BadFolder, match=r"cannot write to .*file"):
            ANY.claim(folder)
