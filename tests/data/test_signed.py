"""Settings files vouch for themselves and for the files beside them."""

import json
from pathlib import Path

import pytest

from morelli.data.aside import file_digest
from morelli.data.signed import read_signed, write_signed
from morelli.errors import BadFolder


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings file that vouches for one other file."""
    (tmp_path / "values").write_bytes(b"1234")
    files = {"values": file_digest(tmp_path / "values")}
    write_signed(tmp_path / "said.json", {"format": 1, "name": "É", "files": files})
    return tmp_path / "said.json"


def test_what_was_written_is_read(settings: Path) -> None:
    assert read_signed(settings, 1)["name"] == "É"


def test_a_changed_setting_is_noticed(settings: Path) -> None:
    settings.write_text(settings.read_text().replace("É", "E"))
    with pytest.raises(BadFolder, match=r"said.json was altered"):
        read_signed(settings, 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": "a"}'])
def test_what_is_no_settings_file_is_noticed(settings: Path, text: str) -> None:
    settings.write_text(text)
    with pytest.raises(BadFolder, match=r"said.json was altered or is damaged"):
        read_signed(settings, 1)


def test_a_newer_format_is_told_from_damage(settings: Path) -> None:
    said = json.loads(settings.read_text())
    write_signed(settings, said | {"format": 2})
    with pytest.raises(BadFolder, match="newer Morelli"):
        read_signed(settings, 1)


def test_changed_and_missing_files_are_named(settings: Path) -> None:
    (settings.parent / "values").write_bytes(b"1235")
    with pytest.raises(BadFolder, match="values was altered"):
        read_signed(settings, 1)
    (settings.parent / "values").unlink()
    with pytest.raises(BadFolder, match="values is missing"):
        read_signed(settings, 1)


def test_a_file_outside_the_folder_is_not_looked_at(settings: Path) -> None:
    said = json.loads(settings.read_text())
    write_signed(settings, said | {"files": {"../elsewhere": "0" * 64}})
    with pytest.raises(BadFolder, match="outside"):
        read_signed(settings, 1)
