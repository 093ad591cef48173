"""What a network looks like: its layers, parameters and memory, as the study shows them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from morelli.errors import UserError
from morelli.features.backbones import build, find_backbone
from morelli.training.heads import build_head

if TYPE_CHECKING:
    from torchinfo.layer_info import LayerInfo

MEMORY_RULE = (
    "input + 2 x the output of every layer and block (value and gradient) + parameters, "
    "4 bytes each, 1 MB = 1024 x 1024 bytes"
)
"""How the study's memory figures were counted."""


@dataclass(frozen=True)
class Layer:
    """One row of the layer table."""

    name: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Summary:
    """A backbone with the study's head.

    Attributes:
        backbone: Its name.
        input: (batch, 3, crop, crop).
        layers: In the order in which they run; a block follows its layers.
        trainable: Parameters of the head.
        frozen: Parameters of the backbone.
        memory: Estimated megabytes, counted by `MEMORY_RULE`.
    """

    backbone: str
    input: tuple[int, ...]
    layers: tuple[Layer, ...]
    trainable: int
    frozen: int
    memory: float

    @property
    def parameters(self) -> int:
        """Parameters in all."""
        return self.trainable + self.frozen


def summary(
    backbone: str = "resnet18", classes: int = 4, batch: int = 32, hidden: int = 256
) -> Summary:
    """Describe a backbone with the study's head; no weights are read and nothing is computed.

    Args:
        backbone: Its name.
        classes: Number of classes.
        batch: Works in a batch.
        hidden: Width of the head's hidden layer.

    Raises:
        UserError: If the backbone does not exist or a number is too small.
    """
    if classes < 2 or batch < 1 or hidden < 1:
        raise UserError("classes must be 2 or more, batch and hidden 1 or more")
    entry = find_backbone(backbone)
    head = build_head(entry.width, classes, hidden=hidden)
    model = nn.Sequential(build(entry), head).to("meta").eval()
    shape = (batch, 3, entry.crop, entry.crop)
    layers = _layers(model, shape)
    parameters = list(model.parameters())
    trainable = sum(values.numel() for values in parameters if values.requires_grad)
    frozen = sum(values.numel() for values in parameters if not values.requires_grad)
    outputs = sum(torch.Size(layer.shape).numel() for layer in layers)
    numbers = torch.Size(shape).numel() + 2 * outputs + trainable + frozen
    return Summary(entry.name, shape, layers, trainable, frozen, numbers * 4 / 1024**2)


def _layers(model: nn.Sequential, shape: tuple[int, ...]) -> tuple[Layer, ...]:
    """Return the layers as they run; containers without work of their own are left out."""
    import torchinfo

    pixels = torch.empty(shape, device="meta")
    rows = torchinfo.summary(model, input_data=pixels, device="meta", verbose=0).summary_list
    layers: list[Layer] = []
    open_blocks: list[LayerInfo] = []
    for row in rows:
        while open_blocks and open_blocks[-1].depth >= row.depth:
            _add(layers, open_blocks.pop())
        open_blocks.append(row)
    while open_blocks:
        _add(layers, open_blocks.pop())
    return tuple(layers)


def _add(layers: list[Layer], row: "LayerInfo") -> None:
    """Add a row of torchinfo, unless it is a container or the backbone as a whole."""
    own = row.num_params if row.is_leaf_layer else row.leftover_params()
    if row.class_name in ("Sequential", "Identity") or (row.depth < 2 and not own):
        return
    name = f"{row.class_name}-{len(layers) + 1}"
    layers.append(Layer(name, tuple(row.output_size), 0 if row.is_recursive else own))
