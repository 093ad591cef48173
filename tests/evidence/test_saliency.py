"""Maps show where a network looked, and change when what it learned is taken away."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from morelli.data.decoding import decode
from morelli.evidence.saliency import (
    changes_when_randomised,
    enlarged,
    layer_of,
    normalised,
    randomised,
    saliency_map,
    share_of_head,
)
from morelli.features.backbones import BACKBONES, build, find_backbone
from morelli.features.preprocess import preprocess
from morelli.features.weights import load_backbone
from morelli.training.heads import build_head


def redness() -> nn.Sequential:
    """A network whose only feature of two is how red the picture is."""
    layer = nn.Conv2d(3, 2, kernel_size=8, stride=8)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0] = 1
        layer.bias.zero_()  # type: ignore[union-attr]
    return nn.Sequential(layer, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def weights(network: nn.Module) -> torch.Tensor:
    """All weights of a network in one row."""
    return torch.cat([values.detach().flatten().clone() for values in network.parameters()])


def test_a_network_that_sees_red_looked_where_it_is_red() -> None:
    network = redness()
    pixels = torch.zeros(1, 3, 32, 32)
    pixels[0, 0, 8:16, 16:32] = 1  # row 1, columns 2 and 3 of 4
    pixels[0, 2, 24:, :8] = 1

    saliency = saliency_map(network, nn.Identity(), network[1], pixels, 0)

    expected = np.zeros((4, 4), np.float32)
    expected[1, 2:] = 1
    np.testing.assert_allclose(saliency, expected, atol=1e-6)
    np.testing.assert_allclose(
        saliency_map(network, nn.Identity(), network[1], pixels, 1), -expected, atol=1e-6
    )


def test_a_head_gives_the_same_map_with_log_probabilities_as_with_logits() -> None:
    network = redness()
    pixels = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    head = build_head(2, 3, hidden=8).eval()

    of_log_probabilities, of_logits = (
        saliency_map(network, form, network[1], pixels, 2) for form in (head, head[:-1])
    )

    np.testing.assert_allclose(of_log_probabilities, of_logits, atol=1e-5)


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_every_backbone_has_a_layer_whose_map_has_a_place_in_the_image(name: str) -> None:
    backbone = find_backbone(name)
    network, head = build(backbone), build_head(backbone.width, 3, hidden=8).eval()
    shape = (backbone.crop, backbone.crop, 3)
    pixels = normalised(np.random.default_rng(0).integers(0, 256, shape, np.uint8), backbone)
    layer = layer_of(network, backbone)

    saliency = saliency_map(network, head, layer, pixels, 1, tokens=backbone.tokens)

    assert saliency.shape[0] == saliency.shape[1]
    assert saliency.shape[0] >= 6
    assert np.abs(saliency).max() == pytest.approx(1)


def test_what_speaks_for_nothing_gives_a_map_of_nothing() -> None:
    network = redness()

    saliency = saliency_map(network, nn.Identity(), network[1], torch.zeros(1, 3, 32, 32), 0)

    assert not saliency.any()
    assert not enlarged(saliency, 20).any()
    assert not enlarged(-np.ones((4, 4), np.float32), 20).any()


def test_an_enlarged_map_has_its_height_in_the_same_place() -> None:
    saliency = np.zeros((7, 7), np.float32)
    saliency[2, 5], saliency[4, 1] = 0.5, -1

    large = enlarged(saliency, 70)

    assert large.shape == (70, 70)
    assert large[25, 55] == pytest.approx(1, abs=0.02)
    assert large.min() == large[45, 15] == 0


def test_of_a_joined_head_each_network_has_its_share() -> None:
    head = build_head(5, 3, hidden=8).eval()
    features = np.random.default_rng(0).normal(size=5).astype(np.float32)
    whole = head(torch.from_numpy(features[None]))

    share = share_of_head(head, features, 1, 2)

    assert torch.equal(share(torch.from_numpy(features[None, 1:3])), whole)
    assert not torch.equal(share(torch.zeros(1, 2)), whole)


def test_shuffled_weights_are_the_same_values_elsewhere() -> None:
    network = build_head(6, 3, hidden=8)
    before = weights(network)

    shuffled, again = randomised(network, 3), randomised(network, 3)

    assert torch.equal(weights(network), before)
    assert not torch.equal(weights(shuffled), before)
    assert torch.equal(weights(shuffled), weights(again))
    for one, other in zip(network.parameters(), shuffled.parameters(), strict=True):
        assert torch.equal(one.flatten().sort().values, other.flatten().sort().values)


def test_a_map_that_ignores_the_weights_fails_the_check() -> None:
    blurred = nn.Sequential(nn.AvgPool2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    maps = [
        saliency_map(network, nn.Identity(), network.get_submodule("1"), pixels, 0)
        for network in (blurred, randomised(blurred, 0), randomised(blurred, 1))
    ]
    check = changes_when_randomised(maps[0], maps[1:])

    assert check.correlations == pytest.approx((1, 1))
    assert not check.changes


def test_a_flat_map_has_no_correlation() -> None:
    flat = np.zeros((7, 7), np.float32)

    check = changes_when_randomised(flat, [np.arange(49, dtype=np.float32).reshape(7, 7)])

    assert check.correlations == (0.0,)


@pytest.mark.real
@pytest.mark.parametrize("painter", ["claude-monet", "vincent-van-gogh", "rembrandt"])
def test_maps_of_real_works_change_when_the_real_network_is_shuffled(
    shared: Path, painter: str
) -> None:
    backbone = find_backbone("mobilenet_v2")
    network = load_backbone(backbone, shared / "weights").network
    head = build_head(backbone.width, 4, hidden=32).eval()
    shuffled = [(randomised(network, seed), randomised(head, seed)) for seed in range(3)]
    works = sorted((shared / "paintings" / "fullsize" / painter).glob("*.jpg"))[:3]
    assert len(works) == 3
    for work in works:
        pixels = normalised(preprocess(decode(work.read_bytes(), 256), backbone), backbone)
        trained, *others = (
            saliency_map(body, its_head, layer_of(body, backbone), pixels, 1)
            for body, its_head in [(network, head), *shuffled]
        )

        check = changes_when_randomised(trained, others)

        assert np.ptp(trained) > 0.5
        assert all(
            np.ptp(other) > 0.5 for other in others
        )  # no map is flat, so that rank says much
        assert check.changes, check.correlations
