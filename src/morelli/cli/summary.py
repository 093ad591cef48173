"""`morelli summary`."""

from typing import Annotated

import typer

from morelli.cli.complete import completing
from morelli.cli.show import STARTS_ANEW, answering, print_table, table
from morelli.features.backbones import BACKBONES

BACKBONE = Annotated[
    str,
    typer.Argument(
        help=f"Network to describe: {', '.join(BACKBONES)}.",
        metavar="BACKBONE",
        autocompletion=completing(BACKBONES),
    ),
]
CLASSES = Annotated[int, typer.Option(help="Number of classes.", metavar="N")]
BATCH = Annotated[int, typer.Option(help="Works in a batch.", metavar="N")]
HIDDEN = Annotated[int, typer.Option(help="Width of the head's hidden layer.", metavar="N")]


@answering(STARTS_ANEW)
def summary(
    backbone: BACKBONE = "resnet18",
    classes: CLASSES = 4,
    batch: BATCH = 32,
    hidden: HIDDEN = 256,
) -> None:
    """Show a backbone with the study's head: layers, parameters and estimated memory."""
    from morelli.training.summary import MEMORY_RULE
    from morelli.training.summary import summary as described

    network = described(backbone, classes, batch, hidden)
    typer.echo(f"{network.backbone}, input {list(network.input)}")
    layers = table("layer", "output shape", "parameters", right=(2,))
    for layer in network.layers:
        layers.add_row(layer.name, str(list(layer.shape)), f"{layer.parameters:,}")
    print_table(layers)
    typer.echo(f"Parameters in all: {network.parameters:,}")
    typer.echo(f"Trainable:         {network.trainable:,}")
    typer.echo(f"Frozen:            {network.frozen:,}")
    typer.echo(f"Memory:            {network.memory:,.2f} MB, estimated: {MEMORY_RULE}")
