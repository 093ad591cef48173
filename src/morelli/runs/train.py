"""From a collection and a recipe to a run: features, head, predictions, figures."""

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from morelli.classifier import Classifier
from morelli.data.aside import aside, write_text
from morelli.data.collection import Collection, open_collection
from morelli.data.splits import SPLITS
from morelli.errors import writing
from morelli.evaluation.calibration import Scaling, calibration_of, tempered
from morelli.evaluation.metrics import commonest, measure
from morelli.evidence.grounds import keep_grounds, known_of
from morelli.machine import Machine, machine_of
from morelli.progress import Progress
from morelli.reporting.plots import confusion_counts, confusion_figure, save_svg
from morelli.reporting.table import as_csv
from morelli.runs import folder as folders
from morelli.runs.about import Seconds, about_of
from morelli.runs.folder import Run, open_run
from morelli.runs.heads import classifier_of, fit_head
from morelli.runs.page import write_run_report
from morelli.runs.predictions import Predictions, write_predictions, write_strangers
from morelli.runs.prepare import Features, Prepared, otherwise_features, prepare
from morelli.runs.results import Otherwise, Results, figure_rows, write_results
from morelli.runs.strangers import Strangers, none_of_these, strangers_among, tried_on
from morelli.saved import save_classifier
from morelli.training.named_recipes import write_recipe
from morelli.training.recipe import Recipe


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
    prepared = prepare(collection, recipe, machine)
    extracted = time.perf_counter()
    head, fits = fit_head(prepared, recipe, out / folders.EPOCHS, machine.progress)
    trained = time.perf_counter()
    classifier = classifier_of(collection, prepared, recipe, head)
    another = otherwise_features(collection, prepared, machine)
    strangers = tried_on(classifier, *strange, machine) if strange else None
    with writing(out):
        _write_figures(out, prepared, classifier, another, strangers)
    save_classifier(out / folders.CLASSIFIER, classifier)
    _keep_grounds(out, collection, prepared, classifier, seed=recipe.seed, machine=machine)
    seconds = Seconds(
        features=round(extracted - started, 3),
        training=round(trained - extracted, 3),
        all=round(time.perf_counter() - started, 3),
    )
    best_epochs = tuple(fit.best.number for fit in fits)
    folder = None if strangers is None else str(strangers.folder.resolve())
    folders.finish(out, about_of(collection, prepared, best_epochs, folder, seconds))
    run = open_run(out)
    write_run_report(run)
    return run


def _keep_grounds(
    out: Path,
    collection: Collection,
    prepared: Prepared,
    classifier: Classifier,
    *,
    seed: int,
    machine: Machine,
) -> None:
    """Keep beside a run's classifier what evidence is drawn from."""
    works, train = prepared.works, prepared.of("train")
    known = known_of(works.take(train), prepared.fixed[train])
    val = works.take(prepared.of("val"))
    keep_grounds(
        out / folders.CLASSIFIER, collection, known, val, classifier, seed=seed, machine=machine
    )


def _write_figures(
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
    predictions = _predictions(prepared, classifier)
    write_predictions(out / folders.PREDICTIONS, predictions)
    if strangers is not None:
        write_strangers(out / folders.STRANGERS, strangers.predictions)
    results = results_of(predictions, classifier, classifier.log_probabilities(another), strangers)
    write_results(out / folders.METRICS, results)
    write_text(out / folders.TABLE, as_csv(list(figure_rows(results))))
    _draw_confusion(out, predictions.of("test"))


def _predictions(prepared: Prepared, classifier: Classifier) -> Predictions:
    """Return what a classifier predicts of all works that it was made from."""
    works, judged = prepared.works, classifier.judge(prepared.fixed)
    return Predictions(
        class_names=works.class_names,
        ids=works.ids,
        shards=works.shards,
        rows=works.rows,
        labels=works.labels,
        label_names=works.class_names,
        log_probabilities=judged.log_probabilities,
        strangeness=judged.strangeness,
        splits=np.array([SPLITS[side] if side >= 0 else "" for side in prepared.sides], np.str_),
    )


def results_of(
    predictions: Predictions,
    classifier: Classifier,
    otherwise: npt.NDArray[np.float32],
    strangers: Strangers | None,
) -> Results:
    """Measure predictions.

    Args:
        predictions: Of all works.
        classifier: What made them.
        otherwise: (test, classes) log-probabilities of the test works photographed otherwise.
        strangers: Works of unknown makers, if there are any.
    """
    names, majority = predictions.class_names, commonest(predictions.of("train").labels)
    own = {split: predictions.of(split) for split in SPLITS}
    test = own["test"]
    photographed = measure(test.labels, otherwise, names, majority)
    raw = tempered(test.log_probabilities, 1 / classifier.temperature)
    return Results(
        splits={
            split: measure(part.labels, part.log_probabilities, names, majority)
            for split, part in own.items()
        },
        otherwise=Otherwise(
            photographed.accuracy, photographed.accuracy_interval, photographed.macro_f1
        ),
        calibration=Scaling(
            classifier.temperature,
            before=calibration_of(raw, test.labels),
            after=calibration_of(test.log_probabilities, test.labels),
        ),
        none_of_these=none_of_these(
            test.strangeness, float(classifier.strangeness.limit[0]), strangers
        ),
    )


def _draw_confusion(out: Path, test: Predictions) -> None:
    title = f"Test works, accuracy {(test.predicted == test.labels).mean():.3f}"
    counts = confusion_counts(test.labels, test.predicted, len(test.class_names))
    figure = confusion_figure(counts, test.class_names, title)
    with aside(out / folders.CONFUSION) as partial:
        save_svg(figure, partial, f"Confusion matrix. {title}")
