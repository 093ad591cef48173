"""Every setting of a grid or list, trained in stacks that processes share."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from morelli.studies.recipe import StudyRecipe
from morelli.studies.side_by_side import Ready, ended, fit_settings
from morelli.studies.trials import (
    DONE,
    FAILED,
    Trial,
    claim,
    failed_trial,
    read_trial,
    trial_path,
    write_trial,
)
from morelli.training.recipe import Recipe

SIDE_BY_SIDE = 12
"""Heads that are trained in one stack: more gain little, and are lost together by a kill."""

WAIT = 0.2
"""Seconds between looks at what other processes are doing."""


def train_grid(out: Path, recipe: StudyRecipe, ready: Ready) -> None:
    """Train the stacks of a grid that no living process is at work on, until all are trained."""
    settings = recipe.settings()
    stacks = list(stacks_of(settings, recipe.seeds))
    while True:
        missing = [stack for stack in stacks if missing_of(out, stack)]
        done = len(settings) - sum(len(missing_of(out, stack)) for stack in missing)
        ready.machine.progress.step("settings", done, len(settings), "settings")
        if not missing:
            return
        if not any(_train_stack(out, stack, recipe, ready) for stack in missing):
            time.sleep(WAIT)


def stacks_of(settings: Sequence[Recipe], seeds: int) -> Iterator[list[int]]:
    """Deal settings, by number, to stacks of one network and one shape."""
    by_shape: dict[Recipe, list[int]] = {}
    for number, setting in enumerate(settings):
        shape = replace(setting, dropout=0.0, lr=1.0, weight_decay=0.0, label_smoothing=0.0)
        by_shape.setdefault(shape, []).append(number)
    size = max(1, SIDE_BY_SIDE // seeds)
    for numbers in by_shape.values():
        for start in range(0, len(numbers), size):
            yield numbers[start : start + size]


def missing_of(out: Path, numbers: Iterable[int]) -> list[int]:
    """Return the numbers of trials that have not ended."""
    return [number for number in numbers if not trial_path(out, number).is_file()]


def retry_failed(out: Path, recipe: StudyRecipe) -> None:
    """Remove the trials of a grid that failed, but for those that a process is at work on."""
    for stack in stacks_of(recipe.settings(), recipe.seeds):
        lock = claim(out, f"stack-{stack[0]}")
        if lock is None:
            continue
        for number in stack:
            trial = read_trial(out, number)
            if trial is not None and trial.state == FAILED:
                trial_path(out, number).unlink()
        lock.release()


def _train_stack(out: Path, stack: Sequence[int], recipe: StudyRecipe, ready: Ready) -> bool:
    """Train what a stack lacks, and say whether it was ours to do."""
    lock = claim(out, f"stack-{stack[0]}")
    if lock is None:
        return False
    try:
        numbers = missing_of(out, stack)
        if numbers:
            for trial in _trained(numbers, recipe, ready):
                write_trial(out, trial)
                ready.machine.progress.note(trial.line)
    finally:
        lock.release()
    return True


def _trained(numbers: Sequence[int], recipe: StudyRecipe, ready: Ready) -> list[Trial]:
    """Train settings side by side; what goes wrong is the trials' end, not the study's."""
    settings = [recipe.settings()[number] for number in numbers]
    try:
        fits = list(fit_settings(settings, recipe.seeds, ready))[-1]
        return [
            ended(number, setting, of_setting, ready, state=DONE, tested=bool(recipe.rows))
            for number, setting, of_setting in zip(numbers, settings, fits, strict=True)
        ]
    except Exception as error:  # noqa: BLE001  # it becomes the trials' error, and the rest go on
        return [
            failed_trial(number, setting, error)
            for number, setting in zip(numbers, settings, strict=True)
        ]
