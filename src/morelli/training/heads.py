"""Heads: from features to log-probabilities."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Standardise(nn.Module):
    """Brings each feature to mean 0 and standard deviation 1; has no trainable parameters."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def fit(self, features: "npt.NDArray[np.float32]") -> None:
        """Take mean and standard deviation from features, (n, d); constant ones stay as is."""
        self.mean.copy_(torch.from_numpy(features.mean(axis=0, dtype="float64")))
        spread = torch.from_numpy(features.std(axis=0, dtype="float64"))
        self.scale.copy_(torch.where(spread > 1e-8, spread, torch.ones_like(spread)))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return standardised features, (n, d)."""
        return (features - self.mean) / self.scale


class Mean(nn.Module):
    """Heads of one shape that answer together, by the mean of their probabilities.

    Source: Lakshminarayanan, Pritzel and Blundell, Simple and scalable predictive uncertainty
    estimation using deep ensembles, 2017.
    """

    def __init__(self, heads: Sequence[nn.Module]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (n, classes) log-probabilities of features, (n, d)."""
        return mean_of([head(features) for head in self.heads])


def mean_of(log_probabilities: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return (n, classes) logarithms of the mean of probabilities, given as logarithms."""
    together = torch.stack(list(log_probabilities))
    return torch.logsumexp(together, dim=0) - math.log(len(log_probabilities))


def hidden_layers(head: nn.Module) -> list[nn.Module]:
    """Return what makes (n, hidden) hidden values of features, (n, d); one for each of its heads.

    Args:
        head: As `build_head` makes it, or a `Mean` of such.
    """
    return [one[:-2] for one in _heads_of(head)]


def last_layers(head: nn.Module) -> list[nn.Module]:
    """Return what makes (n, classes) log-probabilities of `hidden_layers`' values, likewise."""
    return [one[-2:] for one in _heads_of(head)]


def _heads_of(head: nn.Module) -> list[nn.Sequential]:
    heads = head.heads if isinstance(head, Mean) else [head]
    return [cast(nn.Sequential, one) for one in heads]


def build_head(
    width: int,
    classes: int,
    *,
    hidden: int = 256,
    dropout: float = 0.5,
    standardise: bool = False,
    seed: int = 0,
) -> nn.Sequential:
    """Return the study's head with random weights: Linear, ReLU, Dropout, Linear, LogSoftmax.

    Args:
        width: d, the width of the features.
        classes: Number of classes.
        hidden: Width of the hidden layer.
        dropout: Probability with which a hidden value is dropped in training.
        standardise: Whether a `Standardise` layer stands first.
        seed: Draws the weights; the global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [
            nn.Linear(width, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
            nn.LogSoftmax(dim=1),
        ]
    return nn.Sequential(*([Standardise(width)] if standardise else []), *layers)
