"""Morelli tells who painted a picture.

It learns from a collection of artworks who made a work, in which genre and style. Everything that
the command line does is one call here:

    morelli.describe(source)            what a source holds
    morelli.ingest(source, folder)      a collection of chosen works
    morelli.audit_collection(collection, folder)        is it fit to learn from?
    morelli.clean_collection(collection, folder, audit) one copy of each work
    morelli.train(collection, folder)   a run: its figures and its classifier
    morelli.load(run).attribute(image)  who made this?
    morelli.explain(run, image)         what speaks for that, and against it
    morelli.study(collection, folder)   networks and settings compared; the best tested
    morelli.compare(runs, folder)       runs compared in pairs, beyond chance or not
    morelli.reproduce(folder)           the study that Morelli grew from
    morelli.report(folder)              the report of any of these, made anew
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
    from morelli.runs.audit import Audit, open_audit
    from morelli.runs.audit import audit as audit_collection
    from morelli.runs.cleaned import Cleaned
    from morelli.runs.cleaned import clean as clean_collection
    from morelli.runs.compared import Comparison
    from morelli.runs.comparison import compare, open_comparison
    from morelli.runs.demo import demo
    from morelli.runs.evidence import Evidence
    from morelli.runs.explain import explain
    from morelli.runs.folder import Run, load, open_run
    from morelli.runs.grounds import grounds_of
    from morelli.runs.reports import write_report_of as report
    from morelli.runs.reproduce import Reproduction, reproduce
    from morelli.runs.run import train_run as train
    from morelli.runs.study import study
    from morelli.runs.study_folder import Study, open_study
    from morelli.runs.study_recipe import STUDIES, StudyRecipe, read_study_recipe
    from morelli.runs.trackers import track
    from morelli.training.recipe import RECIPES, Recipe, read_recipe
    from morelli.training.summary import Summary, summary

__all__ = [
    "RECIPES",
    "STUDIES",
    "Attribution",
    "Audit",
    "Classifier",
    "Cleaned",
    "Collection",
    "Comparison",
    "Description",
    "Evidence",
    "Recipe",
    "Reproduction",
    "Run",
    "Selection",
    "Study",
    "StudyRecipe",
    "Summary",
    "UserError",
    "__version__",
    "audit_collection",
    "clean_collection",
    "compare",
    "demo",
    "describe",
    "explain",
    "grounds_of",
    "ingest",
    "ingest_many",
    "load",
    "open_audit",
    "open_collection",
    "open_comparison",
    "open_run",
    "open_study",
    "read_recipe",
    "read_study_recipe",
    "report",
    "reproduce",
    "study",
    "summary",
    "track",
    "train",
]

_HOMES = {
    "RECIPES": "training.recipe",
    "STUDIES": "runs.study_recipe",
    "Attribution": "classifier",
    "Audit": "runs.audit",
    "Classifier": "classifier",
    "Cleaned": "runs.cleaned",
    "Collection": "data.collection",
    "Comparison": "runs.compared",
    "Description": "data.describe",
    "Evidence": "runs.evidence",
    "Recipe": "training.recipe",
    "Reproduction": "runs.reproduce",
    "Run": "runs.folder",
    "Selection": "data.selection",
    "Study": "runs.study_folder",
    "StudyRecipe": "runs.study_recipe",
    "Summary": "training.summary",
    "audit_collection": "runs.audit:audit",
    "clean_collection": "runs.cleaned:clean",
    "compare": "runs.comparison",
    "demo": "runs.demo",
    "describe": "data.describe",
    "explain": "runs.explain",
    "grounds_of": "runs.grounds",
    "ingest": "data.ingest",
    "ingest_many": "data.ingest",
    "load": "runs.folder",
    "open_audit": "runs.audit",
    "open_collection": "data.collection",
    "open_comparison": "runs.comparison",
    "open_run": "runs.folder",
    "open_study": "runs.study_folder",
    "read_recipe": "training.recipe",
    "read_study_recipe": "runs.study_recipe",
    "report": "runs.reports:write_report_of",
    "reproduce": "runs.reproduce",
    "study": "runs.study",
    "summary": "training.summary",
    "track": "runs.trackers",
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
