"""From a collection and a recipe to a run: features, head, predictions, figures."""

import importlib
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from morelli._version import __version__
from morelli.classifier import Classifier
from morelli.data.aside import aside, write_text
from morelli.data.collection import Collection, open_collection
from morelli.data.splits import SPLITS
from morelli.errors import writing
from morelli.evaluation.calibration import calibration_of, tempered
from morelli.evaluation.metrics import Metrics, measure
from morelli.evidence.grounds import keep_grounds, known_of
from morelli.machine import machine_of
from morelli.progress import Progress
from morelli.reporting.plots import confusion_counts, confusion_figure, save_svg
from morelli.reporting.table import as_csv
from morelli.runs import folder as folders
from morelli.runs.folder import Run, open_run
from morelli.runs.heads import classifier_of, fit_head
from morelli.runs.page import write_run_report
from morelli.runs.prepare import Features, Prepared, otherwise_features, prepare, works_digest
from morelli.runs.strangers import (
    Strangers,
    none_of_these,
    strangers_among,
    strangers_table,
    tried_on,
)
from morelli.saved import save_classifier
from morelli.training.loop import Epoch
from morelli.training.recipe import Recipe
from morelli.training.recipes import write_recipe

PACKAGES = ("torch", "torchvision", "numpy", "pillow", "pyarrow", "safetensors", "scikit-learn")
"""Packages whose versions a run notes down."""

LATER = ("scipy.stats", "sklearn.metrics", "matplotlib.figure")
"""What measuring and drawing import, which takes a second."""


def train_run(
    collection: str | Path | Collection,
    out: str | Path,
    recipe: Recipe | None = None,
    *,
    unknown: str | Path | Collection | None = None,
    cache: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Train a classifier from a collection and write the run's folder.

    Args:
        collection: A collection, or its folder.
        out: The run's folder, new, empty, or of a run that was not finished.
        recipe: How; by default Morelli's own recipe.
        unknown: A collection, or its folder, on whose works by other makers than the classifier's
            declining is tried; nothing is learned from them.
        cache: Folder of cached features; by default `MORELLI_CACHE` or the user's cache folder.
        workers: Threads for decoding and features; by default one a core.
        progress: Hears how far it is, and each epoch's line.

    Raises:
        UserError: If the collection, the recipe, the weights or the folder cannot be used.
    """
    recipe, out, machine = recipe or Recipe(), Path(out), machine_of(cache, workers, progress)
    if not isinstance(collection, Collection):
        collection = open_collection(collection)
    started = time.perf_counter()
    strange = None if unknown is None else strangers_among(unknown, collection, recipe)
    folders.open_for_writing(out)
    with writing(out):
        write_recipe(out / folders.RECIPE, recipe)
    ahead = Thread(target=_import_ahead, daemon=True)
    ahead.start()
    prepared = prepare(collection, recipe, machine)
    extracted = time.perf_counter()
    head, best = fit_head(prepared, recipe, out / folders.EPOCHS, machine.progress)
    ahead.join()  # two threads that import parts of one package can find it half made
    classifier = classifier_of(collection, prepared, recipe, head)
    another = otherwise_features(collection, prepared, machine)
    strangers = tried_on(classifier, *strange, machine) if strange else None
    with writing(out):
        _write_results(out, prepared, classifier, another, strangers)
    save_classifier(out / folders.CLASSIFIER, classifier)
    works, train = prepared.works, prepared.of("train")
    keep_grounds(
        out / folders.CLASSIFIER,
        collection,
        known_of(works.take(train), prepared.fixed[train]),
        works.take(prepared.of("val")),
        classifier,
        seed=recipe.seed,
        machine=machine,
    )
    about = _about(collection, prepared, best)
    about["unknown"] = None if strangers is None else str(strangers.folder.resolve())
    about["seconds"] = {
        "features": round(extracted - started, 3),
        "all": round(time.perf_counter() - started, 3),
    }
    folders.finish(out, about)
    run = open_run(out)
    write_run_report(run)
    return run


def _calibration(classifier: Classifier, told: Any, labels: Any) -> dict[str, Any]:
    """Return calibration before and after the classifier's temperature."""
    raw = tempered(told, 1 / classifier.temperature)
    return {
        "temperature": classifier.temperature,
        "before": calibration_of(raw, labels).as_dict(),
        "after": calibration_of(told, labels).as_dict(),
    }


def _import_ahead() -> None:
    """Import beside the extraction and the training what comes after them."""
    for name in LATER:
        importlib.import_module(name)


def _write_results(
    out: Path,
    prepared: Prepared,
    classifier: Classifier,
    another: Features,
    strangers: Strangers | None,
) -> None:
    """Write predictions, metrics and the confusion matrix of test.

    Args:
        out: The run's folder.
        prepared: What the head was trained on.
        classifier: The classifier.
        another: (test, d) features of the test works photographed otherwise.
        strangers: Works of unknown makers, if declining is tried on any.
    """
    told = classifier.log_probabilities(prepared.fixed)
    scores = classifier.strangeness_of(prepared.fixed)
    names, labels = prepared.works.class_names, prepared.works.labels
    with aside(out / folders.PREDICTIONS) as partial:
        pq.write_table(_prediction_table(prepared, told, scores), partial)
    commonest = int(np.bincount(labels[prepared.of("train")]).argmax())
    metrics: dict[str, Metrics] = {}
    for name in SPLITS:
        there = prepared.of(name)
        metrics[name] = measure(labels[there], told[there], names, commonest)
    figures = {name: each.as_dict() for name, each in metrics.items()}
    tested = prepared.of("test")
    seen = measure(labels[tested], classifier.log_probabilities(another), names, commonest)
    figures["test"]["otherwise"] = {key: seen.as_dict()[key] for key in _OTHERWISE}
    figures["test"]["calibration"] = _calibration(classifier, told[tested], labels[tested])
    limit = float(classifier.strangeness.limit[0])
    figures["test"]["none_of_these"] = none_of_these(scores[tested], limit, strangers)
    if strangers is not None:
        with aside(out / folders.STRANGERS) as partial:
            pq.write_table(strangers_table(strangers, names), partial)
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    write_text(out / folders.METRICS, text + "\n")
    write_text(out / folders.TABLE, as_csv(_figure_rows(figures)))
    _draw_confusion(out, labels[tested], told[tested], names)


def _draw_confusion(out: Path, labels: Any, told: Any, names: tuple[str, ...]) -> None:
    answers = told.argmax(axis=1)
    title = f"Test works, accuracy {(answers == labels).mean():.3f}"
    counts = confusion_counts(labels, answers, len(names))
    with aside(out / folders.CONFUSION) as partial:
        save_svg(confusion_figure(counts, names, title), partial, f"Confusion matrix. {title}")


def _figure_rows(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each split and a row for each of its classes."""
    rows: list[dict[str, Any]] = []
    for name, each in figures.items():
        low, high = each["accuracy_interval"]
        whole = {key: value for key, value in each.items() if key not in _NESTED}
        rows.append({"split": name, "class": ""} | whole | {"low": low, "high": high})
        rows += [{"split": name, "class": label} | of for label, of in each["classes"].items()]
    return rows


_NESTED = ("accuracy_interval", "classes", "calibration", "otherwise", "none_of_these")
"""Figures that are no single number."""

_OTHERWISE = ("accuracy", "accuracy_interval", "macro_f1")
"""Figures of test works photographed otherwise."""


def _prediction_table(prepared: Prepared, told: Any, scores: Any) -> pa.Table:
    """Return a row for each work: work, split, true label, log-probabilities, strangeness."""
    works = prepared.works
    sides = [SPLITS[side] if side >= 0 else None for side in prepared.sides.tolist()]
    return pa.table(
        {
            "work_id": works.ids.tolist(),
            "shard": works.shards,
            "row": works.rows,
            "split": sides,
            "label": works.labels,
            "log_probabilities": pa.FixedSizeListArray.from_arrays(told.ravel(), told.shape[1]),
            "strangeness": scores,
        },
        metadata={"class_names": json.dumps(list(works.class_names), ensure_ascii=False)},
    )


def _about(collection: Collection, prepared: Prepared, best: Epoch) -> dict[str, Any]:
    """Return what went into a run: versions, hashes and counts."""
    works, using = prepared.works, prepared.using
    return {
        "morelli": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "collection": {
            "folder": str(collection.folder.resolve()),
            "source": collection.source,
            "works": works_digest(works),
        },
        "backbone": {
            "name": using.name,
            "origin": using.origin,
            "digest": using.digest,
        },
        "device": using.device,
        "number_format": using.number_format,
        "split": {name: len(prepared.of(name)) for name in SPLITS},
        "best_epoch": best.number,
        "extracted": prepared.extracted,
    }
