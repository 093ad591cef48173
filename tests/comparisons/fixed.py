"""Comparisons of fixed values, the same on every machine."""

from dataclasses import replace

import numpy as np

from morelli.comparisons.comparison import Compared, Comparison, ShownWork
from morelli.evaluation.compare import Difference, Pair, compare_predictions
from morelli.evaluation.metrics import Metrics
from morelli.training.recipe import Recipe


def comparison_of(*right: int, works: int = 200) -> Comparison:
    """A comparison of runs of which each classified the first so many works correctly."""
    predicted = np.stack([np.where(np.arange(works) < own, 0, 1) for own in right])
    pairs = compare_predictions(np.zeros(works, np.int64), predicted, 2)
    runs = tuple(
        compared(name, own / works, works) for name, own in zip("abcde", right, strict=False)
    )
    none = ((),) * len(pairs)
    return Comparison("artist", ("x", "y"), (works, 0), 0, runs, tuple(pairs), none, none)


def compared(name: str, accuracy: float, works: int) -> Compared:
    """A run that was compared."""
    metrics = Metrics(accuracy, (0.1, 0.9), 0.5, None, 0.3, works, {})
    return Compared(name, f"runs/{name}", "0" * 64, "c", "random", Recipe(), metrics)


def fixed_comparison() -> Comparison:
    """Two runs on 40 works of three painters, whose collection is nowhere."""
    pair = Pair(
        first=0,
        second=1,
        both=18,
        only_first=10,
        only_second=2,
        neither=10,
        accuracy=Difference(0.2, 0.05, 0.35),
        macro_f1=Difference(0.1625, -0.01, 0.325),
        p=0.03857421875,
        p_holm=0.03857421875,
        won=(7, 3, 0),
        lost=(0, 2, 0),
    )
    first, second = compared("first", 0.7, 40), compared("second", 0.5, 40)
    first = replace(
        first,
        metrics=replace(first.metrics, accuracy_interval=(0.546, 0.819), macro_f1=0.6875),
    )
    second = replace(
        second,
        metrics=replace(second.metrics, accuracy_interval=(0.352, 0.648), macro_f1=0.525),
        origin="torchvision",
        settings=Recipe(hidden=8, weights="w", counts=(24, 8, 8), seed=1),
    )
    wrong = ShownWork(
        work_id="0123456789abcdef",
        shard=0,
        row=3,
        class_name="ilse-tamarin",
        predicted=("ilse-tamarin", "bram-verhoeck"),
        confidence=(0.875, 0.5),
        true_probability=(0.875, 0.25),
    )
    return Comparison(
        task="artist",
        class_names=("ilse-tamarin", "bram-verhoeck", "yuna-sorel"),
        class_works=(14, 13, 13),
        seed=0,
        runs=(first, second),
        pairs=(pair,),
        first_ahead=((wrong,),),
        second_ahead=((),),
    )
