"""The figures of a study: what each setting and the chosen one came to, and what it cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from morelli.data.records import as_json, from_json
from morelli.errors import BadFolder
from morelli.evaluation.metrics import SCORES, Metrics
from morelli.studies.trials import DONE, FAILED

Cell = str | int | float | None
"""A figure in a row of a study's table."""


COMPARED = tuple(score for score in SCORES if score.name != "majority")
"""The scores of settings and heads; always answering the commonest class gives all the same."""

ACCURACY = COMPARED[0]
"""The score that settings are chosen by."""


@dataclass(frozen=True)
class SplitFigures:
    """What a setting's heads, a seed each, come to on one split.

    Attributes:
        scores: Means over seeds by the names of `COMPARED`, those that apply.
        spread: Standard deviation over seeds of the accuracy; None for one seed.
        low: Lower end of the 95 % interval (Wilson 1927) of the first seed's accuracy.
        high: Its upper end.
    """

    scores: dict[str, float]
    spread: float | None
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        """Mean accuracy over seeds."""
        return self.scores["accuracy"]


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
    """What the chosen setting's head of one seed comes to on test."""

    seed: int
    metrics: Metrics


@dataclass(frozen=True)
class ChosenFigures:
    """What the chosen setting comes to on test.

    Attributes:
        seeds: Its heads, a seed each.
    """

    seeds: tuple[SeedFigures, ...]

    @property
    def accuracy(self) -> float:
        """Mean accuracy over seeds."""
        return self.means["accuracy"]

    @property
    def means(self) -> dict[str, float]:
        """Means over seeds by the names of `COMPARED`, those that apply."""
        return means_of([one.metrics.scores for one in self.seeds])

    @property
    def spreads(self) -> dict[str, float]:
        """Standard deviations over seeds, of the same scores; none for one seed."""
        if len(self.seeds) < 2:
            return {}
        scores = [one.metrics.scores for one in self.seeds]
        return {name: stdev(one[name] for one in scores) for name in self.means}


def means_of(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each score of `COMPARED` that all have."""
    names = [score.name for score in COMPARED if all(score.name in one for one in scores)]
    return {name: fmean(one[name] for one in scores) for name in names}


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
            named = {"accuracy": value.accuracy, **_interval(value), **value.scores}
            cells |= {f"{field.name}_{name}": figure for name, figure in named.items()}
        elif value is not None or field.default is MISSING:
            cells[field.name] = value
    return cells


def _interval(figures: SplitFigures) -> dict[str, float | None]:
    return {"spread": figures.spread, "low": figures.low, "high": figures.high}


def results_as_json(results: StudyResults) -> dict[str, object]:
    """Return results as `results.json` has them: rows flat, and means beside their seeds."""
    test, spreads = results.test, results.test.spreads
    means: dict[str, float | None] = {}
    for name, mean in test.means.items():
        means |= {name: mean, f"{name}_spread": spreads.get(name)}
    seeds = [{"seed": one.seed, **as_json(one.metrics)} for one in test.seeds]
    rows = [flat(row) for row in results.settings]
    return {**as_json(results), "settings": rows, "test": {"seeds": seeds, **means}}


def results_from_json(value: dict[str, Any], where: Path) -> StudyResults:
    """Return the results of what `results_as_json` made of them.

    Raises:
        BadFolder: If something is missing or of another type; it names `where`.
    """
    try:
        rows = [_nested(row) for row in value["settings"]]
        seeds = [{"seed": one["seed"], "metrics": one} for one in value["test"]["seeds"]]
    except (KeyError, TypeError, ValueError) as error:
        raise BadFolder(f"{where} is damaged: {error!r}; make it anew") from None
    return from_json({**value, "settings": rows, "test": {"seeds": seeds}}, StudyResults, where)


def _nested(cells: Mapping[str, Cell]) -> dict[str, object]:
    """Return a row with the figures of a split beneath its name."""
    nested: dict[str, object] = dict(cells)
    for split in ("val", "test"):
        figures: dict[str, object] = {
            name: nested.pop(f"{split}_{name}")
            for name in ("spread", "low", "high")
            if f"{split}_{name}" in nested
        }
        scores = {
            score.name: nested.pop(f"{split}_{score.name}")
            for score in COMPARED
            if f"{split}_{score.name}" in nested
        }
        if scores:
            nested[split] = {"scores": scores, **figures}
    return nested
