"""A stack holds heads of one shape, each with the weights that it would have alone."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from training.stacked import BASE, CLASSES, LABELS, SOME, VAL, VIEWS, WIDTH

from morelli.errors import UserError
from morelli.training.heads import build_head
from morelli.training.stack import AT_ONCE, HeadStack
from morelli.training.stack_loop import train_stack


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"hidden": 8}, "heads of one stack differ in hidden: 16, 8"),
        ({"batch": 8}, "heads of one stack differ in batch: 16, 8"),
        ({"epochs": 9}, "differ in epochs"),
        ({"standardise": False}, "differ in standardise"),
        ({"views": 1}, "differ in views"),
    ],
)
def test_heads_of_another_shape_are_refused(changed: dict[str, Any], difference: str) -> None:
    with pytest.raises(UserError, match=difference):
        HeadStack(WIDTH, CLASSES, [BASE, replace(BASE, **changed)])


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

    log_probabilities = stack.log_probabilities(features)

    assert len(stack) == len(SOME) == len(log_probabilities)
    assert stack.seeds == [0, 1, 2]
    for recipe, own in zip(SOME, log_probabilities, strict=True):
        head = build_head(WIDTH, CLASSES, hidden=16, seed=recipe.seed).eval()
        with torch.no_grad():
            torch.testing.assert_close(own, head(features), rtol=1e-5, atol=1e-5)
