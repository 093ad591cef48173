"""How right predictions are, and how sure that figure is."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

TOP = 5


@dataclass(frozen=True)
class Metrics:
    """What predictions of one split come to.

    Attributes:
        accuracy: Share of works told right.
        accuracy_interval: Its 95 % interval (Wilson 1927), [low, high].
        macro_f1: Mean over classes of F1.
        top5_accuracy: Share of works whose class is among the five likeliest; None for five
            classes or fewer.
        majority: Accuracy of always answering the commonest training class.
        works: Number of works.
        classes: For each class name, precision, recall and works.
    """

    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    top5_accuracy: float | None
    majority: float
    works: int
    classes: dict[str, dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        return asdict(self) | {"accuracy_interval": list(self.accuracy_interval)}


def wilson_interval(right: int, works: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927), (low, high)."""
    from scipy.stats import binomtest

    interval = binomtest(right, works).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def macro_f1(labels: npt.NDArray[np.int64], told: npt.NDArray[np.int64], classes: int) -> float:
    """Return the mean over all classes of F1, 0 for a class that was neither there nor told."""
    from sklearn.metrics import f1_score

    every = np.arange(classes)
    return float(f1_score(labels, told, labels=every, average="macro", zero_division=0.0))


def measure(
    labels: npt.NDArray[np.int64],
    log_probabilities: npt.NDArray[np.float32],
    class_names: tuple[str, ...],
    commonest: int,
) -> Metrics:
    """Measure predictions.

    Args:
        labels: (n,) true labels.
        log_probabilities: (n, classes).
        class_names: Their names.
        commonest: Label of the commonest training class.
    """
    from sklearn.metrics import precision_recall_fscore_support

    told = log_probabilities.argmax(axis=1)
    right = told == labels
    every = np.arange(len(class_names))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, told, labels=every, zero_division=0.0
    )
    top5 = None
    if len(class_names) > TOP:
        likeliest = np.argpartition(-log_probabilities, TOP - 1, axis=1)[:, :TOP]
        top5 = float((likeliest == labels[:, None]).any(axis=1).mean())
    return Metrics(
        accuracy=float(right.mean()),
        accuracy_interval=wilson_interval(int(right.sum()), len(labels)),
        macro_f1=float(f1.mean()),
        top5_accuracy=top5,
        majority=float((labels == commonest).mean()),
        works=len(labels),
        classes={
            name: {
                "precision": float(precision[label]),
                "recall": float(recall[label]),
                "works": int(support[label]),
            }
            for label, name in enumerate(class_names)
        },
    )
