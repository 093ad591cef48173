"""Heads trained side by side come to what they come to alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from studies.small_studies import (
    small,
)

from morelli.data.collection import Collection
from morelli.machine import Machine
from morelli.runs.heads import fit_head
from morelli.runs.prepare import prepare
from morelli.studies.folder import Study
from morelli.studies.study import study


def assert_as_alone(study: Study, collection: Collection, cache: Path) -> None:
    """Check that each head of a study came to what it comes to alone."""
    for trial in study.trials():
        for head in trial.heads:
            recipe = replace(trial.recipe, seed=head.seed)
            prepared = prepare(collection, recipe, machine=Machine(cache=cache))
            alone, [fit] = fit_head(prepared, recipe)
            assert head.best_epoch == fit.best.number
            assert head.val_loss == pytest.approx(fit.best.val_loss, rel=1e-4)
            assert head.val_accuracy == pytest.approx(fit.best.val_accuracy)
            for split, predicted in (("val", head.val), ("test", head.test)):
                if predicted is not None:
                    features = torch.from_numpy(prepared.fixed[prepared.of(split)])
                    assert alone(features).argmax(dim=1).tolist() == list(predicted.labels)


def test_each_head_comes_to_what_it_comes_to_alone(
    grid: Study, collection: Collection, cache: Path
) -> None:
    assert_as_alone(grid, collection, cache)


def test_heads_trained_on_views_have_those_of_their_seed(
    collection: Collection, cache: Path, tmp_path: Path
) -> None:
    recipe = small(dropout=(0.5,), seeds=2, views=2, patience=1, epochs=6)

    on_views = study(collection, tmp_path / "study", recipe, cache=cache)

    assert all(len(trial.heads) == 2 for trial in on_views.trials())
    assert_as_alone(on_views, collection, cache)


def test_heads_of_listed_rows_predict_test_as_they_do_alone(
    listed_rows: Study, collection: Collection, cache: Path
) -> None:
    assert_as_alone(listed_rows, collection, cache)
