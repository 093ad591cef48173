"""The training loop of heads side by side: what `loop.train` is for one."""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from morelli.training.loop import Epoch, epoch_order
from morelli.training.stack import HeadStack


def train_stack(
    stack: HeadStack,
    views: Sequence[npt.NDArray[np.float32]],
    labels: npt.NDArray[np.int64],
    val: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]],
) -> Iterator[list[Epoch]]:
    """Train the heads of a stack and yield each epoch, for all heads in their order.

    An epoch's seconds are shared out evenly among the heads.

    Args:
        stack: The heads; trained in place.
        views: One or more (n, d) arrays of the training works; epoch e takes e modulo their number.
        labels: (n,) labels of the training works.
        val: Features, (m, d), and labels, (m,), of val.
    """
    tensors, true = [torch.from_numpy(view) for view in views], torch.from_numpy(labels)
    val_features, val_labels = torch.from_numpy(val[0]), torch.from_numpy(val[1])
    for number in range(stack.recipes[0].epochs):
        started = time.perf_counter()
        losses, accuracies = _epoch(stack, number, tensors[number % len(tensors)], true)
        val_losses, val_accuracies = _measured(stack, val_features, val_labels)
        seconds = (time.perf_counter() - started) / len(stack)
        figures = torch.stack([losses, accuracies, val_losses, val_accuracies])
        yield [
            Epoch(number + 1, loss, accuracy, val_loss, val_accuracy, seconds)
            for loss, accuracy, val_loss, val_accuracy in figures.T.tolist()
        ]


def _epoch(
    stack: HeadStack, number: int, features: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Train for one epoch; return (heads,) mean losses and accuracies, while training."""
    batch, noises = stack.recipes[0].batch, stack.noises(number)
    losses, right = torch.zeros(len(stack)), torch.zeros(len(stack))
    orders = [torch.split(epoch_order(seed, number, len(labels)), batch) for seed in stack.seeds]
    for batches in zip(*orders, strict=True):
        loss, correct = stack.step(
            [features[works] for works in batches], [labels[works] for works in batches], noises
        )
        losses += loss * len(batches[0])
        right += correct
    return losses / len(labels), right / len(labels)


def _measured(
    stack: HeadStack, features: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (heads,) mean losses and accuracies, without dropout."""
    log_probabilities = stack.log_probabilities(features)
    losses = -log_probabilities[:, torch.arange(len(labels)), labels].mean(dim=1)
    return losses, (log_probabilities.argmax(dim=2) == labels).float().mean(dim=1)
