"""`morelli demo`."""

import re
import shlex
from pathlib import Path

import pytest
from cli.command import morelli, printed, refusal

from morelli.invented.painters import PAINTERS


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The demo's folder, and what it said on stdout and stderr."""
    out = tmp_path_factory.mktemp("demo") / "my demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("morelli.invented.painters.SHAPES", ((64, 48), (48, 64)))  # quick
        output = morelli("demo", out, "--works", 10)
    assert output.code == 0
    return out, output.out, output.err


def test_the_demo_shows_new_works_figures_and_where_things_are(
    played: tuple[Path, str, str],
) -> None:
    out, shown, _ = played
    for painter in PAINTERS:
        for number in range(2):
            row = rf"{painter.name}-00{number}.jpg +{painter.name} +[\w-]+ +\d+\.\d%"
            assert re.search(row, shown), shown
    assert re.search(r"On 12 test works: \d+ of 12 classified correctly \(95 % interval", shown)
    for name in ("paintings", "collection", "run"):
        assert f": {out / name}\n" in shown
        assert (out / name).is_dir()


def test_the_demo_says_plainly_whose_weights_it_used(played: tuple[Path, str, str]) -> None:
    _, shown, _ = played
    (line,) = (line for line in shown.splitlines() if "weights were" in line)
    assert "weights were random" in line or "weights were ResNet18_Weights.IMAGENET1K_V1" in line


def test_the_demo_says_a_line_for_each_finished_step(played: tuple[Path, str, str]) -> None:
    _, _, err = played
    for line in ("paint paintings: 60 works in", "ingest: 60 works in", "features: 60 works in"):
        assert line in err


def test_the_command_that_the_demo_ends_with_works(played: tuple[Path, str, str]) -> None:
    out, shown, _ = played
    following = shown.splitlines()[-1]
    assert following.startswith("Try: morelli attribute ")
    answers = printed(*shlex.split(following)[2:])
    assert answers.startswith(" " * (len(answers) - len(answers.lstrip())) + str(out / "new"))


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    assert f"{tmp_path} is not empty" in refusal("demo", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
