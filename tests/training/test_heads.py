"""Heads: from features to log-probabilities."""

import numpy as np
import pytest
import torch
from torch import nn

from morelli.training.heads import Mean, Standardise, build_head

FEATURES = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))


def test_the_head_is_the_studys() -> None:
    head = build_head(6, 3, hidden=4, dropout=0.3)

    kinds = [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear, nn.LogSoftmax]
    assert [type(part) for part in head] == kinds
    assert [tuple(part.shape) for part in head.parameters()] == [(4, 6), (4,), (3, 4), (3,)]
    assert isinstance(head[2], nn.Dropout)
    assert head[2].p == 0.3


@pytest.mark.parametrize("standardise", [False, True])
def test_it_gives_log_probabilities(standardise: bool) -> None:
    head = build_head(6, 3, standardise=standardise)

    torch.testing.assert_close(head(FEATURES).exp().sum(dim=1), torch.ones(5))


def test_its_weights_depend_on_the_seed_alone_and_leave_the_generator_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()

    one, same, other = (build_head(6, 3, seed=seed) for seed in (1, 1, 2))

    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(torch.equal, one.state_dict().values(), same.state_dict().values()))
    assert not torch.equal(one.state_dict()["0.weight"], other.state_dict()["0.weight"])


def test_standardising_brings_mean_0_and_deviation_1_and_has_no_parameters() -> None:
    features = (FEATURES * 7 + 3).numpy()
    features[:, 2] = 4.0
    layer = Standardise(6)

    layer.fit(features)

    standardised = layer(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(standardised.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(standardised.std(axis=0), [1, 1, 0, 1, 1, 1], rtol=1e-5)
    assert list(layer.parameters()) == []
    assert set(layer.state_dict()) == {"mean", "scale"}


def test_several_heads_answer_by_the_mean_of_their_probabilities() -> None:
    heads = [build_head(5, 3, hidden=4, seed=seed).eval() for seed in range(3)]
    features = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        together = Mean(heads).eval()(features).exp()
        alone = torch.stack([head(features).exp() for head in heads])

    assert torch.allclose(together, alone.mean(dim=0), atol=1e-6)
    assert not torch.allclose(together, alone[0], atol=1e-3)
