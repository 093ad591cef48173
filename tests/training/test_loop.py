"""The one training loop."""

import copy
import math
import re
from collections.abc import Callable, Iterable

import numpy as np
import pytest
import torch
from torch import nn

from morelli.training.heads import build_head
from morelli.training.loop import BEFORE, Batch, Epoch, train, vector_batches

WORKS, WIDTH, CLASSES, BATCH = 50, 6, 3, 16
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, CLASSES, WORKS)
VIEWS = [
    (RANDOM.normal(size=(WORKS, WIDTH)) + 3 * LABELS[:, None]).astype(np.float32) for _ in range(3)
]
HELD = (torch.from_numpy(VIEWS[0][:20]), torch.from_numpy(LABELS[:20]))


def _batches(views: int = 1, seed: int = 0) -> Callable[[int], Iterable[Batch]]:
    return vector_batches(VIEWS[:views], LABELS, batch=BATCH, seed=seed)


def _trained(epochs: int = 3, seed: int = 0, **settings: float) -> tuple[nn.Module, list[Epoch]]:
    head = build_head(WIDTH, CLASSES, hidden=8, dropout=0.3)
    epochs_trained = train(
        head, _batches(seed=seed), lambda: [HELD], epochs=epochs, lr=0.01, seed=seed, **settings
    )
    return head, list(epochs_trained)


def _figures(epochs: list[Epoch]) -> list[tuple[float, ...]]:
    return [(e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy) for e in epochs]


def _equal(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


def test_epochs_come_one_by_one_and_only_when_asked_for() -> None:
    asked: list[int] = []

    def batches(epoch: int) -> Iterable[Batch]:
        asked.append(epoch)
        return _batches()(epoch)

    epochs = train(build_head(WIDTH, CLASSES), batches, lambda: [HELD], epochs=5, lr=0.01)
    assert asked == []

    assert next(epochs).number == 1
    assert asked == [0]
    assert next(epochs).number == 2
    assert asked == [0, 1]


def test_the_same_seed_gives_the_same_numbers_bit_for_bit() -> None:
    (one, first), (same, again), (other, different) = (_trained(seed=seed) for seed in (4, 4, 5))

    assert _figures(first) == _figures(again)
    assert _equal(one, same)
    assert _figures(first) != _figures(different)
    assert not _equal(one, other)


def test_the_global_generator_is_left_alone_and_does_not_matter() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    _, first = _trained()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)

    _, again = _trained()

    assert _figures(first) == _figures(again)


def test_what_the_caller_draws_between_epochs_changes_nothing() -> None:
    head = build_head(WIDTH, CLASSES, hidden=8, dropout=0.3)
    trained = []
    for epoch in train(head, _batches(), lambda: [HELD], epochs=3, lr=0.01):
        torch.rand(7)
        trained.append(epoch)

    assert _figures(trained) == _figures(_trained()[1])


def test_it_learns() -> None:
    _, epochs = _trained(epochs=80)

    assert epochs[-1].val_accuracy > 0.8
    assert epochs[-1].val_loss < epochs[0].val_loss


def test_without_weight_decay_it_is_adam_exactly() -> None:
    head = build_head(WIDTH, CLASSES, hidden=8, dropout=0.0)
    by_hand = copy.deepcopy(head)
    adam = torch.optim.Adam(by_hand.parameters(), lr=0.01, fused=True)

    list(train(head, _batches(), lambda: [HELD], epochs=3, lr=0.01))

    by_hand.train()
    for epoch in range(3):
        for features, labels in _batches()(epoch):
            adam.zero_grad()
            nn.functional.nll_loss(by_hand(features), labels).backward()  # type: ignore[no-untyped-call]
            adam.step()
    assert _equal(head, by_hand)


def test_weight_decay_is_decoupled() -> None:
    head = build_head(WIDTH, CLASSES, hidden=8, dropout=0.0)
    start = copy.deepcopy(head.state_dict())
    nothing = (torch.zeros(4, WIDTH), torch.zeros(4, dtype=torch.int64))

    list(train(head, lambda _: [nothing], lambda: [HELD], epochs=1, lr=0.01, weight_decay=0.5))

    # A weight without gradient shrinks by the rate times the decay, and by nothing else.
    torch.testing.assert_close(head[0].weight, start["0.weight"] * (1 - 0.01 * 0.5))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_label_smoothing_is_that_of_torchs_cross_entropy(smoothing: float) -> None:
    logits = torch.randn(9, CLASSES, generator=torch.Generator().manual_seed(1))
    labels = torch.from_numpy(LABELS[:9])
    model = nn.Sequential(nn.LogSoftmax(dim=1), _Held(CLASSES))

    (epoch,) = train(
        model,
        lambda _: [(logits, labels)],
        lambda: [(logits, labels)],
        epochs=1,
        lr=1e-9,
        label_smoothing=smoothing,
    )

    wanted = nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    plain = nn.functional.cross_entropy(logits, labels)
    assert epoch.train_loss == pytest.approx(float(wanted), rel=1e-6)
    assert epoch.val_loss == pytest.approx(float(plain), rel=1e-6)


class _Held(nn.Module):
    """Adds a trainable nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(width))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs + self.nothing


def test_frozen_parameters_stay_as_they_are() -> None:
    head = build_head(WIDTH, CLASSES, hidden=8)
    head[0].requires_grad_(False)
    start = copy.deepcopy(head.state_dict())

    list(train(head, _batches(), lambda: [HELD], epochs=1, lr=0.01, weight_decay=0.1))

    assert torch.equal(head.state_dict()["0.weight"], start["0.weight"])
    assert not torch.equal(head.state_dict()["3.weight"], start["3.weight"])


def test_losses_are_means_over_works_not_over_batches() -> None:
    features, labels = torch.from_numpy(VIEWS[0]), torch.from_numpy(LABELS)
    model = build_head(WIDTH, CLASSES, dropout=0.0)
    uneven = [(features[:40], labels[:40]), (features[40:], labels[40:])]
    with torch.no_grad():
        wanted = float(nn.functional.nll_loss(model(features), labels))
        right = float((model(features).argmax(dim=1) == labels).float().mean())

    (epoch,) = train(model, lambda _: uneven, lambda: uneven, epochs=1, lr=1e-12)

    for loss in (epoch.train_loss, epoch.val_loss):
        assert loss == pytest.approx(wanted, rel=1e-5)
    assert epoch.train_accuracy == epoch.val_accuracy == pytest.approx(right)


def test_val_is_measured_without_dropout() -> None:
    model = build_head(WIDTH, CLASSES, dropout=0.9)

    (epoch,) = train(model, _batches(), lambda: [HELD], epochs=1, lr=1e-12)

    with torch.no_grad():
        wanted = nn.functional.nll_loss(model.eval()(HELD[0]), HELD[1])
    assert epoch.val_loss == pytest.approx(float(wanted), rel=1e-6)


def test_epoch_e_takes_view_e_modulo_the_number_of_views() -> None:
    batches = _batches(views=3)

    for epoch in range(7):
        rows = torch.cat([features for features, _ in batches(epoch)]).numpy()
        wanted = VIEWS[epoch % 3]
        assert np.array_equal(rows[np.lexsort(rows.T)], wanted[np.lexsort(wanted.T)])


def test_each_epoch_covers_every_work_once_with_its_label() -> None:
    known = {tuple(row): label for row, label in zip(VIEWS[0].tolist(), LABELS, strict=True)}

    for epoch in range(3):
        dealt = list(_batches()(epoch))
        rows = [tuple(row) for features, _ in dealt for row in features.tolist()]
        labels = [label for _, part in dealt for label in part.tolist()]
        assert [len(part) for _, part in dealt] == [16, 16, 16, 2]
        assert sorted(rows) == sorted(known)
        assert labels == [known[row] for row in rows]


def test_the_order_is_drawn_from_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return torch.cat([labels for _, labels in _batches(seed=seed)(epoch)]).tolist()

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


def test_an_epochs_line_is_the_studys() -> None:
    epoch = Epoch(1, 1.0875, 0.596119, 0.7867, 0.776398, 3221.2956)

    assert epoch.line() == (
        "Training: Loss - 1.0875, Accuracy - 59.6119%, "
        "Validation : Loss - 0.7867, Accuracy - 77.6398%, Time: 3221.2956s"
    )
    _, (trained,) = _trained(epochs=1)
    number = r"\d+\.\d{4}"
    assert re.fullmatch(
        rf"Training: Loss - {number}, Accuracy - {number}%, "
        rf"Validation : Loss - {number}, Accuracy - {number}%, Time: {number}s",
        trained.line(),
    )


def test_the_better_epoch_has_the_higher_accuracy_or_at_the_same_the_lower_loss() -> None:
    one = Epoch(1, 1.0, 0.5, 0.9, 0.6, 1.0)
    lower_loss = Epoch(2, 1.0, 0.5, 0.8, 0.6, 1.0)
    righter = Epoch(3, 1.0, 0.5, 2.0, 0.7, 1.0)

    assert lower_loss.better_than(one)
    assert not one.better_than(lower_loss)
    assert righter.better_than(lower_loss)
    assert not one.better_than(one)
    assert Epoch(1, math.nan, 0.0, 9.9, 0.0, 1.0).better_than(BEFORE)
