"""What a run comes to: the figures of `results.json`, a row for each in `results.csv`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from morelli.data.aside import write_text
from morelli.data.records import as_json, from_json, read_json
from morelli.data.splits import SPLITS
from morelli.errors import BadFolder
from morelli.evaluation.calibration import Scaling
from morelli.evaluation.declining import NoneOfThese
from morelli.evaluation.metrics import SCORES, Metrics


@dataclass(frozen=True)
class Otherwise:
    """Figures of the test works as another photograph would show them.

    Attributes:
        accuracy: Share of them classified correctly.
        accuracy_interval: Its 95 % interval (Wilson 1927), (low, high).
        macro_f1: Mean over classes of F1.
    """

    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float


@dataclass(frozen=True)
class Results:
    """What a run comes to.

    Attributes:
        splits: The figures of train, val and test.
        otherwise: Those of the test works photographed otherwise.
        calibration: How well probabilities of test are calibrated.
        none_of_these: How many test works are kept, and how many strangers are declined.
    """

    splits: Mapping[str, Metrics]
    otherwise: Otherwise
    calibration: Scaling
    none_of_these: NoneOfThese

    @property
    def test(self) -> Metrics:
        """The figures of test."""
        return self.splits["test"]


_OF_TEST = {"otherwise": Otherwise, "calibration": Scaling, "none_of_these": NoneOfThese}
"""What `results.json` holds of test beside its metrics."""


def write_results(path: Path, results: Results) -> None:
    """Write a run's figures as JSON, those of test alone among the others of test."""
    content = {name: as_json(metrics) for name, metrics in results.splits.items()}
    content["test"] |= {name: as_json(getattr(results, name)) for name in _OF_TEST}
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises:
        BadFolder: If it cannot be read, or lacks a figure; it says which.
    """
    content = read_json(path)
    try:
        splits = {name: from_json(content[name], Metrics, path) for name in SPLITS}
        test = content["test"]
        return Results(
            splits,
            from_json(test["otherwise"], Otherwise, path),
            from_json(test["calibration"], Scaling, path),
            from_json(test["none_of_these"], NoneOfThese, path),
        )
    except (KeyError, TypeError) as error:
        raise BadFolder(f"{path} is damaged: it lacks {error}; make it anew") from None


def figure_rows(results: Results) -> Iterator[dict[str, object]]:
    """Yield a row for each split and a row for each of its classes."""
    for name, metrics in results.splits.items():
        low, high = metrics.accuracy_interval
        scores = {score.name: metrics.score(score.name) for score in SCORES}
        interval = {"low": low, "high": high}
        yield {"split": name, "class": "", **scores, "works": metrics.works, **interval}
        for label, figures in metrics.classes.items():
            yield {"split": name, "class": label, **as_json(figures)}
