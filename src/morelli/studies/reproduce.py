"""The study that Morelli grew from, again: its artists, its subset, its networks, by one call."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from morelli.data.collection import Collection
from morelli.data.ingest import ingest_many
from morelli.data.records import read_record, write_record
from morelli.data.selection import Selection
from morelli.data.sources.open import open_source
from morelli.data.sources.reading import reading_of
from morelli.data.sources.source import Labels, Source
from morelli.errors import BadFolder, writing
from morelli.features.backbones import find_backbone
from morelli.features.weights import RANDOM, load_backbone
from morelli.machine import Machine, machine_of
from morelli.markup import counted
from morelli.progress import Progress, Silent
from morelli.runs.folder import RUN_FOLDER
from morelli.runs.prepare import works_of
from morelli.runs.train import train_run
from morelli.studies.named_studies import STUDIES
from morelli.studies.recipe import StudyRecipe
from morelli.studies.reproduction import (
    BEGUN,
    REPRODUCTION_FOLDER,
    SUBSETS,
    Reproduction,
    ReproductionSettings,
    finish_reproduction,
    open_reproduction,
)
from morelli.studies.reproduction_page import write_reproduction_report
from morelli.studies.study import study
from morelli.training.named_recipes import RECIPES
from morelli.training.recipe import Recipe

WIKIART = "hub:huggan/wikiart"

SUBSET = (5000, 1667, 1667)
"""Works of train, val and test in the study's sampled subset; its rounding rule gives others."""


def reproduce(
    out: str | Path,
    source: str | Path | Source = WIKIART,
    *,
    weights: str = "",
    views: int = 7,
    sample: int = sum(SUBSET),
    cache: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Reproduction:
    """Reproduce the study: ingest in one pass, its rows, its grid, its subset, and a report.

    Killed at any moment and called again, it goes on where it was.

    Args:
        out: Folder of all that is made.
        source: WikiArt on the Hub, or another source of its form.
        weights: As in a recipe, for all three networks.
        views: Random views of each training work, for the slides' rows and the subset.
        sample: Works of the subset; all if the source has fewer.
        cache: Folder of cached features; by default `MORELLI_CACHE` or the user's cache folder.
        workers: Threads; by default one a core.
        progress: Hears how far it is.

    Raises:
        UserError: If the source, the weights or the folder cannot be used.
    """
    out, progress = Path(out), progress or Silent()
    if isinstance(source, str | Path):
        source = open_source(source)
    _check_weights(weights)
    labels = source.labels(progress)
    selections = _selections(out, source, labels, sample, progress)
    settings = ReproductionSettings(
        REPRODUCTION_FOLDER.format, source.about, weights, views, sample
    )
    _begin(out, settings)
    collections = ingest_many(source, selections, workers=workers, progress=progress)
    _train_all(out, settings, collections, machine_of(cache, workers, progress))
    finish_reproduction(out, settings)
    reproduction = open_reproduction(out)
    write_reproduction_report(reproduction)
    return reproduction


def _train_all(
    out: Path, settings: ReproductionSettings, collections: Sequence[Collection], machine: Machine
) -> None:
    """Train the studies of the four artists and the runs on the subset, but for those finished."""
    four, *subsets = collections
    cache, workers, progress = machine.cache, machine.workers, machine.progress
    weights, views = settings.weights, settings.views
    for name in ("slides", "grid"):
        recipe = _study_recipe(name, weights, views)
        study(four, out / name, recipe, cache=cache, workers=workers, progress=progress)
    for name, subset in zip(SUBSETS, subsets, strict=True):
        if not RUN_FOLDER.is_finished(out / name):
            own = _subset_recipe(subset, weights, views)
            train_run(subset, out / name, own, cache=cache, workers=workers, progress=progress)


def _check_weights(weights: str) -> None:
    """Refuse weights that are missing or do not fit, before anything travels."""
    if weights != RANDOM:
        for name in STUDIES["wikiart-four-grid"].backbones:
            _ = load_backbone(find_backbone(name), weights or None).network


def _selections(
    out: Path, source: Source, labels: Labels, sample: int, progress: Progress
) -> Mapping[Path, Selection]:
    """Return what is chosen for each collection; the subset is as large as the source allows."""
    four = Selection(top=4)
    reading_of(source, labels, four)  # refuses a source of fewer artists
    selections = {out / "collections" / "four": four}
    for name, unknown in SUBSETS.items():
        every = Selection(include_unknown=unknown)
        works, chosen = reading_of(source, labels, every).works, replace(every, sample=sample)
        if works < sample:
            progress.note(f"{name}: {counted(works, 'work')}, fewer than {sample:,}; all are taken")
            chosen = every
        selections[out / "collections" / name] = chosen
    return selections


def _study_recipe(name: str, weights: str, views: int) -> StudyRecipe:
    known = STUDIES[f"wikiart-four-{name}"]
    base = replace(known.base, weights=weights)
    return replace(known, base=replace(base, views=views) if base.views else base)


def _subset_recipe(collection: Collection, weights: str, views: int) -> Recipe:
    """Return the recipe of the slides' run on their subset, with their split where it fits."""
    recipe = replace(
        RECIPES["study"], weights=weights, views=min(views, 5), dropout=0.4, lr=1e-4, epochs=5
    )
    spare = len(works_of(collection, recipe)) - sum(SUBSET)
    if spare > 0 or spare < -0.01 * sum(SUBSET):
        return recipe
    train, val, test = SUBSET  # a few works may have been unusable; train goes without them
    return replace(recipe, counts=(train + spare, val, test))


def _begin(out: Path, settings: ReproductionSettings) -> None:
    """Make the folder, or take one in which the same was begun."""
    REPRODUCTION_FOLDER.claim(out)
    path = out / BEGUN
    if not path.is_file():
        with writing(out):
            write_record(path, settings)
        return
    try:
        begun = read_record(path, ReproductionSettings)
    except BadFolder:
        raise BadFolder(f"{path} is damaged; choose a new folder") from None
    differing = [key for key, value in vars(settings).items() if getattr(begun, key) != value]
    pinned = begun.source.get("revision")
    if differing == ["source"] and {**settings.source, "revision": pinned} == begun.source:
        raise BadFolder(
            f"{out} was begun at another revision of the data set; "
            f"to go on with it, add @{pinned} to the source"
        )
    if differing:
        raise BadFolder(
            f"{out} holds another reproduction (its {', '.join(differing)} differ); "
            "choose a new folder"
        )
