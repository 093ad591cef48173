"""What training the heads of a grid side by side takes, against one head on the same features.

    python benchmarks/stack.py four --weights ../shared/weights

For each network: the nine settings of the shipped grid in one stack; one head by Morelli's loop;
and one head by PyTorch's own `torch.optim.Adam`, as anyone would write it. Prints the medians, and
their ratios for each network and for all of them together.
"""

import argparse
import statistics

import torch
from timing import rounds
from torch import nn

from morelli.data.collection import open_collection
from morelli.runs.heads import fit_head, fitting, head_of
from morelli.runs.prepare import Prepared, prepare
from morelli.studies.named_studies import STUDIES, study_from
from morelli.training.loop import epoch_order
from morelli.training.recipe import Recipe


def by_pytorch(prepared: Prepared, recipe: Recipe) -> float:
    """Train one head as a plain script would; return its accuracy on val."""
    head, works = head_of(prepared, recipe), prepared.works
    train, val = prepared.of("train"), prepared.of("val")
    features, labels = (
        torch.from_numpy(prepared.fixed[train]),
        torch.from_numpy(works.labels[train]),
    )
    held, truth = torch.from_numpy(prepared.fixed[val]), torch.from_numpy(works.labels[val])
    adam, best = torch.optim.Adam(head.parameters(), lr=recipe.lr), 0.0
    for epoch in range(recipe.epochs):
        head.train()
        for chosen in torch.split(epoch_order(recipe.seed, epoch, len(labels)), recipe.batch):
            adam.zero_grad()
            loss = nn.functional.nll_loss(head(features[chosen]), labels[chosen])
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
        head.eval()
        with torch.no_grad():
            best = max(best, float((head(held).argmax(dim=1) == truth).float().mean()))
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbones", default="mobilenet_v2,resnet50,squeezenet1_1")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    collection = open_collection(given.collection)
    names = given.backbones.split(",")
    grid = study_from(
        {"backbones": names, "recipe": {"weights": given.weights}}, STUDIES["wikiart-four-grid"]
    )
    print("network          9 heads  one head  by PyTorch   9 / one  9 / PyTorch's")
    sums = [0.0, 0.0, 0.0]
    for name in names:
        settings = [each for each in grid.settings() if each.backbone == name]
        prepared = prepare(collection, settings[0])
        timed = rounds(
            {
                "stack": lambda: list(fitting(prepared, settings)),  # noqa: B023
                "one": lambda: fit_head(prepared, settings[4]),  # noqa: B023
                "plain": lambda: by_pytorch(prepared, settings[4]),  # noqa: B023
            },
            given.rounds,
        )
        medians = [statistics.median(each) for each in timed.values()]
        sums = [total + each for total, each in zip(sums, medians, strict=True)]
        print(f"{name:15}  {_row(medians)}", flush=True)
    print(f"{'all':15}  {_row(sums)}")


def _row(seconds: list[float]) -> str:
    stack, one, plain = seconds
    return (
        f"{stack:.3f}    {one:.3f}     {plain:.3f}        {stack / one:.2f}     {stack / plain:.2f}"
    )


if __name__ == "__main__":
    main()
