"""Our Adam is torch's, to the bit, without torch's compiler."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from morelli.training.adam import Adam


def trained(decay: float, *, ours: bool) -> list[torch.Tensor]:
    """The parameters of a small network after some steps."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3), nn.Linear(5, 5))
        inputs, labels = torch.randn(40, 6), torch.arange(40) % 3
    network[0].bias.requires_grad_(False)
    trainable = [values for values in network.parameters() if values.requires_grad]
    theirs = torch.optim.AdamW(trainable, lr=0.02, weight_decay=decay, fused=True)
    optimiser = Adam(network.parameters(), lr=0.02, weight_decay=decay) if ours else theirs
    for _ in range(25):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network[:3](inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return [values.detach() for values in network.parameters()]


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_equal_torchs_to_the_bit(decay: float) -> None:
    before = trained(decay, ours=False)
    for ours, theirs in zip(trained(decay, ours=True), before, strict=True):
        assert torch.equal(ours, theirs)


def test_making_one_does_not_import_torchs_compiler() -> None:
    code = (
        "import sys, torch; from morelli.training.adam import Adam; "
        "p = torch.ones(2, requires_grad=True); p.sum().backward(); "
        "Adam([p], lr=0.1).step(); print(p[0].item() < 1, 'torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
