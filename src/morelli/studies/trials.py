"""Trials of a study on disk: what each came to, and which process is at work on which."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from filelock import FileLock, Timeout

from morelli.data.aside import sweep, write_text
from morelli.data.records import as_json, from_json
from morelli.errors import BadFolder, UserError, writing
from morelli.training.loop import Epoch
from morelli.training.recipe import Recipe

TRIALS = "trials"
CLAIMS = "claims"

DONE, PRUNED, FAILED = "done", "pruned", "failed"
"""How a trial ended: trained to its end, given up since it fell behind, or with an error."""


@dataclass(frozen=True)
class Predicted:
    """What a head predicts of the works of a split.

    Attributes:
        labels: The label of each work, in the order of the study's works.
        scores: What they come to, by the names of `SCORES`, those that apply.
    """

    labels: tuple[int, ...]
    scores: dict[str, float]


@dataclass(frozen=True)
class Head:
    """What one head of a trial came to.

    Attributes:
        seed: Drew its weights, dropout, order and views.
        epochs: What every epoch came to.
        best_epoch: Number of the best by val.
        val_accuracy: Accuracy on val then.
        val_loss: Mean loss on val then.
        val: What it predicts of val.
        test: What it predicts of test; None unless the recipe lists its rows.
    """

    seed: int
    epochs: tuple[Epoch, ...]
    best_epoch: int
    val_accuracy: float
    val_loss: float
    val: Predicted
    test: Predicted | None = None


@dataclass(frozen=True)
class Trial:
    """One setting of a study, with a head for each seed.

    Attributes:
        number: Its number in the study.
        recipe: Its settings; the seed is the first head's.
        state: DONE, PRUNED or FAILED.
        heads: What its heads came to; empty if it failed.
        seconds: What training them took.
        error: Why it failed.
    """

    number: int
    recipe: Recipe
    state: str
    heads: tuple[Head, ...] = ()
    seconds: float = 0.0
    error: str = ""

    @property
    def val_accuracy(self) -> float:
        """Mean accuracy on val over seeds."""
        return fmean(head.val_accuracy for head in self.heads)

    @property
    def val_loss(self) -> float:
        """Mean loss on val over seeds."""
        return fmean(head.val_loss for head in self.heads)

    @property
    def spread(self) -> float | None:
        """Standard deviation over seeds of the accuracy on val; None for one seed."""
        if len(self.heads) < 2:
            return None
        return stdev(head.val_accuracy for head in self.heads)

    @property
    def line(self) -> str:
        """Which settings were tried, and how it ended."""
        settings = (
            f"Trial {self.number}: {self.recipe.backbone}, dropout {self.recipe.dropout:.3g}, "
            f"lr {self.recipe.lr:.3g}"
        )
        if self.state == FAILED:
            return f"{settings}: failed: {self.error}"
        best = max(head.best_epoch for head in self.heads)
        given_up = ", given up" if self.state == PRUNED else ""
        return f"{settings}: val accuracy {self.val_accuracy:.4f} at epoch {best}{given_up}"

    @property
    def rank(self) -> tuple[float, float, int]:
        """Orders trials, the best by val first: accuracy, then loss, then number."""
        return -self.val_accuracy, self.val_loss, self.number


def failed_trial(number: int, recipe: Recipe, error: Exception) -> Trial:
    """Return what is kept of a trial that ended with an error.

    Raises:
        BadFolder: If the error is one: the study or the cache has no room, which is no trial's
            fault.
    """
    if isinstance(error, BadFolder):
        raise error
    reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return Trial(number, recipe, FAILED, error=reason)


def trial_path(folder: Path, number: int) -> Path:
    """Return a trial's file."""
    return folder / TRIALS / f"{number:05d}.json"


def write_trial(folder: Path, trial: Trial) -> None:
    """Write a trial's file, whole or not at all."""
    text = json.dumps(as_json(trial), ensure_ascii=False)
    with writing(folder):
        write_text(trial_path(folder, trial.number), text + "\n")


def read_trial(folder: Path, number: int) -> Trial | None:
    """Read a trial's file; None if there is none.

    Raises:
        BadFolder: If it is damaged.
    """
    path = trial_path(folder, number)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        trial = from_json(value, Trial, path)
        if json.loads(json.dumps(as_json(trial))) != value:  # it has keys that no trial has
            raise ValueError(path)
    except FileNotFoundError:
        return None
    except (ValueError, BadFolder):
        raise BadFolder(f"{path} is damaged; remove it, and run the same command again") from None
    return trial


def read_trials(folder: Path) -> list[Trial]:
    """Read all trials that ended, by number."""
    numbers = sorted(int(path.stem) for path in (folder / TRIALS).glob("[0-9]*.json"))
    trials = (read_trial(folder, number) for number in numbers)
    return [trial for trial in trials if trial is not None]


def open_folders(folder: Path) -> None:
    """Make the folders of trials and claims, and remove what killed processes left."""
    with writing(folder):
        for name in (TRIALS, CLAIMS):
            (folder / name).mkdir(parents=True, exist_ok=True)
        sweep(folder / TRIALS)


def claim(folder: Path, name: str) -> FileLock | None:
    """Claim a piece of work for this process, unless a living process has.

    A claim is a lock on a file, which the operating system takes back when its process dies.

    Args:
        folder: The study's.
        name: Names the work.

    Returns:
        The lock, to be released; None if the work is another's.
    """
    lock = FileLock(folder / CLAIMS / f"{name}.lock")
    try:
        with writing(folder):
            lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process is inside such a block on this study."""
    with writing(folder), FileLock(folder / CLAIMS / "study.lock"):
        yield


def by_rank(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that were trained to their end, the best by val first."""
    return sorted((trial for trial in trials if trial.state == DONE), key=lambda trial: trial.rank)
