"""What a first `train` takes against the extraction that it needs, and a second one against it.

    python benchmarks/first_and_second.py COLLECTION --recipe plain --weights FOLDER

Each round, in turn: the extraction alone, in a process that has loaded everything and starts from
an empty cache; a first `morelli train` as a whole process from an empty cache; a second one on the
first one's cache, with another dropout. Extraction is what the recipe asks for (plain features and
views), the test works photographed otherwise, and the parts of val works on which evidence is
calibrated. Prints seconds a round at a time, then the ratios: by the clock, and by the time that
processors worked, which says more where others work on the machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
from timing import spread

from morelli.data.collection import open_collection
from morelli.evidence.grounds import keep_grounds, known_of
from morelli.features.joined import load_joined
from morelli.machine import Machine
from morelli.runs.heads import classifier_of, head_of
from morelli.runs.prepare import dealt, otherwise_features, prepare
from morelli.training.named_recipes import read_recipe, recipe_from
from morelli.training.recipe import Recipe

Seconds = npt.NDArray[np.float64]
"""(2,) by the clock, and that processors worked."""

CLOCKS = ("by the clock", "of processors")


@dataclass(frozen=True)
class Round:
    """What one round took.

    Attributes:
        features: What the recipe asks for, extracted alone.
        otherwise: Test works photographed otherwise.
        parts: Parts of val works, for evidence.
        first: A first train.
        second: A second one.
    """

    features: Seconds
    otherwise: Seconds
    parts: Seconds
    first: Seconds
    second: Seconds

    @property
    def extraction(self) -> Seconds:
        """All that a first train extracts."""
        return self.features + self.otherwise + self.parts

    def line(self, clock: int) -> str:
        """Return the seconds of one of `CLOCKS`."""
        return (
            f"{CLOCKS[clock]}: extraction {self.extraction[clock]:.1f} s "
            f"({self.features[clock]:.1f} features, {self.otherwise[clock]:.1f} photographed "
            f"otherwise, {self.parts[clock]:.1f} parts), first {self.first[clock]:.1f} s, "
            f"second {self.second[clock]:.1f} s"
        )


def seconds(work: Callable[[], object]) -> Seconds:
    """Return what a function takes, with the processes that it starts and waits for."""
    started = _clocks()
    work()
    return _clocks() - started


def _clocks() -> Seconds:
    return np.array([time.perf_counter(), sum(os.times()[:4])])


def extraction(folder: str, recipe: Recipe, kept: str) -> tuple[Seconds, Seconds, Seconds]:
    """Return what features, photographs otherwise and parts take, from an empty cache.

    Args:
        folder: The collection's.
        recipe: The recipe.
        kept: An empty folder, for the cache and what evidence is drawn from.
    """
    collection, cache = open_collection(folder), Path(kept) / "cache"
    load_joined(recipe.backbone, recipe.weights).build()  # imports what building takes
    dealt(collection, recipe)  # and what dealing takes
    features = seconds(lambda: prepare(collection, recipe, machine=Machine(cache=cache)))
    prepared = prepare(collection, recipe, machine=Machine(cache=cache))
    otherwise = seconds(
        lambda: otherwise_features(collection, prepared, machine=Machine(cache=cache))
    )
    # What is extracted does not depend on what the head has learned.
    head = classifier_of(collection, prepared, recipe, head_of(prepared, recipe))
    train, val = prepared.of("train"), prepared.works.take(prepared.of("val"))
    known, seed = known_of(prepared.works.take(train), prepared.fixed[train]), recipe.seed
    parts = seconds(
        lambda: keep_grounds(
            Path(kept), collection, known, val, head, seed=seed, machine=Machine(cache=cache)
        )
    )
    return features, otherwise, parts


def measured(collection: str, recipe: Recipe, name: str) -> Round:
    """Measure one round.

    Args:
        collection: The collection's folder.
        recipe: The recipe, for the extraction alone.
        name: The recipe's name or file, for the command line.
    """
    with tempfile.TemporaryDirectory() as folder:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            extracted = alone.submit(extraction, collection, recipe, f"{folder}/alone").result()
        train = [sys.executable, "-m", "morelli", "train", collection, "--recipe", name]
        train += ["--backbone", recipe.backbone, "--weights", recipe.weights]
        train += ["--cache", f"{folder}/cache", "--out"]
        first = seconds(lambda: _run(*train, f"{folder}/first"))
        second = seconds(lambda: _run(*train, f"{folder}/second", "--dropout", "0.4"))
        return Round(*extracted, first, second)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """Print the seconds of each round, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asked = {"backbone": given.backbone, "weights": given.weights}
    recipe = recipe_from(asked, read_recipe(given.recipe))
    rounds: list[Round] = []
    for _ in range(given.rounds):
        rounds.append(measured(given.collection, recipe, given.recipe))
        for clock in range(len(CLOCKS)):
            print(rounds[-1].line(clock), flush=True)
    for clock, name in enumerate(CLOCKS):
        firsts = [float((each.first / each.extraction)[clock]) for each in rounds]
        seconds_ = [float((each.second / each.first)[clock]) for each in rounds]
        print(f"{name}: first / extraction {spread(firsts)}, second / first {spread(seconds_)}")


if __name__ == "__main__":
    main()
