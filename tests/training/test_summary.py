"""What a network looks like, to the study's digit."""

import pytest
import torch

from morelli.errors import UnknownName, UserError
from morelli.training.summary import MEMORY_RULE, Layer, Summary, summary

STUDY = {
    "resnet18": (11_308_868, 132_356, 11_176_512),
    "resnet50": (24_033_604, 525_572, 23_508_032),
    "alexnet": (58_053_700, 1_049_860, 57_003_840),
}
SLIDE = """
Conv2d-1 [32, 64, 112, 112] 9,408
BatchNorm2d-2 [32, 64, 112, 112] 128
ReLU-3 [32, 64, 112, 112] 0
MaxPool2d-4 [32, 64, 56, 56] 0
BasicBlock-50 [32, 256, 14, 14] 0
Conv2d-51 [32, 512, 7, 7] 1,179,648
Conv2d-56 [32, 512, 7, 7] 131,072
BatchNorm2d-57 [32, 512, 7, 7] 1,024
ReLU-58 [32, 512, 7, 7] 0
BasicBlock-59 [32, 512, 7, 7] 0
Conv2d-60 [32, 512, 7, 7] 2,359,296
BasicBlock-66 [32, 512, 7, 7] 0
AdaptiveAvgPool2d-67 [32, 512, 1, 1] 0
Linear-68 [32, 256] 131,328
ReLU-69 [32, 256] 0
Dropout-70 [32, 256] 0
Linear-71 [32, 4] 1,028
LogSoftmax-72 [32, 4] 0
"""
ALEXNET = """
Conv2d-1 [32, 64, 55, 55] 23,296
MaxPool2d-13 [32, 256, 6, 6] 0
AdaptiveAvgPool2d-14 [32, 256, 6, 6] 0
Dropout-15 [32, 9216] 0
Linear-16 [32, 4096] 37,752,832
Linear-19 [32, 4096] 16,781,312
ReLU-20 [32, 4096] 0
Linear-21 [32, 256] 1,048,832
LogSoftmax-25 [32, 4] 0
"""


def _row(layer: Layer) -> str:
    return f"{layer.name} {list(layer.shape)} {layer.parameters:,}"


@pytest.mark.parametrize("backbone", STUDY)
def test_the_nine_parameter_counts_are_the_studys(backbone: str) -> None:
    described = summary(backbone, classes=4, batch=32)

    assert (described.parameters, described.trainable, described.frozen) == STUDY[backbone]
    assert described.input == (32, 3, 224, 224)


@pytest.mark.parametrize(("backbone", "memory"), [("resnet18", "2070.83"), ("alexnet", "507.90")])
def test_the_memory_figures_are_the_studys(backbone: str, memory: str) -> None:
    assert f"{summary(backbone).memory:.2f}" == memory


@pytest.mark.parametrize(
    ("backbone", "slide", "rows"), [("resnet18", SLIDE, 72), ("alexnet", ALEXNET, 25)]
)
def test_the_layer_table_is_numbered_as_on_the_slides(backbone: str, slide: str, rows: int) -> None:
    described = summary(backbone)

    assert set(slide.strip().splitlines()) <= set(map(_row, described.layers))
    assert [layer.name.rsplit("-")[1] for layer in described.layers] == [
        str(number) for number in range(1, rows + 1)
    ]
    assert sum(layer.parameters for layer in described.layers) == described.parameters


def test_memory_is_counted_by_the_rule_that_is_told() -> None:
    described = summary("squeezenet1_1", classes=3, batch=2, hidden=5)

    outputs = sum(torch.Size(layer.shape).numel() for layer in described.layers)
    values = 2 * 3 * 224 * 224 + 2 * outputs + described.parameters
    assert described.memory == pytest.approx(values * 4 / 1024**2)
    assert MEMORY_RULE.startswith("input + 2 x the output of every layer")


def test_nothing_is_drawn_from_the_global_generator() -> None:
    before = torch.get_rng_state()

    assert isinstance(summary("squeezenet1_1"), Summary)

    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("wrong", [{"classes": 1}, {"batch": 0}, {"hidden": 0}])
def test_numbers_that_are_too_small_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UserError, match="classes must be 2 or more"):
        summary("resnet18", **wrong)


def test_an_unknown_backbone_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean alexnet"):
        summary("alexnetto")
