"""Morelli tells who painted a picture.

It learns from a collection of artworks who made a work, in which genre and style. Everything that
the command line does is one call here:

    morelli.describe(source)            what a source holds
    morelli.ingest(source, folder)      a collection of chosen works
    morelli.train(collection, folder)   a run: its figures and its classifier
    morelli.load(run).attribute(image)  who made this?
"""

from typing import TYPE_CHECKING, Any

from morelli._version import __version__
from morelli.errors import UserError

if TYPE_CHECKING:
    from morelli.classifier import Attribution, Classifier
    from morelli.data.collection import Collection, open_collection
    from morelli.data.describe import Description, describe
    from morelli.data.ingest import ingest, ingest_many
    from morelli.data.selection import Selection
    from morelli.runs.demo import demo
    from morelli.runs.folder import Run, load, open_run
    from morelli.runs.run import train_run as train
    from morelli.training.recipe import RECIPES, Recipe, read_recipe
    from morelli.training.summary import Summary, summary

__all__ = [
    "RECIPES",
    "Attribution",
    "Classifier",
    "Collection",
    "Description",
    "Recipe",
    "Run",
    "Selection",
    "Summary",
    "UserError",
    "__version__",
    "demo",
    "describe",
    "ingest",
    "ingest_many",
    "load",
    "open_collection",
    "open_run",
    "read_recipe",
    "summary",
    "train",
]

_HOMES = {
    "RECIPES": "training.recipe",
    "Attribution": "classifier",
    "Classifier": "classifier",
    "Collection": "data.collection",
    "Description": "data.describe",
    "Recipe": "training.recipe",
    "Run": "runs.folder",
    "Selection": "data.selection",
    "Summary": "training.summary",
    "demo": "runs.demo",
    "describe": "data.describe",
    "ingest": "data.ingest",
    "ingest_many": "data.ingest",
    "load": "runs.folder",
    "open_collection": "data.collection",
    "open_run": "runs.folder",
    "read_recipe": "training.recipe",
    "summary": "training.summary",
    "train": "runs.run:train_run",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import morelli` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'morelli' has no attribute {name!r}")
    from importlib import import_module

    home, _, inside = _HOMES[name].partition(":")
    value = getattr(import_module(f"morelli.{home}"), inside or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
