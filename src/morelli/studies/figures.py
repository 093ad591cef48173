"""The figures of a study: what each setting and the chosen one came to, and what it cost."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from morelli.data.records import as_json, from_json
from morelli.studies.trials import DONE, FAILED

Cell = str | int | float | None
"""A figure in a row of a study's table."""


@dataclass(frozen=True)
class SplitFigures:
    """What a setting's heads, a seed each, come to on one split.

    Attributes:
        accuracy: Mean over seeds.
        spread: Standard deviation over seeds of the accuracy; None for one seed.
        low: Lower end of the 95 % interval (Wilson 1927) of the first seed's accuracy.
        high: Its upper end.
        macro_f1: Mean over seeds.
    """

    accuracy: float
    spread: float | None
    low: float
    high: float
    macro_f1: float


@dataclass(frozen=True)
class SettingFigures:
    """A row of a study's table: one setting, and what it came to.

    Attributes:
        number: Of its trial.
        state: How the trial ended, as `Trial` has it.
        backbone: The network.
        dropout: Share of hidden values dropped.
        lr: Learning rate.
        hidden: Width of the hidden layer.
        weight_decay: Decoupled weight decay.
        label_smoothing: Share of the target spread over all classes.
        epochs: Most epochs.
        seeds: Number of heads that were trained.
        p: McNemar's exact p against the chosen setting on val; None for the chosen one, and where
            training did not come to its end.
        p_holm: The same after Holm's correction for all that have one.
        error: Why it failed.
        best_epoch: Number of the first head's best epoch by val; None if it failed.
        val: Figures on val; None if it failed.
        val_loss: Mean loss on val over seeds; None if it failed.
        test: Figures on test; None unless test was read for it.
        published: Test accuracy that somebody published for it.
    """

    number: int
    state: str
    backbone: str
    dropout: float
    lr: float
    hidden: int
    weight_decay: float
    label_smoothing: float
    epochs: int
    seeds: int
    p: float | None
    p_holm: float | None
    error: str
    best_epoch: int | None = None
    val: SplitFigures | None = None
    val_loss: float | None = None
    test: SplitFigures | None = None
    published: float | None = None

    @property
    def val_accuracy(self) -> float:
        """Mean accuracy on val; -1 if it failed, which is worse than any."""
        return -1.0 if self.val is None else self.val.accuracy

    @property
    def rank(self) -> tuple[float, float, int]:
        """Orders rows as trials are chosen: by accuracy, loss and number; failed ones last."""
        return -self.val_accuracy, self.val_loss or 0.0, self.number


@dataclass(frozen=True)
class SeedFigures:
    """What the chosen setting's head of one seed comes to on test, as `Metrics` has it."""

    seed: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    top5_accuracy: float | None
    works: int


@dataclass(frozen=True)
class ChosenFigures:
    """What the chosen setting comes to on test: a head for each seed, and their mean.

    Attributes:
        seeds: The heads.
        accuracy: Mean over seeds.
        accuracy_spread: Standard deviation over seeds; None for one.
        macro_f1: Mean over seeds.
        macro_f1_spread: Standard deviation over seeds; None for one.
    """

    seeds: tuple[SeedFigures, ...]
    accuracy: float
    accuracy_spread: float | None
    macro_f1: float
    macro_f1_spread: float | None


@dataclass(frozen=True)
class Cost:
    """What a network's features and heads took.

    Attributes:
        seconds_features: Seconds to get the features.
        extracted: Works, each view counted, whose features were not in the cache.
        weights: Where the network's weights came from; None if it had none.
        seconds_heads: Seconds to train its heads.
        heads: Heads that were trained.
        epochs: Epochs of all heads.
    """

    seconds_features: float = 0.0
    extracted: int = 0
    weights: str | None = None
    seconds_heads: float = 0.0
    heads: int = 0
    epochs: int = 0


@dataclass(frozen=True)
class StudyResults:
    """All that a study came to.

    Attributes:
        works: Number of works in train, val and test.
        classes: Number of classes.
        majority: For val and test, accuracy of always answering the commonest training class.
        chosen: Number of the chosen setting's trial.
        settings: A row for each trial, by number.
        test: What the chosen setting comes to on test.
        cost: What it took, by network.
        conclusion: What the figures say, in a paragraph.
    """

    works: dict[str, int]
    classes: int
    majority: dict[str, float]
    chosen: int
    settings: tuple[SettingFigures, ...]
    test: ChosenFigures
    cost: dict[str, Cost]
    conclusion: str = ""

    @property
    def best(self) -> SettingFigures:
        """The row of the chosen setting."""
        return next(row for row in self.settings if row.number == self.chosen)

    @property
    def failed(self) -> tuple[SettingFigures, ...]:
        """The rows of trials that failed."""
        return tuple(row for row in self.settings if row.state == FAILED)


def best_of_networks(rows: Iterable[SettingFigures]) -> list[SettingFigures]:
    """Return the best row of each network by val, the best first."""
    done = sorted((row for row in rows if row.state == DONE), key=lambda row: row.rank)
    first: dict[str, SettingFigures] = {}
    for row in done:
        first.setdefault(row.backbone, row)
    return list(first.values())


def flat(row: SettingFigures) -> dict[str, Cell]:
    """Return a row by column, such as `val_accuracy`; what does not apply is left out."""
    cells: dict[str, Cell] = {}
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, SplitFigures):
            cells |= {f"{field.name}_{name}": figure for name, figure in vars(value).items()}
        elif value is not None or field.default is MISSING:
            cells[field.name] = value
    return cells


def results_as_json(results: StudyResults) -> dict[str, object]:
    """Return results as `results.json` has them, a row flat."""
    return {**as_json(results), "settings": [flat(row) for row in results.settings]}


def results_from_json(value: dict[str, Any], where: Path) -> StudyResults:
    """Return the results of what `results_as_json` made of them.

    Raises:
        BadFolder: If something is missing or of another type; it names `where`.
    """
    rows = [_nested(row) for row in value["settings"]]
    return from_json({**value, "settings": rows}, StudyResults, where)


def _nested(cells: Mapping[str, Cell]) -> dict[str, object]:
    """Return a row with the figures of a split beneath its name."""
    nested: dict[str, object] = dict(cells)
    for split in ("val", "test"):
        names = {f"{split}_{field.name}": field.name for field in fields(SplitFigures)}
        figures = {name: nested.pop(key) for key, name in names.items() if key in nested}
        if figures:
            nested[split] = figures
    return nested
