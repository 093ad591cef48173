"""Heads of one shape trained side by side: one batched step moves all of them.

One head leaves most of a processor idle. Side by side, first layers are one matrix and what the
settings of a grid share is computed once. Every head keeps the numbers that it would have alone,
to rounding: the same weights to begin with, the same order of works, the same dropout.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeVar

import torch

from morelli.errors import UserError
from morelli.training.adam import Adam
from morelli.training.heads import build_head
from morelli.training.loop import epoch_seed
from morelli.training.recipe import Recipe

OWN = ("dropout", "lr", "weight_decay", "label_smoothing", "seed")
"""The settings in which heads of one stack may differ."""

Key = TypeVar("Key")

AT_ONCE = 2048
"""Works that go through all heads at once outside training, so that memory stays bounded."""


class HeadStack:
    """Heads that differ in dropout, rates, label smoothing and seed alone.

    Heads are kept in an order in which those of one seed, and within it those of one learning
    rate, lie side by side; every method takes and returns them in the order of `recipes`.

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
        self._order = sorted(range(len(recipes)), key=lambda number: _sort_key(recipes[number]))
        ordered = [self.recipes[number] for number in self._order]
        heads, hidden = len(ordered), ordered[0].hidden
        self._weights = [torch.empty(heads * hidden, width), torch.empty(heads * hidden)]
        self._weights += [torch.empty(heads, classes, hidden), torch.empty(heads, classes, 1)]
        for place, recipe in enumerate(ordered):
            alone = build_head(width, classes, hidden=hidden, seed=recipe.seed)
            for part, values in zip(self._of(place), alone.state_dict().values(), strict=True):
                part.copy_(values.view_as(part))
        self._gradients = [torch.zeros_like(part) for part in self._weights]
        self._optimisers = [self._optimiser(*run) for run in _runs(map(_rates, ordered))]
        seeds = [recipe.seed for recipe in ordered]
        self._by_seed = [(seed, slice(start, end)) for seed, start, end in _runs(seeds)]
        noises = [(recipe.seed, recipe.dropout) for recipe in ordered]
        self._noises = list(dict.fromkeys(noises))
        self._noise_of = torch.tensor([self._noises.index(noise) for noise in noises])
        smoothing = [recipe.label_smoothing for recipe in ordered]
        self._smoothing = torch.tensor(smoothing).view(-1, 1, 1)

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
        first, bias, second, second_bias = self._of(self._order.index(head))
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
            (heads,) losses, and (heads,) numbers of works classified correctly, before the step.
        """
        works = len(labels[0])
        with torch.no_grad():
            units = self._units(features)
            kept = self._dropout(works, noises).mul_(units > 0)
            active = units.mul_(kept)
            log_probabilities = self._log_probabilities(active)
            every = [
                own.expand(heads.stop - heads.start, works)
                for own, (_, heads) in zip(labels, self._by_seed, strict=True)
            ]
            true = torch.cat(every)
            losses, slopes = _losses(log_probabilities, true, self._smoothing)
            self._backward(features, active, kept, slopes)
            for optimiser in self._optimisers:
                optimiser.step()
            right = (log_probabilities.argmax(dim=1) == true).sum(dim=1)
        return self._as_asked(losses), self._as_asked(right)

    def _dropout(self, works: int, noises: Sequence[torch.Generator]) -> torch.Tensor:
        """Return (heads, hidden, b) factors of the hidden values."""
        factors = [
            _noise(works, self._hidden, share, generator)
            for (_, share), generator in zip(self._noises, noises, strict=True)
        ]
        return torch.stack(factors)[self._noise_of]

    def _units(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return (heads, hidden, b) sums before the first layer's threshold."""
        first, bias, *_ = self._weights
        sums = torch.empty(len(bias), len(features[0]))
        for own, (_, heads) in zip(features, self._by_seed, strict=True):
            rows = self._rows(heads)
            torch.mm(first[rows], own.T, out=sums[rows])
        return sums.add_(bias.unsqueeze(1)).view(len(self), self._hidden, -1)

    def _rows(self, heads: slice) -> slice:
        """Return where the hidden units of heads stand in the first layer."""
        return slice(heads.start * self._hidden, heads.stop * self._hidden)

    def _log_probabilities(self, active: torch.Tensor) -> torch.Tensor:
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
        """Write the gradients, from (heads, classes, b) slopes of the losses by the logits."""
        first, bias, second, second_bias = self._gradients
        torch.bmm(slopes, active.transpose(1, 2), out=second)
        torch.sum(slopes, dim=2, keepdim=True, out=second_bias)
        back = torch.bmm(self._weights[2].transpose(1, 2), slopes).mul_(kept).view(len(bias), -1)
        torch.sum(back, dim=1, out=bias)
        for own, (_, heads) in zip(features, self._by_seed, strict=True):
            rows = self._rows(heads)
            torch.mm(back[rows], own, out=first[rows])

    def log_probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Return (heads, n, classes) log-probabilities of features, (n, d), without dropout."""
        parts = []
        with torch.no_grad():
            for part in torch.split(features, AT_ONCE):
                units = self._units([part] * len(self._by_seed)).relu_()
                parts.append(self._log_probabilities(units).transpose(1, 2))
        return self._as_asked(torch.cat(parts, dim=1))

    def _as_asked(self, ordered: torch.Tensor) -> torch.Tensor:
        """Return what is in the heads' own order in that of the recipes."""
        values = torch.empty_like(ordered)
        values[self._order] = ordered
        return values

    @property
    def seeds(self) -> list[int]:
        """The seeds of the heads, each once, ascending."""
        return [seed for seed, _ in self._by_seed]


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


def _noise(works: int, hidden: int, share: float, generator: torch.Generator) -> torch.Tensor:
    """Return the factors of `torch.nn.Dropout`, (hidden, b): the same draws from the same seed."""
    if not share:
        return torch.ones(hidden, works)
    drawn = torch.empty(works, hidden).bernoulli_(1 - share, generator=generator)
    return drawn.T.div(1 - share)


def _losses(
    log_probabilities: torch.Tensor, labels: torch.Tensor, smoothing: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (heads,) losses and their slopes by the logits, (heads, classes, b).

    Args:
        log_probabilities: (heads, classes, b).
        labels: (heads, b).
        smoothing: (heads, 1, 1) shares of the target spread over all classes.
    """
    _, classes, works = log_probabilities.shape
    target = (smoothing / classes).expand_as(log_probabilities).clone()
    target.scatter_add_(1, labels.unsqueeze(1), (1 - smoothing).expand(-1, 1, works).contiguous())
    losses = -(target * log_probabilities).sum(dim=1).mean(dim=1)
    return losses, (log_probabilities.exp() - target).div_(works)
