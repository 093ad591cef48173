"""The trials of a search, trained one after another, beside other processes."""

import time
from pathlib import Path
from statistics import fmean

from morelli.studies.grid_training import WAIT
from morelli.studies.recipe import StudyRecipe
from morelli.studies.search import Search, Taken, storing
from morelli.studies.side_by_side import Ready, ended, fit_settings
from morelli.studies.trials import DONE, PRUNED, Trial, failed_trial, write_trial


def train_searched(out: Path, recipe: StudyRecipe, ready: Ready) -> None:
    """Try settings until all trials of a search have ended."""
    with storing(out):
        search = Search(out, recipe)
        while not search.over:
            ready.machine.progress.step("trials", search.ended, recipe.trials, "trials")
            with search.take() as taken:
                if taken is None:
                    time.sleep(WAIT)
                    continue
                trial = _tried(taken, recipe.seeds, ready)
                write_trial(out, trial)
                taken.end(trial)
            ready.machine.progress.note(trial.line)
        ready.machine.progress.step("trials", search.ended, recipe.trials, "trials")


def _tried(taken: Taken, seeds: int, ready: Ready) -> Trial:
    """Train the heads of one trial, unless it falls behind."""
    setting, state = taken.recipe, DONE
    try:
        for epoch, (fits,) in enumerate(fit_settings([setting], seeds, ready), start=1):
            if any(fit.error for fit in fits):
                break
            if taken.behind(epoch, fmean(fit.best.val_accuracy for fit in fits)):
                state = PRUNED
                break
        return ended(taken.number, setting, fits, ready, state=state, tested=False)
    except Exception as error:  # noqa: BLE001  # it becomes the trial's error, and the rest go on
        return failed_trial(taken.number, setting, error)
