"""What a grid of settings costs: the study's way against Morelli's.

    python benchmarks/study_cost.py COLLECTION

The grid is 9 settings (dropout 0.3, 0.4, 0.5 x learning rate 1e-5, 1e-4, 1e-3) by 7 epochs of
ResNet18, batch 32, 60/20/20. The study's way decodes, augments and pushes every work through the
float32 network in every epoch of every setting; only PART of its batches are run, before and after
Morelli's side, and the rest is extrapolated from their mean. Morelli's side is run whole, from
JPEGs to test accuracies: without random views (every epoch sees the fixed preprocessing), with one
random view, and with seven. Weights are random, which cost what trained ones cost.
"""

import argparse
import dataclasses
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from morelli.data import decoding
from morelli.data.collection import Collection, open_collection
from morelli.data.splits import SPLITS, split, without_tiny_classes
from morelli.features.backbones import build, find_backbone
from morelli.features.extract import shard_works
from morelli.machine import Machine
from morelli.runs.heads import fit_head
from morelli.runs.prepare import prepare
from morelli.training.heads import build_head
from morelli.training.named_recipes import RECIPES

BACKBONE = "resnet18"
EPOCHS = 7
BATCH = 32
PART = 24
GRID = list(itertools.product((0.3, 0.4, 0.5), (1e-5, 1e-4, 1e-3)))
NORMALISE = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
TRAIN = transforms.Compose(
    [
        transforms.RandomResizedCrop(256, scale=(0.8, 1.0)),
        transforms.RandomRotation(15),
        transforms.RandomHorizontalFlip(),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        NORMALISE,
    ]
)
TEST = transforms.Compose(
    [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), NORMALISE]
)


class Decoded(Dataset[tuple[torch.Tensor, int]]):
    """Works as the study reads them: decoded and transformed each time."""

    def __init__(self, data: list[bytes], labels: list[int], transform: Callable[..., Any]) -> None:
        self.data, self.labels, self.transform = data, labels, transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(decoding.decode(self.data[index])), self.labels[index]


def seconds_a_work(works: Decoded, *, training: bool) -> float:
    """Return the mean time of a work over PART batches of the study's way, after two to warm up."""
    entry = find_backbone(BACKBONE)
    head = build_head(entry.width, 4, dropout=0.3)
    network = nn.Sequential(build(entry), head).train(training)
    optimiser = torch.optim.Adam(head.parameters(), lr=1e-4)
    loader = DataLoader(works, BATCH, shuffle=training, num_workers=os.cpu_count() or 1)
    started, seen = time.perf_counter(), 0
    for number, (pixels, labels) in enumerate(loader):
        if number == 2:
            started, seen = time.perf_counter(), 0
        with torch.set_grad_enabled(training):
            loss = nn.functional.nll_loss(network(pixels), labels)
        if training:
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        seen += len(labels)
        if number == PART + 1:
            break
    return (time.perf_counter() - started) / seen


def study_seconds(collection: Collection) -> float:
    """Return the extrapolated time of the whole grid, the study's way."""
    works = without_tiny_classes(collection.labelled())
    sides = split(works)
    data = [
        image
        for shard in range(len(collection.shards))
        for _, image in shard_works(collection, shard)
    ]
    labels = works.labels.tolist()
    train, val, test = (int((sides == side).sum()) for side in range(len(SPLITS)))
    training = seconds_a_work(Decoded(data, labels, TRAIN), training=True)
    telling = seconds_a_work(Decoded(data, labels, TEST), training=False)
    an_epoch = training * train + telling * val
    print(
        f"  the study's way: {training * 1000:.1f} ms a training work, {telling * 1000:.1f} ms a "
        f"val work, {an_epoch:.0f} s an epoch (from {PART} batches each, extrapolated)"
    )
    return len(GRID) * (EPOCHS * an_epoch + telling * test)


def morelli_seconds(collection: Collection, views: int) -> float:
    """Return the time of the whole grid, Morelli's way, from JPEGs to test accuracies."""
    base = dataclasses.replace(
        RECIPES["study"], backbone=BACKBONE, weights="random", views=views, epochs=EPOCHS
    )
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        for dropout, lr in GRID:
            recipe = dataclasses.replace(base, dropout=dropout, lr=lr)
            prepared = prepare(collection, recipe, machine=Machine(cache=Path(cache)))
            head, _ = fit_head(prepared, recipe)
            with torch.inference_mode():
                head(torch.from_numpy(prepared.fixed[prepared.of("test")])).argmax(dim=1)
    return time.perf_counter() - started


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    given = parser.parse_args()
    collection = open_collection(given.collection)
    for views in (0, 1, 7):
        print(f"{views} random views:", flush=True)
        before = study_seconds(collection)
        ours = morelli_seconds(collection, views)
        theirs = statistics.fmean((before, study_seconds(collection)))
        print(f"  Morelli {ours:.1f} s, the study's way {theirs:.0f} s: {theirs / ours:.0f} times")


if __name__ == "__main__":
    main()
