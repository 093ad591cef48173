"""Saliency: where the network looked when it predicted a class, and whether that comes from it.

Class-activation maps by gradients (Selvaraju et al. 2017, "Grad-CAM"; Captum's LayerGradCam) for
convolutional networks; activation times gradient of the last block's tokens (Captum's
LayerGradientXActivation) for transformers. What is explained is the class's logit above the mean
of all, so that a head that ends in log-probabilities gives the same map as one that ends in
logits, however sure it is.

A map that stays when the network's weights are shuffled does not come from what it learned
(Adebayo et al. 2018, "Sanity Checks for Saliency Maps"): see `changes_when_randomised`.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from morelli.features.backbones import Backbone
from morelli.features.preprocess import Pixels

if TYPE_CHECKING:
    import torch
    from torch import nn

SAME_MAP = 0.5
"""Mean rank correlation from which on a map is said not to have changed."""

_NOTHING = 1e-6

Head = Callable[["torch.Tensor"], "torch.Tensor"]
"""Features, (n, d), to logits or log-probabilities, (n, classes)."""

Scores = Callable[["torch.Tensor"], "torch.Tensor"]
"""Pixels, (n, 3, h, w), to a score of each class, (n, classes)."""

Map = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Check:
    """How a map compares with those of the same network with its weights shuffled.

    Attributes:
        correlations: Spearman's rank correlation with each; 0 where one of both is flat.
        changes: Whether they are low enough to say that the map comes from the weights.
    """

    correlations: tuple[float, ...]
    changes: bool


def layer_of(network: "nn.Module", backbone: Backbone) -> "nn.Module":
    """Return the last layer of a backbone's network whose values have a place in the image."""
    return network.get_submodule(backbone.layer)


def normalised(pixels: Pixels, backbone: Backbone) -> "torch.Tensor":
    """Return what a network takes, (1, 3, crop, crop) float32, of (crop, crop, 3) uint8."""
    import torch

    scaled = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(colour).view(1, 3, 1, 1) for colour in (backbone.mean, backbone.std))
    return (scaled - mean) / std


def saliency_map(
    network: "nn.Module",
    head: Head,
    layer: "nn.Module",
    pixels: "torch.Tensor",
    label: int,
    *,
    tokens: bool = False,
) -> Map:
    """Return where a network looked for a class.

    Args:
        network: Normalised pixels, (n, 3, h, w), to features, (n, d); float32, in eval mode.
        head: Features to logits or log-probabilities; of several networks joined, this one's
            share, as `share_of_head` gives it.
        layer: A module of the network, whose output is (n, channels, rows, columns), or with
            `tokens` (n, 1 + rows * rows, channels).
        pixels: (1, 3, h, w) normalised.
        label: The class.
        tokens: Whether the layer is of a transformer.

    Returns:
        (rows, columns) float32, above 0 where it spoke for the class, below 0 where it spoke
        against it; the largest is 1 or -1, unless all are 0.
    """

    def above_mean(seen: "torch.Tensor") -> "torch.Tensor":
        logits = head(network(seen))
        return logits - logits.mean(dim=1, keepdim=True)

    contributions = _of_tokens if tokens else _of_channels
    traced = pixels.clone().requires_grad_()
    signed: Map = contributions(above_mean, layer, traced, label).numpy().astype(np.float32)
    largest = np.abs(signed).max()
    return signed / largest if largest > 0 else signed


def _of_channels(
    scores: Scores, layer: "nn.Module", pixels: "torch.Tensor", label: int
) -> "torch.Tensor":
    """Return (rows, columns) what a convolution's places say for a class."""
    from captum.attr import LayerGradCam

    channels: torch.Tensor = LayerGradCam(scores, layer).attribute(pixels, label)
    return channels.detach()[0, 0]


def _of_tokens(
    scores: Scores, layer: "nn.Module", pixels: "torch.Tensor", label: int
) -> "torch.Tensor":
    """Return (rows, columns) what a transformer's tokens say for a class."""
    from captum.attr import LayerGradientXActivation

    tokens: torch.Tensor = LayerGradientXActivation(scores, layer).attribute(pixels, label)
    placed = tokens.detach()[0, 1:].sum(dim=1)  # the first token has no place in the image
    return placed.view(round(len(placed) ** 0.5), -1)


def enlarged(saliency: Map, side: int) -> Map:
    """Scale what spoke for the class to a square of a side in pixels, smoothly.

    Returns:
        (side, side) float32, 0 to 1, the most looked at being 1; all 0 where nothing spoke for it.
    """
    import torch
    from torch.nn.functional import interpolate

    positive = torch.from_numpy(np.maximum(saliency, 0) / max(float(saliency.max()), _NOTHING))
    larger = interpolate(
        positive[None, None], size=(side, side), mode="bicubic", align_corners=False
    )
    clipped: Map = larger[0, 0].clamp(0, 1).numpy()
    return clipped


def share_of_head(head: Head, features: npt.NDArray[np.float32], start: int, width: int) -> Head:
    """Return a joined head as one network's features see it, those of the others held fast.

    Args:
        head: (n, d) features to logits or log-probabilities.
        features: (d,) of the work, all networks' side by side.
        start: Where this network's features begin.
        width: How many they are.
    """
    import torch

    before = torch.from_numpy(features[None, :start])
    after = torch.from_numpy(features[None, start + width :])
    return lambda own: head(torch.cat([before, own, after], dim=1))


def randomised(module: "nn.Module", seed: int) -> "nn.Module":
    """Return a copy of a network in which the values of each weight tensor are shuffled.

    Their distribution stays, so that activations neither die nor explode, as they would in
    networks whose batch norm is folded if weights were drawn anew.
    """
    import torch

    shuffled = copy.deepcopy(module)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in shuffled.parameters():
            order = torch.randperm(weights.numel(), generator=generator)
            weights.copy_(weights.flatten()[order].view_as(weights))
    return shuffled


def changes_when_randomised(trained: Map, of_randomised: Sequence[Map]) -> Check:
    """Compare a map with those of the same network with its weights shuffled.

    Args:
        trained: (rows, columns) of the trained network.
        of_randomised: Of shuffled ones, at least one.
    """
    correlations = tuple(_rank_correlation(trained, other) for other in of_randomised)
    return Check(correlations, float(np.mean(correlations)) < SAME_MAP)


def _rank_correlation(one: Map, other: Map) -> float:
    from scipy.stats import spearmanr

    if not (np.ptp(one) and np.ptp(other)):
        return 0.0
    return float(spearmanr(one.ravel(), other.ravel()).statistic)
