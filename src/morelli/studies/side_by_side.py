"""The heads of several settings and seeds, trained side by side on features got once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from filelock import FileLock

from morelli.data.collection import Collection
from morelli.evaluation.metrics import Metrics, commonest, measure
from morelli.machine import Machine
from morelli.runs.heads import Fit, fitting, head_of
from morelli.runs.prepare import Prepared, prepare
from morelli.studies.costs import FeatureCost, note_cost
from morelli.studies.trials import CLAIMS, FAILED, Head, Predicted, Trial
from morelli.training.recipe import Recipe


@dataclass
class Ready:
    """The features of one network at a time, got when they are first needed.

    Attributes:
        collection: The works.
        folder: The study's; what getting features took is noted there.
        machine: What they are got with.
    """

    collection: Collection
    folder: Path
    machine: Machine
    _prepared: dict[str, Prepared] = field(default_factory=dict)

    def __call__(self, recipe: Recipe) -> Prepared:
        """Return what a recipe's head is trained on."""
        key = recipe.backbone
        if key not in self._prepared:
            self._prepared.clear()
            with FileLock(self.folder / CLAIMS / f"features-{recipe.backbone}.lock"):
                self._prepared[key] = prepare(self.collection, recipe, self.machine)
            note_cost(self.folder, _cost(key, self._prepared[key]))
        return self._prepared[key]


def _cost(backbone: str, prepared: Prepared) -> FeatureCost:
    seconds = round(prepared.seconds, 3)
    return FeatureCost(backbone, seconds, prepared.extracted, prepared.using.origin)


def seeded(recipe: Recipe, seeds: int) -> list[Recipe]:
    """Return a setting's recipe for each of its seeds, from its own on."""
    return [replace(recipe, seed=recipe.seed + number) for number in range(seeds)]


def fit_settings(settings: Sequence[Recipe], seeds: int, ready: Ready) -> Iterator[list[list[Fit]]]:
    """Train a head for each setting and seed; yield after every epoch, by setting and seed.

    Args:
        settings: Alike but for what heads of one stack may differ in.
        seeds: Number of seeds for each.
        ready: Gives the features.
    """
    stack = [recipe for setting in settings for recipe in seeded(setting, seeds)]
    for fits in fitting(ready(stack[0]), stack):
        heads = iter(fits)
        yield [[next(heads) for _ in range(seeds)] for _ in settings]


def ended(
    number: int, recipe: Recipe, fits: Sequence[Fit], ready: Ready, *, state: str, tested: bool
) -> Trial:
    """Return what a setting's heads came to.

    Args:
        number: Of the trial.
        recipe: Its settings.
        fits: Its heads, a seed each.
        ready: Gives the features.
        state: How it ended, unless a head's loss was NaN or infinite.
        tested: Whether test is read.
    """
    errors = [fit.error for fit in fits if fit.error]
    if errors:
        return Trial(number, recipe, FAILED, error=errors[0])
    heads = tuple(_head(fit, ready(fit.recipe), tested) for fit in fits)
    seconds = sum(epoch.seconds for fit in fits for epoch in fit.epochs)
    return Trial(number, recipe, state, heads, round(seconds, 3))


def _head(fit: Fit, prepared: Prepared, tested: bool) -> Head:
    return Head(
        seed=fit.recipe.seed,
        epochs=tuple(fit.epochs),
        best_epoch=fit.best.number,
        val_accuracy=fit.best.val_accuracy,
        val_loss=fit.best.val_loss,
        val=_predicted(fit, prepared, "val"),
        test=_predicted(fit, prepared, "test") if tested else None,
    )


def _predicted(fit: Fit, prepared: Prepared, split: str) -> Predicted:
    metrics, labels = measured(fit, prepared, split)
    return Predicted(tuple(labels.tolist()), metrics.scores)


def measured(fit: Fit, prepared: Prepared, split: str) -> tuple[Metrics, npt.NDArray[np.int64]]:
    """Return what a head comes to on a split, and the label it predicts of each work."""
    own, labels = prepared.of(split), prepared.works.labels
    with torch.inference_mode():
        head = head_of(prepared, fit.recipe, fit.state)
        log_probabilities = head(torch.from_numpy(prepared.fixed[own])).numpy()
    majority = commonest(labels[prepared.of("train")])
    metrics = measure(labels[own], log_probabilities, prepared.works.class_names, majority)
    return metrics, log_probabilities.argmax(axis=1)
