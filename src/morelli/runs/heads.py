"""From features to heads: each is trained and kept at its best epoch by val."""

import copy
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from morelli.classifier import Classifier, HeadShape, raw_log_probabilities, seen_by
from morelli.data.collection import Collection
from morelli.errors import writing
from morelli.evaluation.calibration import fit_temperature
from morelli.evaluation.strangeness import drawn, fit_strangeness
from morelli.progress import Progress, Silent
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
            self.error = f"the loss was no number any more after epoch {epoch.number}"
        elif epoch.better_than(self.best):
            self.best, self.state = epoch, state()


def fit_head(
    prepared: Prepared, recipe: Recipe, log: Path | None = None, progress: Progress | None = None
) -> tuple[nn.Module, Epoch]:
    """Train a head, or the recipe's several, and keep the best epoch of each by val.

    Args:
        prepared: What it is trained on; test is not looked at.
        recipe: How.
        log: Where epochs of the first head are written, a line of JSON each, as they come.
        progress: Hears each epoch's line.

    Returns:
        The head in eval mode, and its epoch; of several, the first one's.
    """
    progress = progress or Silent()
    if recipe.heads > 1:
        return _fit_heads(prepared, recipe, log, progress)
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
        _tell(epoch, recipe, log, progress)
        fit.hear(epoch, lambda: copy.deepcopy(head.state_dict()))
        if fit.over:
            break
    if fit.state:
        head.load_state_dict(fit.state)
    return head.eval(), fit.best


def _fit_heads(
    prepared: Prepared, recipe: Recipe, log: Path | None, progress: Progress
) -> tuple[nn.Module, Epoch]:
    """Train several heads side by side and join them."""
    recipes = [replace(recipe, seed=recipe.seed + number) for number in range(recipe.heads)]
    fits: list[Fit] = []
    told = 0
    for fits in fitting(prepared, recipes):
        for epoch in fits[0].epochs[told:]:
            _tell(epoch, recipe, log, progress)
        told = len(fits[0].epochs)
    heads = [head_of(prepared, fit.recipe, fit.state or None) for fit in fits]
    return Mean(heads).eval(), fits[0].best


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
    learned, held = (seen_by(head, temperature, features[each]) for each in (train, val))
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


def _tell(epoch: Epoch, recipe: Recipe, log: Path | None, progress: Progress) -> None:
    progress.note(f"Epoch {epoch.number}/{recipe.epochs}: {epoch.line()}")
    if log is None:
        return
    with writing(log.parent), log.open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(asdict(epoch)) + "\n")
