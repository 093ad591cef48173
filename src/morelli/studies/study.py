"""Compare networks and settings on one collection: features once, heads side by side."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from morelli.data.collection import Collection, open_collection
from morelli.errors import BadFolder, UserError
from morelli.machine import machine_of
from morelli.progress import Progress
from morelli.studies import folder as folders
from morelli.studies.folder import Study, open_study
from morelli.studies.page import write_study_report
from morelli.studies.recipe import StudyRecipe
from morelli.studies.results import conclude
from morelli.studies.side_by_side import Ready, ended, fit_settings
from morelli.studies.trials import (
    DONE,
    FAILED,
    PRUNED,
    Trial,
    alone,
    claim,
    read_trial,
    trial_path,
    write_trial,
)
from morelli.training.recipe import Recipe

if TYPE_CHECKING:
    from morelli.studies.search import Search, Taken

SIDE_BY_SIDE = 12
"""Heads that are trained in one stack: more gain little, and are lost together by a kill."""

WAIT = 0.2
"""Seconds between looks at what other processes are doing."""


def study(
    collection: str | Path | Collection,
    out: str | Path,
    recipe: StudyRecipe | None = None,
    *,
    cache: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Study:
    """Compare networks and settings, choose on val, and test what was chosen.

    Killed at any moment and called again, it goes on where it was. Several processes can work on
    one study; no trial is done twice. A grid's trials that failed are tried again by the next call.

    Args:
        collection: A collection, or its folder.
        out: The study's folder: new, empty, or of the same study.
        recipe: What to compare.
        cache: Folder of cached features; by default `MORELLI_CACHE` or the user's cache folder.
        workers: Threads for decoding and features; by default one a core.
        progress: Hears how far it is.

    Returns:
        The finished study; its `failed` says how many trials failed.

    Raises:
        UserError: If the collection, the recipe or the folder cannot be used, or all trials fail.
    """
    recipe, out = recipe or StudyRecipe(), Path(out)
    if not isinstance(collection, Collection):
        collection = open_collection(collection)
    folders.begin(out, collection, recipe)
    there = _finished(out, recipe)
    if there is not None:
        return there
    ready = Ready(collection, out, machine_of(cache, workers, progress))
    while there is None:
        if recipe.search == "tpe":
            _search(out, recipe, ready)
        else:
            _grid(out, recipe, ready)
        there = _ended(out, recipe, ready)
    return there


def _finished(out: Path, recipe: StudyRecipe) -> Study | None:
    """Return a study that needs nothing more; make way for trials that shall be tried again."""
    with alone(out):
        if folders.STUDY_FOLDER.is_finished(out):
            there = open_study(out)
            if not there.failed or recipe.search == "tpe":
                return there
            folders.STUDY_FOLDER.reopen(out)
        if recipe.search == "grid":
            _retry_failed(out, list(_stacks(recipe.settings(), recipe.seeds)))
    return None


def _ended(out: Path, recipe: StudyRecipe, ready: Ready) -> Study | None:
    """End a study, the first process that comes here for all; None if trials are missing again."""
    with alone(out):
        if not folders.STUDY_FOLDER.is_finished(out):
            if recipe.search == "grid" and _lacking(out, range(len(recipe.settings()))):
                return None
            conclude(out, recipe, ready)
            folders.finish(out)
            write_study_report(open_study(out))
        return open_study(out)


def _grid(out: Path, recipe: StudyRecipe, ready: Ready) -> None:
    """Train the stacks of a grid that no living process is at work on, until all are there."""
    settings = recipe.settings()
    stacks = list(_stacks(settings, recipe.seeds))
    while True:
        missing = [stack for stack in stacks if _lacking(out, stack)]
        done = len(settings) - sum(len(_lacking(out, stack)) for stack in missing)
        ready.machine.progress.step("settings", done, len(settings), "settings")
        if not missing:
            return
        if not any(_train_stack(out, stack, recipe, ready) for stack in missing):
            time.sleep(WAIT)


def _stacks(settings: Sequence[Recipe], seeds: int) -> Iterator[list[int]]:
    """Deal settings, by number, to stacks of one network and one shape."""
    by_shape: dict[Recipe, list[int]] = {}
    for number, each in enumerate(settings):
        shape = replace(each, dropout=0.0, lr=1.0, weight_decay=0.0, label_smoothing=0.0)
        by_shape.setdefault(shape, []).append(number)
    size = max(1, SIDE_BY_SIDE // seeds)
    for numbers in by_shape.values():
        for start in range(0, len(numbers), size):
            yield numbers[start : start + size]


def _lacking(out: Path, stack: Sequence[int]) -> list[int]:
    return [number for number in stack if not trial_path(out, number).is_file()]


def _retry_failed(out: Path, stacks: Sequence[Sequence[int]]) -> None:
    for stack in stacks:
        lock = claim(out, f"stack-{stack[0]}")
        if lock is None:
            continue  # another process is at work on it
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
        numbers = _lacking(out, stack)
        if numbers:
            for trial in _trained(numbers, recipe, ready):
                write_trial(out, trial)
                ready.machine.progress.note(described(trial))
    finally:
        lock.release()
    return True


def _trained(numbers: Sequence[int], recipe: StudyRecipe, ready: Ready) -> list[Trial]:
    """Train settings side by side; what goes wrong is the trials' end, not the study's."""
    settings = [recipe.settings()[number] for number in numbers]
    try:
        fits = list(fit_settings(settings, recipe.seeds, ready))[-1]
        return [
            ended(number, setting, each, ready, state=DONE, tested=bool(recipe.rows))
            for number, setting, each in zip(numbers, settings, fits, strict=True)
        ]
    except BadFolder:  # no room for the cache or the study: no trial's fault
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told, and the rest go on
        return [
            Trial(number, setting, FAILED, error=_reason(error))
            for number, setting in zip(numbers, settings, strict=True)
        ]


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _search(out: Path, recipe: StudyRecipe, ready: Ready) -> None:
    """Try settings one after another, beside other processes, until all trials have ended."""
    from morelli.studies.search import Search, storing

    with storing(out):
        _share(Search(out, recipe), out, recipe, ready)


def _share(search: "Search", out: Path, recipe: StudyRecipe, ready: Ready) -> None:
    while not search.over:
        ready.machine.progress.step("trials", search.ended, recipe.trials, "trials")
        with search.take() as taken:
            if taken is None:
                time.sleep(WAIT)
                continue
            trial = _tried(taken, recipe.seeds, ready)
            write_trial(out, trial)
            taken.end(trial)
        ready.machine.progress.note(described(trial))
    ready.machine.progress.step("trials", search.ended, recipe.trials, "trials")


def _tried(taken: "Taken", seeds: int, ready: Ready) -> Trial:
    """Train the heads of one trial of a search, unless it falls behind."""
    setting, state = taken.recipe, DONE
    try:
        for epoch, (fits,) in enumerate(fit_settings([setting], seeds, ready), start=1):
            if any(fit.error for fit in fits):
                break
            if taken.behind(epoch, fmean(fit.best.val_accuracy for fit in fits)):
                state = PRUNED
                break
        return ended(taken.number, setting, fits, ready, state=state, tested=False)
    except BadFolder:
        raise
    except Exception as error:  # noqa: BLE001  # as above
        return Trial(taken.number, setting, FAILED, error=_reason(error))


def described(trial: Trial) -> str:
    """Return a line that tells how a trial ended."""
    settings = (
        f"{trial.recipe.backbone}, dropout {trial.recipe.dropout:.3g}, lr {trial.recipe.lr:.3g}"
    )
    if trial.state == FAILED:
        return f"Trial {trial.number}: {settings}: failed: {trial.error}"
    given_up = ", given up" if trial.state == PRUNED else ""
    best = max(head.best_epoch for head in trial.heads)
    return (
        f"Trial {trial.number}: {settings}: val accuracy {trial.val_accuracy:.4f} "
        f"at epoch {best}{given_up}"
    )
