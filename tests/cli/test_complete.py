"""What a shell completes."""

import os
import subprocess
import sys

import pytest

from morelli.cli.complete import backbones, completing


def test_a_name_is_completed_from_its_beginning() -> None:
    assert completing(("default", "plain"))("pl") == ["plain"]


def test_the_last_of_several_backbones_is_completed() -> None:
    assert backbones("resnet18,alex") == ["resnet18,alexnet"]
    assert backbones("mobilenet_v2+resnet") == ["mobilenet_v2+resnet18", "mobilenet_v2+resnet50"]


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("morelli tra", ["train"]),
        ("morelli train --recipe s", ["study"]),
        ("morelli train --backbone conv", ["convnext_tiny"]),
        ("morelli train --split g", ["grouped"]),
        ("morelli study --recipe wikiart-four-g", ["wikiart-four-grid"]),
        ("morelli summary vit", ["vit_b_16"]),
    ],
)
def test_a_shell_is_answered_with_the_names_there_are(words: str, completed: list[str]) -> None:
    asked = {
        "_MORELLI_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    code = "import sys; sys.argv = ['morelli']; from morelli.cli.main import main; main()"
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **asked}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split() == completed
