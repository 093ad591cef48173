"""The command line as a whole: its help, its version, and what it does not load."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import typer.main
from cli.command import morelli, on_terminal, printed

from morelli import __version__
from morelli.cli.main import app, main
from morelli.features.backbones import BACKBONES
from morelli.studies.named_studies import STUDIES
from morelli.training.named_recipes import RECIPES
from morelli.training.recipe import Recipe

COMMANDS = (
    "demo",
    "describe",
    "ingest",
    "train",
    "study",
    "compare",
    "report",
    "audit",
    "reproduce",
    "attribute",
    "summary",
)

COMPARING = ("train", "study")

HEAVY = """
import sys
from morelli.cli.main import app
for words in {commands}:
    try:
        app(words)
    except SystemExit as ended:
        assert not ended.code, words
loaded = [name for name in {heavy} if name in sys.modules]
assert not loaded, loaded
"""


def loads_none_of(heavy: tuple[str, ...], commands: list[list[str]]) -> None:
    code = HEAVY.format(commands=commands, heavy=heavy)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_help_mentions_every_command() -> None:
    shown = printed("--help")
    assert [name for name in COMMANDS if f" {name} " not in shown] == []
    assert set(typer.main.get_command(app).commands) == set(COMMANDS)  # type: ignore[attr-defined]


def test_no_words_at_all_are_answered_with_the_help() -> None:
    output = morelli()
    assert "Usage" in output.out + output.err
    assert "Start with: morelli demo" in output.out + output.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_every_command_is_explained(command: str) -> None:
    shown = printed(command, "-h")
    described = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    for parameter in described.params:
        assert parameter.help, parameter.name
        assert parameter.opts[0] in shown or parameter.metavar in shown, parameter.name


def test_the_help_of_sources_shows_how_to_pin_a_revision() -> None:
    assert "hub:OWNER/NAME@REVISION" in printed("ingest", "-h")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal_of_80_columns(command: str) -> None:
    shown = on_terminal(command, "--help", columns=80)
    assert shown.code == 0
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in shown.out.splitlines()]
    assert max(map(len, lines)) == 80
    assert "…" not in shown.out


def test_the_help_of_train_has_a_panel_for_each_kind_of_setting() -> None:
    shown = printed("train", "-h")
    panels = ("Collection", "Network", "Views", "Head", "Training", "Split", "Machine")
    places = [shown.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places)


def test_help_names_the_backbones_and_recipes_that_there_are() -> None:
    train, study = (" ".join(printed(name, "-h").replace("│", "").split()) for name in COMPARING)
    assert ", ".join(BACKBONES) in train
    assert ", ".join(BACKBONES) in study
    assert ", ".join(RECIPES) in train
    assert ", ".join(STUDIES) in study


def test_help_shows_a_table_of_a_toml_file_as_it_is_written() -> None:
    assert "[four]" in printed("ingest", "-h")


def test_every_field_of_a_recipe_is_an_option_of_train_by_the_same_words() -> None:
    train = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    options = {option for parameter in train.params for option in parameter.opts}
    wanted = {f"--{field.name.replace('_', '-')}" for field in fields(Recipe)}
    assert wanted - options == set()
    rest = {"collection", "--out", "--recipe", "--cache", "--workers", "--track", "--open"}
    assert options - wanted == rest | {"--unknown-from"}


def test_version_is_the_package_version() -> None:
    command = [sys.executable, "-m", "morelli", "--version"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == (f"morelli {__version__}\n", "")


def test_the_installed_command_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["morelli", "--version"])
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")  # so that what main sets is taken back
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert capsys.readouterr().out == f"morelli {__version__}\n"


THEN_LOADS_OPENMP = """
import atexit, ctypes, importlib.util, pathlib, sys
from morelli.cli.main import main

[library] = (pathlib.Path(importlib.util.find_spec("torch").origin).parent / "lib").glob("libgomp*")
atexit.register(ctypes.CDLL, str(library))
sys.argv = ["morelli", "--version"]
main()
"""
"""What torch's OpenMP says of its settings when a command has begun: it comes first with torch."""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' OpenMP says it otherwise")
@pytest.mark.parametrize(("asked", "asleep"), [({}, True), ({"OMP_WAIT_POLICY": "active"}, False)])
def test_threads_that_wait_for_others_sleep_unless_asked_not_to(
    asked: dict[str, str], asleep: bool
) -> None:
    command = [sys.executable, "-c", THEN_LOADS_OPENMP]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {"OMP_DISPLAY_ENV": "verbose"} | asked
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "GOMP_SPINCOUNT" in ended.stderr
    assert ("GOMP_SPINCOUNT = '0'" in ended.stderr) is asleep


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    output = morelli("trian")
    assert output.code == 2
    assert "train" in output.err


def test_help_loads_no_heavy_library() -> None:
    heavy = ("torch", "torchvision", "numpy", "pyarrow", "PIL", "matplotlib", "huggingface_hub")
    loads_none_of(heavy, [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])


def test_describe_and_ingest_do_without_torch(paintings: Path, tmp_path: Path) -> None:
    commands = ["describe", str(paintings)], ["ingest", str(paintings), str(tmp_path / "six")]
    loads_none_of(("torch", "torchvision", "sklearn", "matplotlib"), list(commands))


def test_a_refusal_does_not_wait_for_torch(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom morelli.cli.main import app\ntry:\n    app(sys.argv[1:])\n"
        "except SystemExit as ended:\n    assert ended.code == 2\nassert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", code, "attribute", str(tmp_path), str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == 0
