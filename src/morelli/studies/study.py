"""Compare networks and settings on one collection: features once, heads side by side."""

from pathlib import Path

from morelli.data.collection import Collection, open_collection
from morelli.machine import machine_of
from morelli.progress import Progress
from morelli.studies.folder import STUDY_FOLDER, Study, begin, finish, open_study, write_results
from morelli.studies.grid_training import missing_of, retry_failed, train_grid
from morelli.studies.page import write_study_report
from morelli.studies.recipe import StudyRecipe
from morelli.studies.results import study_results
from morelli.studies.side_by_side import Ready
from morelli.studies.trials import alone


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
    begin(out, collection, recipe)
    finished = _finished(out, recipe)
    if finished is not None:
        return finished
    ready = Ready(collection, out, machine_of(cache, workers, progress))
    while finished is None:
        _train(out, recipe, ready)
        finished = _end(out, recipe, ready)
    return finished


def _finished(out: Path, recipe: StudyRecipe) -> Study | None:
    """Return a study that needs nothing more; make way for trials that shall be tried again."""
    with alone(out):
        if STUDY_FOLDER.is_finished(out):
            finished = open_study(out)
            if not finished.failed or recipe.search == "tpe":
                return finished
            STUDY_FOLDER.reopen(out)
        if recipe.search == "grid":
            retry_failed(out, recipe)
    return None


def _train(out: Path, recipe: StudyRecipe, ready: Ready) -> None:
    if recipe.search == "grid":
        train_grid(out, recipe, ready)
        return
    from morelli.studies.search_training import train_searched  # Optuna takes a second to import

    train_searched(out, recipe, ready)


def _end(out: Path, recipe: StudyRecipe, ready: Ready) -> Study | None:
    """End a study, the first process that comes here for all; None if trials are missing again."""
    with alone(out):
        if not STUDY_FOLDER.is_finished(out):
            if recipe.search == "grid" and missing_of(out, range(len(recipe.settings()))):
                return None
            write_results(out, study_results(out, recipe, ready))
            finish(out)
            write_study_report(open_study(out))
        return open_study(out)
