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
    from morelli.audit.audit import audit as audit_collection
    from morelli.audit.cleaning import Cleaned
    from morelli.audit.cleaning import clean as clean_collection
    from morelli.audit.folder import Audit, open_audit
    from morelli.classifier import Attribution, Classifier
    from morelli.comparisons.compare import compare
    from morelli.comparisons.comparison import Comparison
    from morelli.comparisons.folder import open_comparison
    from morelli.data.collection import Collection, open_collection
    from morelli.data.ingest import ingest, ingest_many
    from morelli.data.selection import Selection
    from morelli.data.sources.describe import Description, describe
    from morelli.evidence.gather import Evidence
    from morelli.invented.demo import demo
    from morelli.reports import write_report_of as report
    from morelli.runs.explain import explain, grounds_of
    from morelli.runs.folder import Run, load, open_run
    from morelli.runs.train import train_run as train
    from morelli.studies.folder import Study, open_study
    from morelli.studies.named_studies import STUDIES, read_study_recipe
    from morelli.studies.recipe import StudyRecipe
    from morelli.studies.reproduce import reproduce
    from morelli.studies.reproduction import Reproduction
    from morelli.studies.study import study
    from morelli.studies.trackers import track
    from morelli.training.named_recipes import RECIPES, read_recipe
    from morelli.training.recipe import Recipe
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
    "RECIPES": "training.named_recipes",
    "STUDIES": "studies.named_studies",
    "Attribution": "classifier",
    "Audit": "audit.folder",
    "Classifier": "classifier",
    "Cleaned": "audit.cleaning",
    "Collection": "data.collection",
    "Comparison": "comparisons.comparison",
    "Description": "data.sources.describe",
    "Evidence": "evidence.gather",
    "Recipe": "training.recipe",
    "Reproduction": "studies.reproduction",
    "Run": "runs.folder",
    "Selection": "data.selection",
    "Study": "studies.folder",
    "StudyRecipe": "studies.recipe",
    "Summary": "training.summary",
    "audit_collection": "audit.audit:audit",
    "clean_collection": "audit.cleaning:clean",
    "compare": "comparisons.compare",
    "demo": "invented.demo",
    "describe": "data.sources.describe",
    "explain": "runs.explain",
    "grounds_of": "runs.explain",
    "ingest": "data.ingest",
    "ingest_many": "data.ingest",
    "load": "runs.folder",
    "open_audit": "audit.folder",
    "open_collection": "data.collection",
    "open_comparison": "comparisons.folder",
    "open_run": "runs.folder",
    "open_study": "studies.folder",
    "read_recipe": "training.named_recipes",
    "read_study_recipe": "studies.named_studies",
    "report": "reports:write_report_of",
    "reproduce": "studies.reproduce",
    "study": "studies.study",
    "summary": "training.summary",
    "track": "studies.trackers",
    "train": "runs.train:train_run",
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
