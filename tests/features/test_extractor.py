"""An extractor runs on the best device there is, in its best number format."""

import os

import numpy as np
import pytest
import torch
from PIL import Image

from morelli.errors import UnknownName, UserError
from morelli.features import extractor as extractors
from morelli.features.extractor import Extractor, View, extractor
from morelli.features.views import KINDS, draw

HAS_BFLOAT16 = extractors._has_bfloat16("cpu")


def test_a_number_format_that_the_device_lacks_is_refused(
    using: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractors, "_has_bfloat16", lambda device: False)

    assert extractor(using.frozen).number_format == "float32"
    with pytest.raises(UserError, match="does not compute in bfloat16; use float32 or auto"):
        extractor(using.frozen, number_format="bfloat16")
    with pytest.raises(UnknownName, match="float32"):
        extractor(using.frozen, number_format="float23")


@pytest.mark.parametrize("device", ["cuda", "mps", "cpu"])
def test_the_best_device_there_is_gets_the_work(
    using: Extractor, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: device == "cuda")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: device != "cpu")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)

    chosen = extractor(using.frozen)

    assert chosen.device == device
    assert (
        chosen.number_format
        == {
            "cuda": "bfloat16",
            "mps": "float32",
            "cpu": "bfloat16" if HAS_BFLOAT16 else "float32",
        }[device]
    )


def test_an_extractor_has_a_worker_a_core_unless_told(using: Extractor) -> None:
    assert extractor(using.frozen).workers == os.cpu_count()
    assert extractor(using.frozen, workers=5).workers == 5


def test_the_extractor_draws_the_kind_that_a_view_says(
    image: Image.Image, using: Extractor, tmp_path: str
) -> None:
    image.save(f"{tmp_path}/a.png")
    with open(f"{tmp_path}/a.png", "rb") as file:  # noqa: PTH123
        data = file.read()

    for kind in KINDS.values():
        wanted = draw(image, using.frozen.backbone, kind, seed=4, work="a", view=3)
        assert np.array_equal(using.pixels("a", data, View(3, 4, kind)), wanted)
