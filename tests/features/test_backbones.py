"""Every entry of the registry goes through the same contract."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from morelli.errors import UnknownName
from morelli.features.backbones import BACKBONES, Backbone, build, find_backbone
from morelli.features.backbones import torchvision_weights as weights_entry
from morelli.features.extractor import Extractor
from morelli.features.preprocess import preprocess
from morelli.features.weights import from_state
from morelli.training.summary import summary

ENTRIES = list(BACKBONES.values())


@dataclass(frozen=True)
class Trial:
    """A backbone on two images of random pixels."""

    using: Extractor
    features: torch.Tensor
    plain: torch.Tensor

    @property
    def backbone(self) -> Backbone:
        """The entry."""
        return self.using.frozen.backbone

    @property
    def network(self) -> nn.Module:
        """The plain network."""
        return self.using.frozen.network


@pytest.fixture(scope="module", params=BACKBONES)
def trial(request: pytest.FixtureRequest) -> Trial:
    """One backbone after the other, with random weights, as it runs and as it is."""
    entry = find_backbone(request.param)
    frozen = from_state(entry, _lived_in(build(entry)).state_dict(), "random")
    using = Extractor(frozen, "cpu", "float32", 1)
    pixels = np.random.default_rng(0).integers(0, 256, (2, entry.crop, entry.crop, 3), np.uint8)
    with torch.inference_mode():
        shares = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
        plain = frozen.network(transforms.normalize(shares, list(entry.mean), list(entry.std)))
    return Trial(using, using.forward(list(pixels)), plain)


def _lived_in(network: nn.Module) -> nn.Module:
    """Give batch norm statistics as after some training, so that folding it has a task."""
    random = torch.Generator().manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            for tensor in (layer.running_mean, layer.bias):
                tensor.normal_(0, 0.1, generator=random)
            for tensor in (layer.running_var, layer.weight):
                tensor.uniform_(0.8, 1.2, generator=random)
    return network


def test_the_features_of_random_pixels_are_finite_and_as_wide_as_registered(trial: Trial) -> None:
    assert trial.features.shape == (2, trial.backbone.width)
    assert trial.features.dtype == torch.float32
    assert trial.features.isfinite().all()
    assert not torch.equal(*trial.features)


def test_the_network_is_frozen_and_in_eval_mode(trial: Trial) -> None:
    for network in (trial.network, trial.using.network):
        assert not any(part.requires_grad for part in network.parameters())
        assert not any(part.training for part in network.modules())


def test_the_folded_network_equals_the_plain_one(trial: Trial) -> None:
    assert (trial.features - trial.plain).norm() <= 1e-4 * trial.plain.norm()
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in trial.using.network.modules())


def test_summary_counts_the_parameters_that_the_network_has(trial: Trial) -> None:
    described = summary(trial.backbone.name, classes=7, batch=2, hidden=16)

    assert described.frozen == sum(values.numel() for values in trial.network.parameters())
    assert described.trainable == (trial.backbone.width + 1) * 16 + 17 * 7
    assert described.parameters == described.frozen + described.trainable
    assert described.layers[-1].shape == (2, 7)


@pytest.mark.parametrize("entry", ENTRIES, ids=BACKBONES)
def test_torchvision_has_these_weights_with_the_same_preprocessing(entry: Backbone) -> None:
    weights = weights_entry(entry)
    its = weights.transforms()

    assert weights.url.startswith("https://download.pytorch.org/models/")
    assert (its.resize_size, its.crop_size) == ([entry.resize], [entry.crop])
    assert its.interpolation == InterpolationMode(entry.interpolation)
    assert (tuple(its.mean), tuple(its.std)) == (entry.mean, entry.std)


@pytest.mark.parametrize("size", [(301, 257), (97, 333), (256, 400), (225, 224)])
@pytest.mark.parametrize("entry", ENTRIES, ids=BACKBONES)
def test_preprocess_gives_the_pixels_that_torchvision_gives(
    entry: Backbone, size: tuple[int, int]
) -> None:
    random = np.random.default_rng(sum(size))
    image = Image.fromarray(random.integers(0, 256, (*size[::-1], 3), np.uint8))
    its = weights_entry(entry).transforms()

    pixels = preprocess(image, entry)

    resized = transforms.resize(image, its.resize_size, interpolation=its.interpolation)
    wanted = np.asarray(transforms.center_crop(resized, its.crop_size))
    assert np.array_equal(pixels, wanted)


def test_an_unknown_backbone_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="resnet18"):
        find_backbone("resnet-81")


def test_random_weights_depend_on_the_seed_alone_and_leave_the_generator_alone(
    small: Backbone,
) -> None:
    before = torch.get_rng_state()

    one, same, other = (build(small, seed).state_dict() for seed in (1, 1, 2))

    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["features.0.weight"], other["features.0.weight"])
