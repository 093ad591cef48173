"""Heads of one shape trained side by side: one batched step moves all of them.

One head leaves most of a processor idle. Side by side, first layers are one matrix and what the
settings of a grid share is computed once. Every head keeps the numbers that it would have alone,
to rounding: the same weights to begin with, the same order of works, the same dropout.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from morelli.errors import UserError
from morelli.training.adam import Adam
from morelli.training.heads import build_head
from morelli.training.loop import Epoch, epoch_order, epoch_seed
from morelli.training.recipe import Recipe

OWN = ("dropout", "lr", "weight_decay", "label_smoothing", "seed")
"""The settings in which heads of one stack may differ."""

Key = TypeVar("Key")

AT_ONCE = 2048
"""Works that go through all heads at once outside training, so that memory stays bounded."""


class HeadStack:
    """Heads that differ in dropout, rates, label smoothing and seed alone.

    Heads are kept in an order in which those of one seed, and within it those of one learning
    rate, lie side by side; every method takes and gives them in the order of `recipes`.

    Args:
        width: d, the width of the features; they come standardised where the recipes say so.
        classes: Number of classes.
        recipes: The settings of each head.

    Raises:
        UserError: If the recipes differ in more than `OWN`.
    """

    def __init__(self, width: int, classes: int, recipes: Sequence[Recipe]) -> None:
        _check_alike(recipes)
        self.recipes = tuple(recipes)
        self._given = sorted(range(len(recipes)), key=lambda each: _sort_key(recipes[each]))
        ordered = [self.recipes[each] for each in self._given]
        heads, hidden = len(ordered), ordered[0].hidden
        self._weights = [torch.empty(heads * hidden, width), torch.empty(heads * hidden)]
        self._weights += [torch.empty(heads, classes, hidden), torch.empty(heads, classes, 1)]
        for place, recipe in enumerate(ordered):
            alone = build_head(width, classes, hidden=hidden, seed=recipe.seed)
            for kept, first in zip(self._of(place), alone.state_dict().values(), strict=True):
                kept.copy_(first.view_as(kept))
        self._gradients = [torch.zeros_like(each) for each in self._weights]
        self._optimisers = [self._optimiser(*each) for each in _runs(map(_rates, ordered))]
        self._by_seed = [(key, slice(a, b)) for key, a, b in _runs(each.seed for each in ordered)]
        noises = [(each.seed, each.dropout) for each in ordered]
        self._noises = list(dict.fromkeys(noises))
        self._noise_of = torch.tensor([self._noises.index(each) for each in noises])
        self._smoothing = torch.tensor([each.label_smoothing for each in ordered]).view(-1, 1, 1)

    def __len__(self) -> int:
        return len(self.recipes)

    @property
    def _hidden(self) -> int:
        return self.recipes[0].hidden

    def _of(self, place: int, end: int | None = None, what: str = "_weights") -> list[torch.Tensor]:
        """Return the parts of weights or gradients of the heads from one place to another."""
        heads = slice(place, place + 1 if end is None else end)
        units = self._rows(heads)
        first, bias, second, second_bias = getattr(self, what)
        return [first[units], bias[units], second[heads], second_bias[heads]]

    def _optimiser(self, rates: tuple[float, float], start: int, end: int) -> Adam:
        parts = self._of(start, end)
        for part, gradient in zip(parts, self._of(start, end, "_gradients"), strict=True):
            part.requires_grad_().grad = gradient
        return Adam(parts, lr=rates[0], weight_decay=rates[1])

    def state(self, head: int) -> dict[str, torch.Tensor]:
        """Return a copy of one head's weights, named and shaped as in `build_head`."""
        first, bias, second, second_bias = self._of(self._given.index(head))
        parts = {"0.weight": first, "0.bias": bias, "3.weight": second[0]}
        parts["3.bias"] = second_bias[0, :, 0]
        return {name: part.detach().clone() for name, part in parts.items()}

    def noises(self, epoch: int) -> list[torch.Generator]:
        """Return the generators of an epoch's dropout, one for each seed and share dropped."""
        return [torch.Generator().manual_seed(epoch_seed(seed, epoch)) for seed, _ in self._noises]

    def step(
        self,
        features: Sequence[torch.Tensor],
        labels: Sequence[torch.Tensor],
        noises: Sequence[torch.Generator],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Train every head on its batch.

        Args:
            features: For each seed, in ascending order, (b, d).
            labels: For each seed, (b,).
            noises: The generators of the epoch's dropout.

        Returns:
            (heads,) losses, and (heads,) numbers of works told right, before the step.
        """
        works, hidden = len(labels[0]), self._hidden
        with torch.no_grad():
            units = self._units(features)
            masks = torch.stack(
                [
                    _noise(works, hidden, dropped, generator)
                    for (_, dropped), generator in zip(self._noises, noises, strict=True)
                ]
            )
            kept = masks[self._noise_of].mul_(units > 0)
            active = units.mul_(kept)
            told = self._told(active)
            truth = torch.cat(
                [
                    each.expand(part.stop - part.start, works)
                    for each, (_, part) in zip(labels, self._by_seed, strict=True)
                ]
            )
            losses, slopes = _losses(told, truth, self._smoothing)
            self._backward(features, active, kept, slopes)
            for optimiser in self._optimisers:
                optimiser.step()
            right = (told.argmax(dim=1) == truth).sum(dim=1)
        return self._as_given(losses), self._as_given(right)

    def _units(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return (heads, hidden, b) sums before the first layer's threshold."""
        first, bias, *_ = self._weights
        made = torch.empty(len(bias), len(features[0]))
        for given, (_, heads) in zip(features, self._by_seed, strict=True):
            there = self._rows(heads)
            torch.mm(first[there], given.T, out=made[there])
        return made.add_(bias.unsqueeze(1)).view(len(self), self._hidden, -1)

    def _rows(self, heads: slice) -> slice:
        """Return where the hidden units of heads stand in the first layer."""
        return slice(heads.start * self._hidden, heads.stop * self._hidden)

    def _told(self, active: torch.Tensor) -> torch.Tensor:
        """Return (heads, classes, b) log-probabilities of (heads, hidden, b)."""
        _, _, second, second_bias = self._weights
        return torch.baddbmm(second_bias, second, active).log_softmax(dim=1)

    def _backward(
        self,
        features: Sequence[torch.Tensor],
        active: torch.Tensor,
        kept: torch.Tensor,
        slopes: torch.Tensor,
    ) -> None:
        """Write the gradients, given (heads, classes, b) slopes of the losses by the logits."""
        first, bias, second, second_bias = self._gradients
        torch.bmm(slopes, active.transpose(1, 2), out=second)
        torch.sum(slopes, dim=2, keepdim=True, out=second_bias)
        back = torch.bmm(self._weights[2].transpose(1, 2), slopes).mul_(kept).view(len(bias), -1)
        torch.sum(back, dim=1, out=bias)
        for given, (_, heads) in zip(features, self._by_seed, strict=True):
            there = self._rows(heads)
            torch.mm(back[there], given, out=first[there])

    def log_probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Return (heads, n, classes) log-probabilities of features, (n, d), without dropout."""
        made = []
        with torch.no_grad():
            for given in torch.split(features, AT_ONCE):
                units = self._units([given] * len(self._by_seed)).relu_()
                made.append(self._told(units).transpose(1, 2))
        return self._as_given(torch.cat(made, dim=1))

    def _as_given(self, ordered: torch.Tensor) -> torch.Tensor:
        back = torch.empty_like(ordered)
        back[self._given] = ordered
        return back

    @property
    def seeds(self) -> list[int]:
        """The seeds of the heads, each once, ascending."""
        return [seed for seed, _ in self._by_seed]


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
    recipe = stack.recipes[0]
    given, truth = [torch.from_numpy(view) for view in views], torch.from_numpy(labels)
    held, held_truth = torch.from_numpy(val[0]), torch.from_numpy(val[1])
    for number in range(recipe.epochs):
        started = time.perf_counter()
        features, noises = given[number % len(given)], stack.noises(number)
        losses, right = torch.zeros(len(stack)), torch.zeros(len(stack))
        orders = [
            torch.split(epoch_order(seed, number, len(truth)), recipe.batch) for seed in stack.seeds
        ]
        for chosen in zip(*orders, strict=True):
            loss, told = stack.step(
                [features[each] for each in chosen], [truth[each] for each in chosen], noises
            )
            losses += loss * len(chosen[0])
            right += told
        val_losses, val_right = _measured(stack, held, held_truth)
        seconds = (time.perf_counter() - started) / len(stack)
        figures = torch.stack([losses / len(truth), right / len(truth), val_losses, val_right])
        yield [
            Epoch(number + 1, loss, share, val_loss, val_share, seconds)
            for loss, share, val_loss, val_share in figures.T.tolist()
        ]


def _measured(
    stack: HeadStack, features: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (heads,) mean losses and accuracies."""
    told = stack.log_probabilities(features)
    losses = -told[:, torch.arange(len(labels)), labels].mean(dim=1)
    return losses, (told.argmax(dim=2) == labels).float().mean(dim=1)


def _check_alike(recipes: Sequence[Recipe]) -> None:
    first = recipes[0].as_dict()
    for recipe in recipes[1:]:
        for name, value in recipe.as_dict().items():
            if name not in OWN and value != first[name]:
                raise UserError(f"heads of one stack differ in {name}: {first[name]}, {value}")


def _sort_key(recipe: Recipe) -> tuple[float, ...]:
    return (recipe.seed, *_rates(recipe), recipe.dropout)


def _rates(recipe: Recipe) -> tuple[float, float]:
    return recipe.lr, recipe.weight_decay


def _runs(keys: Iterable[Key]) -> list[tuple[Key, int, int]]:
    """Return each run of equal keys with where it starts and ends."""
    runs, start = [], 0
    for key, same in groupby(keys):
        end = start + sum(1 for _ in same)
        runs.append((key, start, end))
        start = end
    return runs


def _noise(works: int, hidden: int, dropped: float, generator: torch.Generator) -> torch.Tensor:
    """Return the factors of `torch.nn.Dropout`, (hidden, b): the same draws from the same seed."""
    if not dropped:
        return torch.ones(hidden, works)
    drawn = torch.empty(works, hidden).bernoulli_(1 - dropped, generator=generator)
    return drawn.T.div(1 - dropped)


def _losses(
    told: torch.Tensor, labels: torch.Tensor, smoothing: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (heads,) losses and their slopes by the logits, (heads, classes, b).

    Args:
        told: (heads, classes, b) log-probabilities.
        labels: (heads, b) labels.
        smoothing: (heads, 1, 1) shares of the target spread over all classes.
    """
    _, classes, works = told.shape
    target = (smoothing / classes).expand_as(told).clone()
    target.scatter_add_(1, labels.unsqueeze(1), (1 - smoothing).expand(-1, 1, works).contiguous())
    losses = -(target * told).sum(dim=1).mean(dim=1)
    return losses, (told.exp() - target).div_(works)
