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

from morelli.errors import UserError
from morelli.training.heads import build_head
from morelli.training.loop import Epoch, epoch_order, epoch_seed, train, vector_batches
from morelli.training.recipe import Recipe
from morelli.training.recipes import RECIPES
from morelli.training.stack import AT_ONCE, HeadStack
from morelli.training.stack_loop import train_stack

WORKS, WIDTH, CLASSES = 50, 12, 4
RANDOM = np.random.default_rng(0)
CENTRES = RANDOM.normal(size=(CLASSES, WIDTH))
LABELS = RANDOM.integers(0, CLASSES, WORKS)
VIEWS = [
    (RANDOM.normal(size=(WORKS, WIDTH)) + CENTRES[LABELS]).astype(np.float32) for _ in range(2)
]
VAL_LABELS = RANDOM.integers(0, CLASSES, 20)
VAL = (RANDOM.normal(size=(20, WIDTH)) + CENTRES[VAL_LABELS]).astype(np.float32), VAL_LABELS
BASE = replace(RECIPES["plain"], hidden=16, batch=16, epochs=4, dropout=0.5, lr=0.01)
"""Batches of 16 leave the last of 50 works with 2."""

OWN: tuple[dict[str, Any], ...] = (
    {"seed": 2, "dropout": 0.0},
    {"lr": 0.003},
    {"seed": 2, "dropout": 0.7, "weight_decay": 0.3},
    {"label_smoothing": 0.0},
    {"seed": 1, "lr": 0.003, "weight_decay": 0.01, "label_smoothing": 0.25},
    {"seed": 2, "dropout": 0.0, "label_smoothing": 0.0},
    {},
    {"dropout": 0.3},
)
"""Neither seeds nor rates are in order, and some settings are shared."""

SOME = [replace(BASE, **changed) for changed in OWN]

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
    epochs = list(train_stack(stack, [each[:works] for each in VIEWS[:views]], LABELS[:works], VAL))
    heads = zip(*epochs, strict=True)
    return [(list(each), stack.state(number)) for number, each in enumerate(heads)]


def alone(recipe: Recipe, views: int = 1, works: int = WORKS) -> Trained:
    """Train one head by the one loop."""
    head = build_head(
        WIDTH, CLASSES, hidden=recipe.hidden, dropout=recipe.dropout, seed=recipe.seed
    )
    epochs = train(
        head,
        vector_batches(
            [each[:works] for each in VIEWS[:views]],
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
    for recipe, told in zip(SOME, together(SOME, views), strict=True):
        assert_same(told, alone(recipe, views))


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
@settings(max_examples=25, deadline=None)
def test_whatever_stands_beside_it_a_head_comes_to_the_same(
    recipes: list[Recipe], works: int
) -> None:
    for recipe, told in zip(recipes, together(recipes, works=works), strict=True):
        assert_same(told, alone(recipe, works=works), rel=1e-4)


def test_the_order_in_which_recipes_are_given_is_that_of_the_answers() -> None:
    for told, turned in zip(together(SOME), reversed(together(SOME[::-1])), strict=True):
        assert_same(told, turned)


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
                told = head.train()(features[chosen]).log_softmax(dim=1)
                loss = (1 - spread) * nn.NLLLoss()(told, labels[chosen]) - spread * told.mean()
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
        told = head.eval()(torch.from_numpy(VAL[0])).log_softmax(dim=1)
        wanted = nn.functional.nll_loss(told, torch.from_numpy(VAL[1]))
    assert epochs[-1].val_loss == pytest.approx(float(wanted), rel=1e-5)


@pytest.mark.parametrize(
    "wild", [{"lr": 9.0}, {"lr": 9.0, "weight_decay": 1e4}, {"lr": 9.0, "seed": 2}]
)
def test_a_head_that_diverges_leaves_the_others_alone(wild: dict[str, Any]) -> None:
    *others, gone = together([*SOME, replace(BASE, dropout=0.0, **wild)])

    assert not gone[0][-1].train_loss < 100  # also no number at all
    for told, wanted in zip(others, together(SOME), strict=True):
        assert_same(told, wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"hidden": 8}, "heads of one stack differ in hidden: 16, 8"),
        ({"batch": 8}, "heads of one stack differ in batch: 16, 8"),
        ({"epochs": 9}, "differ in epochs"),
        ({"standardise": False}, "differ in standardise"),
        ({"views": 1}, "differ in views"),
    ],
)
def test_heads_of_another_shape_are_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        HeadStack(WIDTH, CLASSES, [BASE, replace(BASE, **changed)])


def test_the_global_generator_is_left_alone_and_does_not_matter() -> None:
    torch.manual_seed(1)
    before, numpys = torch.get_rng_state(), pickle.dumps(np.random.get_state())
    first = together(SOME)
    assert torch.equal(torch.get_rng_state(), before)
    assert pickle.dumps(np.random.get_state()) == numpys
    torch.manual_seed(2)

    for told, again in zip(first, together(SOME), strict=True):
        assert_same(told, again, rel=0)


def test_a_state_is_a_copy_that_later_steps_do_not_touch() -> None:
    stack = HeadStack(WIDTH, CLASSES, SOME)
    epochs = train_stack(stack, VIEWS, LABELS, VAL)
    next(epochs)
    kept = stack.state(3)
    before = {name: weight.clone() for name, weight in kept.items()}
    next(epochs)

    assert all(torch.equal(kept[name], weight) for name, weight in before.items())
    assert not torch.equal(stack.state(3)["0.weight"], kept["0.weight"])


def test_a_fresh_stack_answers_as_fresh_heads_do_for_more_works_than_go_at_once() -> None:
    features = torch.randn(AT_ONCE + 3, WIDTH, generator=torch.Generator().manual_seed(0))
    stack = HeadStack(WIDTH, CLASSES, SOME)

    told = stack.log_probabilities(features)

    assert len(stack) == len(SOME) == len(told)
    assert stack.seeds == [0, 1, 2]
    for recipe, each in zip(SOME, told, strict=True):
        head = build_head(WIDTH, CLASSES, hidden=16, seed=recipe.seed).eval()
        with torch.no_grad():
            torch.testing.assert_close(each, head(features), rtol=1e-5, atol=1e-5)


def test_the_seconds_of_an_epoch_are_shared_out_evenly() -> None:
    for epochs in zip(*(epochs for epochs, _ in together(SOME)), strict=True):
        assert len({epoch.seconds for epoch in epochs}) == 1
        assert epochs[0].seconds > 0
