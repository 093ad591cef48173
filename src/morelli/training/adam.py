"""Adam, by torch's own arithmetic, without the second that a `torch.optim` object takes to make."""

from collections.abc import Iterable

import torch
from torch.optim.adamw import adamw


class Adam:
    """Adam (Kingma and Ba 2015), its weight decay decoupled (Loshchilov and Hutter 2019).

    The steps are those of `torch.optim.AdamW(fused=True)`, to the bit. Making one of those imports
    torch's compiler, which takes longer than training a head on cached features.

    Args:
        parameters: What is trained, in place.
        lr: Learning rate.
        weight_decay: Per step, as a share of the learning rate; 0 is plain Adam.
    """

    def __init__(
        self, parameters: Iterable[torch.Tensor], *, lr: float, weight_decay: float = 0.0
    ) -> None:
        self._parameters = [values for values in parameters if values.requires_grad]
        self._means = [torch.zeros_like(values) for values in self._parameters]
        self._squares = [torch.zeros_like(values) for values in self._parameters]
        self._steps = [torch.zeros(()) for _ in self._parameters]
        self._lr, self._weight_decay = lr, weight_decay

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        for values in self._parameters:
            values.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        gradients = [values.grad for values in self._parameters]
        moved = [number for number, gradient in enumerate(gradients) if gradient is not None]
        with torch.no_grad():
            adamw(
                [self._parameters[number] for number in moved],
                [gradient for gradient in gradients if gradient is not None],
                [self._means[number] for number in moved],
                [self._squares[number] for number in moved],
                [],
                [self._steps[number] for number in moved],
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=self._lr,
                weight_decay=self._weight_decay,
                eps=1e-8,
                maximize=False,
                fused=True,
            )
