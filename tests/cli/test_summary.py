"""`morelli summary`: what it prints when all is well."""

import re

from cli.command import printed


def test_summary_shows_layers_counts_and_memory() -> None:
    shown = printed("summary", "resnet18", "--classes", 4, "--batch", 32)
    assert shown.startswith("resnet18, input [32, 3, 224, 224]\n")
    assert re.search(r"Conv2d-1 +\[32, 64, 112, 112\] +9,408", shown)
    assert re.search(r"LogSoftmax-72 +\[32, 4\] +0", shown)
    assert "Parameters in all: 11,308,868" in shown
    assert "Trainable:         132,356" in shown
    assert "Frozen:            11,176,512" in shown
    assert re.search(r"Memory: +2,070\.83 MB, estimated: input \+ 2 x the output", shown)


def test_summary_counts_what_is_asked_for() -> None:
    shown = printed("summary", "squeezenet1_1", "--classes", 8, "--batch", 1, "--hidden", 10)
    assert f"Trainable:         {512 * 10 + 10 + 10 * 8 + 8:,}" in shown
