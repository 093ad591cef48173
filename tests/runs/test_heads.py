"""Heads in training: each at its best epoch, side by side as alone."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reported import one_thread
from studies.small_studies import BASE

from morelli.data.collection import Collection
from morelli.errors import BadFolder
from morelli.machine import Machine
from morelli.runs.heads import Fit, fit_head, fitting, head_of, read_epochs
from morelli.runs.prepare import Prepared, prepare
from morelli.training.heads import Standardise
from morelli.training.loop import BEFORE, Epoch
from morelli.training.recipe import Recipe

RECIPE = replace(BASE, epochs=8, patience=2, lr=0.01)
WILD = replace(RECIPE, lr=9.0, weight_decay=1e5)
"""Weights grow by a factor of nearly a million a step, until they are no numbers any more."""

NUMBER = "the loss was NaN or infinite after epoch "


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module", params=[0, 2], ids=["fixed", "views"])
def prepared(request: pytest.FixtureRequest, collection: Collection, cache: Path) -> Prepared:
    """What heads are trained on, by the fixed preprocessing or by two random views."""
    return prepare(collection, replace(RECIPE, views=request.param), machine=Machine(cache=cache))


def fits_of(prepared: Prepared, recipes: Sequence[Recipe]) -> list[Fit]:
    """Train heads side by side to their end."""
    *_, fits = fitting(prepared, recipes)
    return fits


def epoch(number: int, accuracy: float, loss: float = 1.0) -> Epoch:
    return Epoch(number, 1.0, 0.5, loss, accuracy, 0.1)


def heard(recipe: Recipe, epochs: Sequence[Epoch]) -> Fit:
    """Return a fit that has heard these epochs; its state says which was kept."""
    fit = Fit(recipe)
    for each in epochs:
        fit.hear(each, lambda each=each: {"number": torch.tensor(each.number)})  # type: ignore[misc]
    return fit


def test_before_the_first_epoch_nothing_is_best() -> None:
    fit = Fit(RECIPE)

    assert (fit.best, fit.state, fit.epochs, fit.error, fit.over) == (BEFORE, {}, [], "", False)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5]), st.floats(0, 4)), min_size=1),
    st.integers(0, 4),
    st.integers(1, 12),
)
@settings(max_examples=80)
def test_the_best_epoch_is_kept_and_patience_counts_from_it(
    figures: list[tuple[float, float]], patience: int, most: int
) -> None:
    told = [epoch(number, *each) for number, each in enumerate(figures, start=1)]
    fit = heard(replace(RECIPE, patience=patience, epochs=most), told)

    best = max(fit.epochs, key=lambda each: (each.val_accuracy, -each.val_loss))
    assert fit.best == best
    assert int(fit.state["number"]) == best.number
    assert fit.epochs == told[: len(fit.epochs)]
    waited = fit.epochs[-1].number - best.number
    assert fit.over == (len(fit.epochs) == most or (patience > 0 and waited == patience))
    assert fit.over or fit.epochs == told
    assert not patience or waited <= patience


@pytest.mark.parametrize("loss", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["train_loss", "val_loss"])
def test_a_loss_that_is_no_number_ends_training_and_is_told(loss: float, where: str) -> None:
    changed: dict[str, Any] = {where: loss}
    gone = replace(epoch(3, 1.0), **changed)
    fit = heard(RECIPE, [epoch(1, 0.5), epoch(2, 0.25), gone, epoch(4, 1.0)])

    assert fit.error == f"{NUMBER}3"
    assert fit.over
    assert len(fit.epochs) == 3
    assert fit.best.number == int(fit.state["number"]) == 1


def test_heads_side_by_side_come_to_what_each_comes_to_alone(prepared: Prepared) -> None:
    recipes = [
        RECIPE,
        replace(RECIPE, dropout=0.0, seed=1),
        replace(RECIPE, lr=0.03, weight_decay=0.1, label_smoothing=0.0),
    ]

    for fit in fits_of(prepared, recipes):
        head, [alone] = fit_head(prepared, fit.recipe)
        assert fit.best.number == alone.best.number
        assert fit.best.val_accuracy == pytest.approx(alone.best.val_accuracy)
        assert fit.best.val_loss == pytest.approx(alone.best.val_loss, rel=1e-4)
        for name, weight in head_of(prepared, fit.recipe, fit.state).state_dict().items():
            torch.testing.assert_close(weight, head.state_dict()[name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("standardise", [True, False])
def test_a_state_tells_again_what_its_epoch_came_to(prepared: Prepared, standardise: bool) -> None:
    recipe = replace(RECIPE, standardise=standardise)
    val, labels = prepared.of("val"), torch.from_numpy(prepared.works.labels)

    for fit in fits_of(prepared, [recipe, replace(recipe, seed=5)]):
        head = head_of(prepared, fit.recipe, fit.state)
        with torch.no_grad():
            told = head(torch.from_numpy(prepared.fixed[val]))
        right = (told.argmax(dim=1) == labels[val]).float().mean()
        assert fit.best.val_accuracy == pytest.approx(float(right))
        loss = torch.nn.functional.nll_loss(told, labels[val])
        assert fit.best.val_loss == pytest.approx(float(loss), rel=1e-4)
        assert isinstance(head[0], Standardise) is standardise
        assert not head.training


def test_a_head_standardises_by_its_training_works_alone(prepared: Prepared) -> None:
    head = head_of(prepared, RECIPE)

    seen = np.concatenate(prepared.views or [prepared.fixed[prepared.of("train")]])
    assert isinstance(head[0], Standardise)
    np.testing.assert_allclose(head[0].mean, seen.mean(axis=0), rtol=1e-4, atol=1e-5)


def test_one_that_waits_no_longer_rests_while_the_others_go_on(prepared: Prepared) -> None:
    calm = replace(RECIPE, lr=1e-4, epochs=10)
    lengths: list[list[int]] = []
    for fits in fitting(prepared, [replace(calm, lr=0.05), calm]):
        lengths.append([len(fit.epochs) for fit in fits])

    ends = [fit.epochs[-1].number for fit in fits]
    assert lengths == [[min(number, end) for end in ends] for number in range(1, max(ends) + 1)]
    assert min(ends) < max(ends)
    for fit in fits:
        assert fit.over
        if len(fit.epochs) < calm.epochs:
            assert fit.epochs[-1].number == fit.best.number + calm.patience


def test_one_that_diverges_is_given_up_and_the_others_are_as_without_it(
    prepared: Prepared,
) -> None:
    *calm, gone = fits_of(prepared, [RECIPE, replace(RECIPE, seed=1), WILD])

    assert gone.error == f"{NUMBER}{len(gone.epochs)}"
    assert not math.isfinite(gone.epochs[-1].train_loss + gone.epochs[-1].val_loss)
    for fit, wanted in zip(calm, fits_of(prepared, [each.recipe for each in calm]), strict=True):
        assert not fit.error
        assert fit.best.number == wanted.best.number
        assert fit.best.val_loss == pytest.approx(wanted.best.val_loss, rel=1e-5)


def test_alone_too_it_ends_when_the_loss_is_no_number(prepared: Prepared) -> None:
    head, [fit] = fit_head(prepared, replace(WILD, patience=0, epochs=10_000))

    assert math.isfinite(fit.best.val_loss)
    assert all(each.isfinite().all() for each in head.state_dict().values())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "null",
        "[" * 100_000,
        '{"number": 1}',
        '{"head": true, "number": 1}',
        '{"head": 1, "number": 1, "train_loss": 1, "train_accuracy": 1, "val_loss": 1, '
        '"val_accuracy": 1, "seconds": 1}',
        '{"head": 0, "number": "x", "train_loss": 1, "train_accuracy": 1, "val_loss": 1, '
        '"val_accuracy": 1, "seconds": 1}',
    ],
)
def test_a_log_that_is_none_is_refused_in_one_line(tmp_path: Path, line: str) -> None:
    log = tmp_path / "epochs.jsonl"
    log.write_text(f"{line}\n", encoding="utf-8")

    with pytest.raises(BadFolder, match=r"epochs\.jsonl is damaged: ") as refused:
        read_epochs(log)

    assert "\n" not in str(refused.value)
