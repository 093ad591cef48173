"""The backbones: one registry in which everything of a network stands in its one entry.

To add one is to add an entry; every test of a backbone goes over the registry.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from morelli.errors import UserError, unknown_name

if TYPE_CHECKING:
    import torch
    from torchvision.models import WeightsEnum


NUMBER_FORMATS = ("auto", "float32", "bfloat16")
"""What a backbone can be asked to compute in; auto is bfloat16 where the device computes in it."""


@dataclass(frozen=True)
class Backbone:
    """A network of torchvision without its last layer.

    Attributes:
        name: Its name, in torchvision too.
        weights: The weights, as torchvision names them.
        width: d, the width of its features.
        cut: The module that is taken out; parameters below it are not needed.
        layer: The last module whose values have a place in the image, which saliency reads:
            (n, channels, rows, columns), or of a transformer (n, 1 + rows * rows, channels).
        tokens: Whether that module is of a transformer.
        pools: Whether the module taken out also pooled, so that a pooling takes its place.
        resize: Short side, in pixels, to which images are scaled.
        crop: Side of the central square that the network sees.
        interpolation: How images are scaled, as Pillow and torchvision name it: bilinear, bicubic.
        mean: Mean of each channel (R, G, B) that is subtracted, for values from 0 to 1.
        std: Standard deviation of each channel that is divided by.
    """

    name: str
    weights: str
    width: int
    cut: str
    layer: str
    tokens: bool = False
    pools: bool = False
    resize: int = 256
    crop: int = 224
    interpolation: str = "bilinear"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


BACKBONES: dict[str, Backbone] = {
    entry.name: entry
    for entry in (
        Backbone("resnet18", "ResNet18_Weights.IMAGENET1K_V1", 512, cut="fc", layer="layer4"),
        Backbone("resnet50", "ResNet50_Weights.IMAGENET1K_V1", 2048, cut="fc", layer="layer4"),
        Backbone(
            "alexnet", "AlexNet_Weights.IMAGENET1K_V1", 4096, cut="classifier.6", layer="features"
        ),
        Backbone(
            "mobilenet_v2",
            "MobileNet_V2_Weights.IMAGENET1K_V1",
            1280,
            cut="classifier",
            layer="features",
        ),
        Backbone(
            "squeezenet1_1",
            "SqueezeNet1_1_Weights.IMAGENET1K_V1",
            512,
            cut="classifier",
            layer="features",
            pools=True,
        ),
        Backbone(
            "efficientnet_b0",
            "EfficientNet_B0_Weights.IMAGENET1K_V1",
            1280,
            cut="classifier",
            layer="features",
            interpolation="bicubic",
        ),
        Backbone(
            "convnext_tiny",
            "ConvNeXt_Tiny_Weights.IMAGENET1K_V1",
            768,
            cut="classifier.2",
            layer="features",
            resize=236,
        ),
        Backbone(
            "vit_b_16",
            "ViT_B_16_Weights.IMAGENET1K_V1",
            768,
            cut="heads",
            layer="encoder.layers.encoder_layer_11.ln_1",
            tokens=True,
        ),
    )
}


def find_backbone(name: str) -> Backbone:
    """Return the entry of a backbone.

    Raises:
        UnknownName: It names the nearest ones.
    """
    if name not in BACKBONES:
        raise unknown_name("backbone", name, BACKBONES)
    return BACKBONES[name]


def find_backbones(names: str) -> tuple[Backbone, ...]:
    """Return the entries of a backbone, or of several joined by plus signs.

    Raises:
        UnknownName: It names the nearest ones.
        UserError: If one stands there twice.
    """
    backbones = tuple(find_backbone(name.strip()) for name in names.split("+"))
    if len(set(backbones)) < len(backbones):
        raise UserError(f"backbone is {names!r}; each network can stand there once")
    return backbones


def build(backbone: Backbone, seed: int = 0) -> "torch.nn.Module":
    """Return a backbone with random weights, frozen and in eval mode.

    Args:
        backbone: The entry.
        seed: Draws the weights; the global generator is left as it was.
    """
    import torch
    from torch import nn
    from torchvision import models

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: nn.Module = getattr(models, backbone.name)(weights=None)
    network.set_submodule(
        backbone.cut, nn.AdaptiveAvgPool2d(1) if backbone.pools else nn.Identity()
    )
    return network.requires_grad_(False).eval()


def torchvision_weights(backbone: Backbone) -> "WeightsEnum":
    """Return torchvision's own entry for a backbone's weights: address, hash and transforms."""
    from torchvision import models

    return models.get_weight(backbone.weights)
