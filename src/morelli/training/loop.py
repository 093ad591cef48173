"""The one training loop: a generator of epochs. The caller logs, saves and stops."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from morelli.data.chance import seeded_hash
from morelli.training.adam import Adam

Batch = tuple[torch.Tensor, torch.Tensor]
"""What goes in, (b, ...) float, and labels, (b,) int64."""


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to.

    Attributes:
        number: From 1.
        train_loss: Mean loss over the training works, while training (dropout on).
        train_accuracy: Share of training works classified correctly, while training.
        val_loss: Mean loss on val, in eval mode.
        val_accuracy: Accuracy on val.
        seconds: Time of the epoch.
    """

    number: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float

    def line(self) -> str:
        """Return the study's line for an epoch."""
        return (
            f"Training: Loss - {self.train_loss:.4f}, Accuracy - {self.train_accuracy:.4%}, "
            f"Validation : Loss - {self.val_loss:.4f}, Accuracy - {self.val_accuracy:.4%}, "
            f"Time: {self.seconds:.4f}s"
        )

    def better_than(self, other: "Epoch") -> bool:
        """Whether val accuracy is higher, or equal with a lower loss."""
        return (self.val_accuracy, -self.val_loss) > (other.val_accuracy, -other.val_loss)


BEFORE = Epoch(0, float("inf"), -1.0, float("inf"), -1.0, 0.0)
"""Stands for the time before the first epoch; every epoch is better."""


def train(
    model: nn.Module,
    batches: Callable[[int], Iterable[Batch]],
    val: Callable[[], Iterable[Batch]],
    *,
    epochs: int,
    lr: float,
    weight_decay: float = 0.0,
    label_smoothing: float = 0.0,
    seed: int = 0,
) -> Iterator[Epoch]:
    """Train a model that gives log-probabilities, by Adam and NLLLoss, and yield each epoch.

    With weight decay it is decoupled (AdamW, Loshchilov and Hutter 2019).

    Args:
        model: Gives (b, classes) log-probabilities; trained in place.
        batches: For an epoch, from 0, its training batches.
        val: The batches of val, the same each time.
        epochs: How many.
        lr: Learning rate.
        weight_decay: Per step, as a share of the learning rate.
        label_smoothing: Share of the target spread over all classes.
        seed: With the epoch's number it draws dropout; the global generator is left as it was.
    """
    optimiser = Adam(model.parameters(), lr=lr, weight_decay=weight_decay)
    for number in range(epochs):
        started = time.perf_counter()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(epoch_seed(seed, number))
            train_loss, train_accuracy = _pass(model, batches(number), label_smoothing, optimiser)
        val_loss, val_accuracy = _pass(model, val(), 0.0)
        seconds = time.perf_counter() - started
        yield Epoch(number + 1, train_loss, train_accuracy, val_loss, val_accuracy, seconds)


def epoch_seed(seed: int, epoch: int) -> int:
    """Return the seed of an epoch's dropout."""
    return int(seeded_hash(seed, "epoch", epoch)[:15], 16)


def epoch_order(seed: int, epoch: int, works: int) -> torch.Tensor:
    """Return (works,) indices in the order of an epoch."""
    random = np.random.default_rng(int(seeded_hash(seed, "order", epoch)[:15], 16))
    return torch.from_numpy(random.permutation(works))


def _pass(
    model: nn.Module,
    batches: Iterable[Batch],
    label_smoothing: float,
    optimiser: Adam | None = None,
) -> tuple[float, float]:
    """Go over batches once, training if there is an optimiser; return mean loss and accuracy."""
    model.train(optimiser is not None)
    loss_sum, right, works = 0.0, 0, 0
    with torch.set_grad_enabled(optimiser is not None):
        for inputs, labels in batches:
            log_probabilities = model(inputs)
            loss = _nll(log_probabilities, labels, label_smoothing)
            if optimiser is not None:
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
            loss_sum += float(loss.detach()) * len(labels)
            right += int((log_probabilities.argmax(dim=1) == labels).sum())
            works += len(labels)
    return loss_sum / max(works, 1), right / max(works, 1)


def _nll(
    log_probabilities: torch.Tensor, labels: torch.Tensor, label_smoothing: float
) -> torch.Tensor:
    loss = nn.functional.nll_loss(log_probabilities, labels)
    if not label_smoothing:
        return loss
    return (1 - label_smoothing) * loss - label_smoothing * log_probabilities.mean()


def vector_batches(
    views: list[npt.NDArray[np.float32]],
    labels: npt.NDArray[np.int64],
    *,
    batch: int,
    seed: int,
) -> Callable[[int], Iterator[Batch]]:
    """Return the batches of epochs over cached features, shuffled by (seed, epoch).

    Args:
        views: One or more (n, d) arrays of the same works; epoch e takes e modulo their number.
        labels: (n,) labels.
        batch: Works in a batch.
        seed: With the epoch's number it draws the order.
    """
    tensors = [torch.from_numpy(view) for view in views]
    targets = torch.from_numpy(labels)

    def batches(epoch: int) -> Iterator[Batch]:
        features = tensors[epoch % len(tensors)]
        for chosen in torch.split(epoch_order(seed, epoch, len(targets)), batch):
            yield features[chosen], targets[chosen]

    return batches
