"""Joined backbones: each one's features as it gives them alone, side by side and cached apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from morelli.data.collection import Collection
from morelli.errors import UnknownName, UserError
from morelli.features.backbones import find_backbones
from morelli.features.extract import collection_features, shard_works
from morelli.features.extractor import View, extractor, one_thread_each
from morelli.features.joined import Joined, joined_features, load_joined
from morelli.features.preprocess import Pixels
from morelli.features.weights import load_backbone
from morelli.machine import Machine

NAMES = "squeezenet1_1+mobilenet_v2"


@pytest.fixture(scope="module")
def joined() -> Joined:
    """Two small networks with random weights, on smaller pixels: quick."""
    entries = [replace(entry, resize=72, crop=64) for entry in find_backbones(NAMES)]
    parts = [load_backbone(entry, "random") for entry in entries]
    return Joined(tuple(extractor(part, number_format="float32", workers=2) for part in parts))


class Heard:
    """Keeps the names of the steps that it hears of."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def note(self, text: str) -> None:
        raise AssertionError(text)

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        self.names.append(name)


@pytest.mark.parametrize("view", [None, View(1, 3)], ids=["fixed", "view"])
def test_features_stand_side_by_side_as_each_network_gives_them_alone(
    joined: Joined, collection: Collection, tmp_path: Path, view: View | None
) -> None:
    together = joined_features(collection, joined, view=view, machine=Machine(cache=tmp_path))

    alone = [
        collection_features(collection, part, view=view, machine=Machine(cache=tmp_path))
        for part in joined.parts
    ]
    assert joined.name == NAMES
    assert joined.widths == (512, 1280)
    for shard, features in enumerate(together):
        assert features.shape[1] == sum(joined.widths)
        assert np.array_equal(features[:, :512], alone[0][shard])
        assert np.array_equal(features[:, 512:], alone[1][shard])


def test_what_one_network_has_in_the_cache_the_joined_ones_need_not_extract(
    joined: Joined, collection: Collection, tmp_path: Path
) -> None:
    collection_features(collection, joined.parts[0], machine=Machine(cache=tmp_path))
    heard = Heard()

    joined_features(collection, joined, machine=Machine(cache=tmp_path, progress=heard))

    assert set(heard.names) == {"features (mobilenet_v2)"}


def test_images_outside_a_collection_get_the_same_features(
    joined: Joined, collection: Collection, tmp_path: Path
) -> None:
    stored = [data for _, data in shard_works(collection, 0)][:3]

    together = joined.features(stored)

    inside = joined_features(collection, joined, machine=Machine(cache=tmp_path))[0][:3]
    assert np.allclose(together, inside, atol=1e-4 * np.abs(inside).max())
    with one_thread_each():  # gives the other tests their threads back
        alone = joined.features(stored, alone=True)
    assert np.allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize("device", ["cpu", "cpu:0"], ids=["processor", "accelerator"])
def test_what_workers_make_ready_gets_the_same_features_in_its_order(
    joined: Joined, collection: Collection, device: str
) -> None:
    using = Joined(tuple(replace(part, device=device, _ready=[]) for part in joined.parts))
    stored = [data for _, data in shard_works(collection, 0)][:7]

    def seen(works: list[bytes]) -> list[list[Pixels]]:
        return [[part.pixels("", data) for data in works] for part in using.parts]

    together = using.features_by_workers([stored[:3], stored[3:4], stored[4:]], seen)

    wanted = using.features(stored)
    assert np.allclose(together, wanted, atol=1e-5 * np.abs(wanted).max())


def test_one_network_alone_is_joined_of_one() -> None:
    alone = load_joined("squeezenet1_1", "random", workers=3)
    both = load_joined(NAMES, "random", workers=3)

    assert alone.digest == alone.parts[0].frozen.digest
    assert both.digest not in {part.frozen.digest for part in both.parts}
    assert (alone.origin, both.origin) == ("random", "random")
    assert alone.workers == both.workers == 3


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ("resnet18+resnet18", "can stand there once"),
        ("resnet18+resnet81", "resnet18"),
        ("+", "backbone"),
    ],
)
def test_names_that_cannot_be_joined_are_refused(names: str, error: str) -> None:
    with pytest.raises(UserError, match=error) as refused:
        load_joined(names, "random")
    assert isinstance(refused.value, UnknownName) == ("once" not in error)
