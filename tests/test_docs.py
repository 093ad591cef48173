"""What the README and the examples show runs as it stands."""

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from morelli.cli.main import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readmes_python_runs_and_is_ten_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line and "import" not in line]) <= 10
    exec(compile(code, "README.md", "exec"), {})
    counts, likeliest = capsys.readouterr().out.splitlines()
    assert "'odile-marchetti': 20" in counts
    assert len(re.findall(r"\('[a-z-]+', [\d.e-]+\)", likeliest)) == 3


def test_every_morelli_line_of_the_readme_names_real_commands_and_options() -> None:
    lines = [
        line.split("#")[0]
        for block in blocks("sh")
        for line in block.splitlines()
        if "morelli" in line
    ]
    assert len(lines) >= 6
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for line in lines:
        _, name, *rest = shlex.split(line)
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert {part for part in rest if part.startswith("--")} <= known, line


def test_the_readme_is_at_most_100_lines() -> None:
    assert README.count("\n") <= 100


def typed(text: str) -> list[list[str]]:
    """Return the words of each command that a page of the docs shows, in line or in a block."""
    shown = re.findall(r"`([^`]+)`", text.replace("```sh", "").replace("```", ""))
    shown += [
        line.split("#")[0]
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    lines = [" ".join(line.split()) for line in shown]
    return [shlex.split(line) for line in lines if line.startswith(("morelli ", "python "))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_there_with_its_options(page: Path) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for program, name, *rest in typed(page.read_text(encoding="utf-8")):
        options = {word for word in rest if word.startswith("--")}
        if program == "python":
            assert (ROOT / name).is_file(), name
            source = (ROOT / name).read_text(encoding="utf-8")
            assert [option for option in options if f'"{option}"' not in source] == [], name
        else:
            known = {option for parameter in commands[name].params for option in parameter.opts}
            assert options <= known, (name, rest)


def test_the_contact_sheet_shows_each_painter(tmp_path: Path) -> None:
    picture = example("contact_sheet").sheet((24, 18))
    assert picture.size == (8 + 6 * 32, 8 + 6 * 26)
    assert len(np.unique(np.asarray(picture.crop((8, 8, 32, 26))).reshape(-1, 3), axis=0)) > 50


def test_the_quickstart_learns_something(tmp_path: Path) -> None:
    assert example("quickstart").main(tmp_path, works=15) > 1 / 3


def test_the_changelog_names_every_command() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    listed = CliRunner().invoke(app, ["--help"]).output
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert f"morelli {name}" in changelog
        assert name in listed
