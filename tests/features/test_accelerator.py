"""An accelerator's way: the features that a processor gives, the same in any company."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from morelli.data.collection import Collection
from morelli.features.accelerator import prepared
from morelli.features.extract import collection_features, shard_works
from morelli.features.extractor import Extractor
from morelli.features.preprocess import Pixels
from morelli.machine import Machine


@pytest.fixture(scope="module")
def processor(using: Extractor) -> Extractor:
    """The extractor on the processor, whatever device there is."""
    return replace(using, device="cpu", _ready=[])


@pytest.fixture(scope="module")
def accelerator(using: Extractor) -> Extractor:
    """The extractor on CUDA, or where there is none on a processor that goes the same way."""
    return replace(using, device="cuda" if torch.cuda.is_available() else "cpu:0", _ready=[])


@pytest.fixture(scope="module")
def works(collection: Collection, using: Extractor) -> list[Pixels]:
    """More works than a batch holds."""
    return [using.pixels(*work) for work in shard_works(collection, 0)]


def test_an_accelerator_gives_the_features_that_a_processor_gives(
    processor: Extractor, accelerator: Extractor, sharded: Collection, tmp_path: Path
) -> None:
    wanted = np.concatenate(
        collection_features(sharded, processor, machine=Machine(cache=tmp_path / "one"))
    )

    features = np.concatenate(
        collection_features(sharded, accelerator, machine=Machine(cache=tmp_path / "other"))
    )

    np.testing.assert_allclose(features, wanted, rtol=1e-3, atol=2e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("number_format", ["float32", "bfloat16"])
def test_on_an_accelerator_a_work_has_the_same_features_in_any_company(
    accelerator: Extractor, works: list[Pixels], number_format: str
) -> None:
    other = replace(accelerator, number_format=number_format, _ready=[])

    together = other.forward(works)

    assert len(together) == len(works) > other.batch
    assert torch.equal(other.forward(works[5:6])[0], together[5])
    assert torch.equal(other.forward(works[::-3]), together.flip(0)[::3])


def test_workers_prepare_pieces_that_make_up_the_batches_in_order() -> None:
    batches = [list(range(start, start + works)) for start, works in ((0, 40), (40, 16), (56, 3))]

    def drawn(works: Sequence[int]) -> list[Pixels]:
        return [np.full((2, 2, 3), work, np.uint8) for work in works]

    pieces = list(prepared(batches, drawn, device="cpu:0", workers=3))

    assert [[len(piece) for piece in batch] for batch in pieces] == [[16, 16, 8], [16], [3]]
    works = [torch.cat(batch)[:, 0, 0, 0].tolist() for batch in pieces]
    assert works == batches


def test_one_thread_feeds_an_accelerator_whoever_asks(
    accelerator: Extractor, works: list[Pixels]
) -> None:
    fed: set[str] = set()
    hook = accelerator.network.register_forward_hook(
        lambda *_: fed.add(threading.current_thread().name)
    )

    with ThreadPoolExecutor(3, thread_name_prefix="asking") as asking:
        features = list(asking.map(accelerator.forward, [works[:3], works[3:6], works[6:9]]))

    hook.remove()
    assert fed == {"morelli-accelerator_0"}
    assert torch.equal(torch.cat(features), accelerator.forward(works[:9]))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")
def test_cudas_float32_is_not_rounded_to_tf32(
    processor: Extractor, accelerator: Extractor, works: list[Pixels]
) -> None:
    before = torch.backends.cudnn.allow_tf32

    features = accelerator.forward(works)

    wanted = processor.forward(works)
    assert float((features - wanted).norm() / wanted.norm()) < 1e-5
    assert torch.backends.cudnn.allow_tf32 == before
