"""How right predictions are, and how sure that figure is."""

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from morelli.markup import share_of

TOP = 5

LABEL, SHARE = "label", "share"
"""Keys of a field's metadata: what a table calls it, and whether it is a share of the works.
Without a label a field is no score."""


@dataclass(frozen=True)
class ClassMetrics:
    """What predictions of one class come to.

    Attributes:
        precision: Of the works classified as this class, the share that belong to it.
        recall: Of the class's works, the share that were classified as it.
        works: Number of the class's works.
    """

    precision: float
    recall: float
    works: int


@dataclass(frozen=True)
class Metrics:
    """What predictions of one split come to. Every field with a label is a `Score`.

    Attributes:
        accuracy: Share of works classified correctly.
        accuracy_interval: Its 95 % interval (Wilson 1927), (low, high).
        macro_f1: Mean over classes of F1.
        top5_accuracy: Share of works whose class is among the five likeliest; None for five
            classes or fewer.
        majority: Accuracy of always answering the commonest training class.
        works: Number of works.
        classes: By class name.
    """

    accuracy: float = field(metadata={LABEL: "accuracy", SHARE: True})
    accuracy_interval: tuple[float, float]
    macro_f1: float = field(metadata={LABEL: "macro-F1"})
    top5_accuracy: float | None = field(metadata={LABEL: "top-5", SHARE: True})
    majority: float = field(metadata={LABEL: "majority", SHARE: True})
    works: int
    classes: dict[str, ClassMetrics]

    def score(self, name: str) -> float | None:
        """Return the figure of a `Score` by its name; None where it does not apply."""
        value: float | None = getattr(self, name)
        return value

    @property
    def scores(self) -> dict[str, float]:
        """The figures of `SCORES` by name, those that apply."""
        values = {score.name: self.score(score.name) for score in SCORES}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Score:
    """A single figure of `Metrics`, shown wherever figures of a split are.

    Attributes:
        name: The field.
        label: What a table calls it.
        share: Whether it is a share of the works.
    """

    name: str
    label: str
    share: bool

    def text(self, value: float | None, works: int, digits: str = ".4f") -> str:
        """Return a value for a table: a share of few works as a count; empty for None."""
        if value is None:
            return ""
        return share_of(value, works, digits) if self.share else format(value, digits)


SCORES = tuple(
    Score(figure.name, figure.metadata[LABEL], figure.metadata.get(SHARE, False))
    for figure in fields(Metrics)
    if figure.metadata
)
"""The single figures of `Metrics`, in the order in which tables show them."""


def commonest(labels: npt.NDArray[np.int64]) -> int:
    """Return the commonest label; of equally common ones the first."""
    return int(np.bincount(labels).argmax())


def wilson_interval(right: int, works: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927), (low, high)."""
    from scipy.stats import binomtest

    interval = binomtest(right, works).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def measure(
    labels: npt.NDArray[np.int64],
    log_probabilities: npt.NDArray[np.float32],
    class_names: tuple[str, ...],
    majority: int,
) -> Metrics:
    """Measure predictions.

    Args:
        labels: (n,) true labels.
        log_probabilities: (n, classes).
        class_names: Their names.
        majority: Label of the commonest training class.
    """
    from sklearn.metrics import precision_recall_fscore_support

    predicted = log_probabilities.argmax(axis=1)
    right = predicted == labels
    every = np.arange(len(class_names))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=every, zero_division=0.0
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
        majority=float((labels == majority).mean()),
        works=len(labels),
        classes={
            name: ClassMetrics(float(precision[label]), float(recall[label]), int(support[label]))
            for label, name in enumerate(class_names)
        },
    )
