"""From features to heads: each is trained and kept at its best epoch by val."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import nn

from morelli.classifier import Classifier, HeadShape, raw_log_probabilities, seen_by
from morelli.data.collection import Collection
from morelli.data.records import from_json
from morelli.errors import BadFolder, writing
from morelli.evaluation.calibration import fit_temperature
from morelli.evaluation.strangeness import drawn, fit_strangeness
from morelli.progress import SILENT, Progress
from morelli.runs.prepare import Prepared
from morelli.training.heads import Mean, Standardise, build_head
from morelli.training.loop import BEFORE, Epoch, train, vector_batches
from morelli.training.recipe import Recipe
from morelli.training.stack import HeadStack
from morelli.training.stack_loop import train_stack

State = dict[str, torch.Tensor]


class Fit:
    """A head in training: its epochs so far, and the weights of the best.

    Attributes:
        recipe: Its settings.
        epochs: What every epoch came to.
        best: The best epoch by val.
        state: The weights at that epoch.
        error: Why training was given up; empty if it was not.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.epochs: list[Epoch] = []
        self.best = BEFORE
        self.state: State = {}
        self.error = ""

    @property
    def over(self) -> bool:
        """Whether it has trained for as long as its recipe says, or was given up."""
        waited = self.epochs[-1].number - self.best.number if self.epochs else 0
        patient = not self.recipe.patience or waited < self.recipe.patience
        return bool(self.error) or len(self.epochs) == self.recipe.epochs or not patient

    def hear(self, epoch: Epoch, state: Callable[[], State]) -> None:
        """Take note of an epoch, unless training is over."""
        if self.over:
            return
        self.epochs.append(epoch)
        if not (math.isfinite(epoch.train_loss) and math.isfinite(epoch.val_loss)):
            self.error = f"the loss was NaN or infinite after epoch {epoch.number}"
        elif epoch.better_than(self.best):
            self.best, self.state = epoch, state()


def fit_head(
    prepared: Prepared, recipe: Recipe, log: Path | None = None, progress: Progress = SILENT
) -> tuple[nn.Module, tuple[Fit, ...]]:
    """Train a head, or the recipe's several, and keep the best epoch of each by val.

    Args:
        prepared: What it is trained on; test is not looked at.
        recipe: How.
        log: Where epochs are written as they come, a line of JSON for each and each head.
        progress: Hears each epoch's line; of several heads their mean.

    Returns:
        The head in eval mode, and how each of its heads was trained.
    """
    rounds = _fitting_one(prepared, recipe) if recipe.heads == 1 else _fitting(prepared, recipe)
    fits: list[Fit] = []
    lengths = [0] * recipe.heads
    for fits in rounds:
        new = {
            number: fit.epochs[-1]
            for number, fit in enumerate(fits)
            if len(fit.epochs) > lengths[number]
        }
        lengths = [len(fit.epochs) for fit in fits]
        if new:
            epoch = mean_epoch(list(new.values()))
            progress.note(f"Epoch {epoch.number}/{recipe.epochs}: {epoch.line()}")
            _log(new, log)
    heads = [head_of(prepared, fit.recipe, fit.state or None) for fit in fits]
    return (heads[0] if len(heads) == 1 else Mean(heads)).eval(), tuple(fits)


def _fitting_one(prepared: Prepared, recipe: Recipe) -> Iterator[list[Fit]]:
    """Train one head by the loop that trains any module; yield how it stands after every epoch."""
    training, val = prepared.of("train"), prepared.of("val")
    views = prepared.views or [prepared.fixed[training]]
    head = head_of(prepared, recipe)
    labels = prepared.works.labels
    batches = vector_batches(views, labels[training], batch=recipe.batch, seed=recipe.seed)
    held = (torch.from_numpy(prepared.fixed[val]), torch.from_numpy(labels[val]))
    fit = Fit(recipe)
    for epoch in train(
        head,
        batches,
        lambda: [held],
        epochs=recipe.epochs,
        lr=recipe.lr,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        seed=recipe.seed,
    ):
        fit.hear(epoch, lambda: _parameters(head))
        yield [fit]
        if fit.over:
            break


def _parameters(head: nn.Module) -> State:
    """Return a copy of what is trained of a head."""
    return {name: values.detach().clone() for name, values in head.named_parameters()}


def _fitting(prepared: Prepared, recipe: Recipe) -> Iterator[list[Fit]]:
    """Train the recipe's heads side by side; yield how they stand after every epoch."""
    yield from fitting(
        prepared, [replace(recipe, seed=recipe.seed + number) for number in range(recipe.heads)]
    )


def mean_epoch(epochs: Sequence[Epoch]) -> Epoch:
    """Return the mean of one epoch over heads; its time is what all of them took together."""
    return Epoch(
        epochs[0].number,
        fmean(epoch.train_loss for epoch in epochs),
        fmean(epoch.train_accuracy for epoch in epochs),
        fmean(epoch.val_loss for epoch in epochs),
        fmean(epoch.val_accuracy for epoch in epochs),
        sum(epoch.seconds for epoch in epochs),
    )


def fitting(prepared: Prepared, recipes: Sequence[Recipe]) -> Iterator[list[Fit]]:
    """Train heads of one shape side by side and yield how they stand after every epoch.

    It ends when all of them are over. Test is not looked at.

    Args:
        prepared: What they are trained on.
        recipes: Their settings, alike but for those in `stack.OWN`.
    """
    training, val = prepared.of("train"), prepared.of("val")
    views, held = prepared.views or [prepared.fixed[training]], prepared.fixed[val]
    if recipes[0].standardise:
        standardise = Standardise(held.shape[1])
        standardise.fit(np.concatenate(views))
        views = [standardise(torch.from_numpy(view)).numpy() for view in views]
        held = standardise(torch.from_numpy(held)).numpy()
    labels = prepared.works.labels
    stack = HeadStack(held.shape[1], len(prepared.works.class_names), recipes)
    fits = [Fit(recipe) for recipe in recipes]
    for epochs in train_stack(stack, views, labels[training], (held, labels[val])):
        for number, (fit, epoch) in enumerate(zip(fits, epochs, strict=True)):
            fit.hear(epoch, lambda number=number: stack.state(number))  # type: ignore[misc]
        yield fits
        if all(fit.over for fit in fits):
            break


def head_of(prepared: Prepared, recipe: Recipe, state: State | None = None) -> nn.Sequential:
    """Return the head of a recipe, standardised for its training works.

    Args:
        prepared: What it is trained on.
        recipe: Its settings.
        state: Trained weights, as a `Fit` has them; by default the first ones.
    """
    head = build_head(
        prepared.fixed.shape[1],
        len(prepared.works.class_names),
        hidden=recipe.hidden,
        dropout=recipe.dropout,
        standardise=recipe.standardise,
        seed=recipe.seed,
    )
    if isinstance(head[0], Standardise):
        head[0].fit(np.concatenate(prepared.views or [prepared.fixed[prepared.of("train")]]))
    if state is not None:
        with torch.no_grad():
            for own, trained in zip(head.parameters(), state.values(), strict=True):
                own.copy_(trained)
    return head.eval()


def classifier_of(
    collection: Collection, prepared: Prepared, recipe: Recipe, head: nn.Module
) -> Classifier:
    """Return the classifier of a trained head: calibrated on val, and able to decline.

    Args:
        collection: What it learned from.
        prepared: Its works and features.
        recipe: The head's settings.
        head: Trained.
    """
    labels, features = prepared.works.labels, prepared.fixed
    train, val = prepared.of("train"), prepared.of("val")
    temperature = 1.0
    if recipe.calibrate:
        temperature = fit_temperature(raw_log_probabilities(head, features[val]), labels[val])
    # The hidden values of all works would take more memory than their features.
    train = train[drawn(labels[train], recipe.seed)]
    learned, held = (seen_by(head, temperature, features[works]) for works in (train, val))
    return Classifier(
        recipe.task or collection.task,
        prepared.works.class_names,
        collection.size,
        prepared.using,
        HeadShape(
            features.shape[1], recipe.hidden, recipe.dropout, recipe.standardise, recipe.heads
        ),
        head,
        temperature,
        fit_strangeness(learned, labels[train], held, seed=recipe.seed),
    )


def _log(epochs: Mapping[int, Epoch], log: Path | None) -> None:
    """Write what an epoch came to, a line for each head."""
    if log is None:
        return
    lines = [json.dumps({"head": head} | asdict(epoch)) for head, epoch in epochs.items()]
    with writing(log.parent), log.open("a", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")


def epochs_of(heads: Sequence[Sequence[Epoch]]) -> list[list[Epoch]]:
    """Return for each epoch what it came to, of those heads that were still in training."""
    longest = max(map(len, heads), default=0)
    return [[head[number] for head in heads if number < len(head)] for number in range(longest)]


def read_epochs(log: Path) -> list[list[Epoch]]:
    """Return the epochs of each head, as `fit_head` has written them.

    Raises:
        BadFolder: If a line is no such epoch, or a head is missing.
    """
    heads: dict[int, list[Epoch]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadFolder(f"{log} is damaged: {error}; train the run anew") from None
        head = from_json(values, _Logged, log).head
        heads.setdefault(head, []).append(from_json(values, Epoch, log))
    if not heads or sorted(heads) != list(range(len(heads))):
        raise BadFolder(f"{log} is damaged: it lacks the epochs of a head; train the run anew")
    return [heads[head] for head in sorted(heads)]


@dataclass(frozen=True)
class _Logged:
    """Which head a line of the log is of."""

    head: int
