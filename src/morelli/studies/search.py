"""Searching settings: the tree-structured Parzen estimator of Optuna, whose trials are in SQLite.

A single process that is killed and started again ends with the same trials: what is drawn depends
on the study's seed, the trial's number and the trials before it alone.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from morelli.data.chance import seeded_hash
from morelli.errors import BadFolder, writing
from morelli.studies.recipe import StudyRecipe
from morelli.studies.trials import DONE, FAILED, PRUNED, Trial, alone, claim
from morelli.training.recipe import Recipe

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler, TPESampler
    from optuna.trial import FrozenTrial, TrialState

from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from optuna.study import Study as OptunaStudy

DATABASE = "search.db"

STARTUP = 10
"""Trials drawn at random before the estimator has anything to go by; none of them is pruned."""

WARM_UP = 3
"""Epochs before a trial may be pruned."""

KEPT = 33.0
"""A trial is given up unless it is among the best such percentage at its epoch."""

HIDDEN = (64, 128, 256, 512)
"""Hidden widths that are tried."""


class Seeded(BaseSampler):
    """Optuna's estimator (Bergstra et al. 2011), its chance drawn from the trial's number.

    Args:
        seed: The study's.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def _sampler_of(self, trial: FrozenTrial, *what: object) -> TPESampler:
        drawn = int(seeded_hash(self._seed, "trial", trial.number, *what)[:8], 16)
        return TPESampler(seed=drawn, multivariate=True, n_startup_trials=STARTUP)

    def infer_relative_search_space(
        self, study: "OptunaStudy", trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the settings that are drawn together."""
        return self._sampler_of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: "OptunaStudy", trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, object]:
        """Draw settings together."""
        return self._sampler_of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: "OptunaStudy",
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> object:
        """Draw one setting by itself."""
        return self._sampler_of(trial, param_name).sample_independent(
            study, trial, param_name, param_distribution
        )


class Taken:
    """A trial that this process has taken up: its settings, and whether it fell behind.

    Attributes:
        number: Its number.
        recipe: Its settings.
    """

    def __init__(self, trial: optuna.Trial, recipe: StudyRecipe) -> None:
        self._trial = trial
        frozen = trial.study._storage.get_trial(trial._trial_id)
        # What a killed process had reported; it had not been pruned for that.
        self._reported = frozen.last_step or 0
        self.number: int = trial.number
        self.recipe = _suggested(trial, recipe)

    def behind(self, epoch: int, accuracy: float) -> bool:
        """Report the best accuracy on val so far, and say whether the trial shall be given up."""
        if epoch > self._reported:
            self._trial.report(accuracy, epoch)
        return epoch >= self._reported and bool(self._trial.should_prune())

    def end(self, trial: Trial) -> None:
        """Tell how it ended."""
        state = _STATES[trial.state]
        value = trial.val_accuracy if state == TrialState.COMPLETE else None
        self._trial.study.tell(self._trial, value, state=state)


_STATES = {DONE: TrialState.COMPLETE, PRUNED: TrialState.PRUNED, FAILED: TrialState.FAIL}


def _suggested(trial: optuna.Trial, recipe: StudyRecipe) -> Recipe:
    backbone = recipe.backbones[0]
    if len(recipe.backbones) > 1:
        backbone = trial.suggest_categorical("backbone", recipe.backbones)
    return replace(
        recipe.base,
        backbone=backbone,
        dropout=trial.suggest_float("dropout", 0.0, 0.7),
        lr=trial.suggest_float("lr", 1e-4, 5e-3, log=True),
        hidden=trial.suggest_categorical("hidden", HIDDEN),
        weight_decay=trial.suggest_float("weight_decay", 1e-3, 3.0, log=True),
        label_smoothing=trial.suggest_float("label_smoothing", 0.0, 0.3),
    )


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """Turn a refusal of the database, such as for want of room, into a `BadFolder`."""
    try:
        yield
    except (optuna.exceptions.StorageInternalError, OperationalError) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise BadFolder(
            f"cannot write to {folder / DATABASE}: {reason}; what was finished is kept: "
            "make room or choose another folder, and run the same command again"
        ) from error


class Search:
    """The trials of a search, shared by all processes that work on a study.

    Args:
        folder: The study's.
        recipe: The study's; its base's seed draws the settings.
    """

    def __init__(self, folder: Path, recipe: StudyRecipe) -> None:
        self._folder, self._recipe = folder, recipe
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with alone(folder):
            storage = optuna.storages.RDBStorage(
                f"sqlite:///{(folder / DATABASE).resolve()}",
                engine_kwargs={"connect_args": {"timeout": 120}},
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self._study = optuna.create_study(
                    storage=storage,
                    study_name="morelli",
                    direction="maximize",
                    load_if_exists=True,
                    sampler=Seeded(recipe.base.seed),
                    pruner=optuna.pruners.PercentilePruner(KEPT, STARTUP, WARM_UP),
                )

    @property
    def ended(self) -> int:
        """Number of trials that ended, in whichever way."""
        return sum(1 for trial in self._trials() if trial.state.is_finished())

    @property
    def over(self) -> bool:
        """Whether all trials have ended."""
        return self.ended >= self._recipe.trials

    def _trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _is_running(self, trial: FrozenTrial) -> bool:
        return self._study._storage.get_trial(trial._trial_id).state == TrialState.RUNNING

    @contextmanager
    def take(self) -> Iterator[Taken | None]:
        """Take up a trial whose process died, or a new one; None if there is none to take now."""
        with alone(self._folder), warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            taken, lock = self._next()
        if taken is None or lock is None:
            yield None
            return
        try:
            with writing(self._folder):
                yield taken
        finally:
            lock.release()

    def _next(self) -> tuple[Taken | None, FileLock | None]:
        trials = self._trials()
        for trial in trials:
            if trial.state == TrialState.RUNNING:
                lock = claim(self._folder, f"trial-{trial.number}")
                if lock is None:
                    continue
                if self._is_running(trial):
                    again = optuna.Trial(self._study, trial._trial_id)
                    return Taken(again, self._recipe), lock
                lock.release()  # it ended between the look at all and the claim
        if len(trials) >= self._recipe.trials:
            return None, None
        asked = self._study.ask()
        return Taken(asked, self._recipe), claim(self._folder, f"trial-{asked.number}")
