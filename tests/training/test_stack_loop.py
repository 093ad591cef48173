"""Heads trained side by side come to what each would alone."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from training.stacked import BASE, CLASSES, LABELS, SOME, VAL, VIEWS, WIDTH, WORKS

from morelli.training.heads import build_head
from morelli.training.loop import Epoch, epoch_order, epoch_seed, train, vector_batches
from morelli.training.recipe import Recipe
from morelli.training.stack import HeadStack
from morelli.training.stack_loop import train_stack

Trained = tuple[list[Epoch], dict[str, torch.Tensor]]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Threads that wait for one another's tiny steps take long where others are at work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def together(recipes: Sequence[Recipe], views: int = 1, works: int = WORKS) -> list[Trained]:
    """Train heads side by side and return the epochs and weights of each."""
    stack = HeadStack(WIDTH, CLASSES, recipes)
    epochs = list(train_stack(stack, [view[:works] for view in VIEWS[:views]], LABELS[:works], VAL))
    heads = zip(*epochs, strict=True)
    return [(list(head), stack.state(number)) for number, head in enumerate(heads)]


def alone(recipe: Recipe, views: int = 1, works: int = WORKS) -> Trained:
    """Train one head by the one loop."""
    head = build_head(
        WIDTH, CLASSES, hidden=recipe.hidden, dropout=recipe.dropout, seed=recipe.seed
    )
    epochs = train(
        head,
        vector_batches(
            [view[:works] for view in VIEWS[:views]],
            LABELS[:works],
            batch=recipe.batch,
            seed=recipe.seed,
        ),
        lambda: [(torch.from_numpy(VAL[0]), torch.from_numpy(VAL[1]))],
        epochs=recipe.epochs,
        lr=recipe.lr,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        seed=recipe.seed,
    )
    return list(epochs), head.state_dict()


def assert_same(one: Trained, other: Trained, rel: float = 2e-5) -> None:
    """Check that epochs and weights are equal to rounding."""
    assert len(one[0]) == len(other[0])
    for mine, its in zip(one[0], other[0], strict=True):
        assert mine.number == its.number
        assert mine.train_loss == pytest.approx(its.train_loss, rel=rel)
        assert mine.val_loss == pytest.approx(its.val_loss, rel=rel)
        assert mine.train_accuracy == pytest.approx(its.train_accuracy)
        assert mine.val_accuracy == pytest.approx(its.val_accuracy)
    assert list(one[1]) == list(other[1])
    for name, weight in one[1].items():
        torch.testing.assert_close(weight, other[1][name], rtol=rel, atol=1e-5)


@pytest.mark.parametrize("views", [1, 2])
def test_each_head_comes_to_what_it_comes_to_alone(views: int) -> None:
    for recipe, trained in zip(SOME, together(SOME, views), strict=True):
        assert_same(trained, alone(recipe, views))


own_settings = st.builds(
    Recipe,
    hidden=st.just(8),
    batch=st.just(16),
    epochs=st.just(2),
    dropout=st.sampled_from([0.0, 0.3, 0.8]),
    lr=st.sampled_from([1e-4, 1e-3, 1e-2]),
    weight_decay=st.sampled_from([0.0, 0.1]),
    label_smoothing=st.sampled_from([0.0, 0.1, 0.5]),
    seed=st.integers(0, 3),
)


@given(st.lists(own_settings, min_size=1, max_size=5), st.integers(1, WORKS))
@settings(max_examples=25)
def test_whatever_stands_beside_it_a_head_comes_to_the_same(
    recipes: list[Recipe], works: int
) -> None:
    for recipe, trained in zip(recipes, together(recipes, works=works), strict=True):
        assert_same(trained, alone(recipe, works=works), rel=1e-4)


def test_the_order_in_which_recipes_are_given_is_that_of_the_answers() -> None:
    for trained, turned in zip(together(SOME), reversed(together(SOME[::-1])), strict=True):
        assert_same(trained, turned)


def test_every_step_is_torchs_adamw_and_dropout_written_out() -> None:
    recipe = SOME[4]
    head = nn.Sequential(
        nn.Linear(WIDTH, 16), nn.ReLU(), nn.Dropout(recipe.dropout), nn.Linear(16, CLASSES)
    )
    head.load_state_dict(build_head(WIDTH, CLASSES, hidden=16, seed=recipe.seed).state_dict())
    adam = torch.optim.AdamW(head.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay)
    features, labels = torch.from_numpy(VIEWS[0]), torch.from_numpy(LABELS)
    spread, losses = recipe.label_smoothing, []
    for epoch in range(recipe.epochs):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(epoch_seed(recipe.seed, epoch))
            summed = 0.0
            for chosen in torch.split(epoch_order(recipe.seed, epoch, WORKS), recipe.batch):
                log_probabilities = head.train()(features[chosen]).log_softmax(dim=1)
                loss = (1 - spread) * nn.NLLLoss()(
                    log_probabilities, labels[chosen]
                ) - spread * log_probabilities.mean()
                adam.zero_grad()
                loss.backward()
                adam.step()
                summed += float(loss.detach()) * len(chosen)
        losses.append(summed / WORKS)

    epochs, state = together(SOME)[4]

    assert [epoch.train_loss for epoch in epochs] == pytest.approx(losses, rel=1e-5)
    for name, weight in head.state_dict().items():
        torch.testing.assert_close(state[name], weight, rtol=1e-5, atol=1e-6)
    with torch.no_grad():
        log_probabilities = head.eval()(torch.from_numpy(VAL[0])).log_softmax(dim=1)
        wanted = nn.functional.nll_loss(log_probabilities, torch.from_numpy(VAL[1]))
    assert epochs[-1].val_loss == pytest.approx(float(wanted), rel=1e-5)


@pytest.mark.parametrize(
    "wild", [{"lr": 9.0}, {"lr": 9.0, "weight_decay": 1e4}, {"lr": 9.0, "seed": 2}]
)
def test_a_head_that_diverges_leaves_the_others_alone(wild: dict[str, Any]) -> None:
    *others, gone = together([*SOME, replace(BASE, dropout=0.0, **wild)])

    assert not gone[0][-1].train_loss < 100  # also no number at all
    for trained, wanted in zip(others, together(SOME), strict=True):
        assert_same(trained, wanted, rel=1e-6)


def test_the_global_generator_is_left_alone_and_does_not_matter() -> None:
    torch.manual_seed(1)
    before, numpys = torch.get_rng_state(), pickle.dumps(np.random.get_state())
    first = together(SOME)
    assert torch.equal(torch.get_rng_state(), before)
    assert pickle.dumps(np.random.get_state()) == numpys
    torch.manual_seed(2)

    for trained, again in zip(first, together(SOME), strict=True):
        assert_same(trained, again, rel=0)


def test_the_seconds_of_an_epoch_are_shared_out_evenly() -> None:
    for epochs in zip(*(epochs for epochs, _ in together(SOME)), strict=True):
        assert len({epoch.seconds for epoch in epochs}) == 1
        assert epochs[0].seconds > 0
