"""A study and a run of fixed values, the same on every machine; their collection is nowhere."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from morelli.classifier import HeadShape
from morelli.data.records import write_record
from morelli.evaluation.calibration import Calibration, Reliability, Scaling
from morelli.evaluation.declining import NoneOfThese
from morelli.evaluation.metrics import ClassMetrics, Metrics
from morelli.runs.about import About, LearnedFrom, Seconds
from morelli.runs.folder import CLASSIFIER, METRICS, PREDICTIONS, RECIPE, Run, finish, open_run
from morelli.runs.predictions import Predictions, write_predictions
from morelli.runs.results import Otherwise, Results, write_results
from morelli.saved import SETTINGS, ClassifierSettings, Network
from morelli.studies.conclusion import conclusion_of
from morelli.studies.figures import (
    ChosenFigures,
    Cost,
    SeedFigures,
    SettingFigures,
    SplitFigures,
    StudyResults,
)
from morelli.studies.folder import CHOSEN, Study
from morelli.studies.recipe import Row, StudyRecipe
from morelli.studies.trials import (
    DONE,
    FAILED,
    PRUNED,
    Head,
    Predicted,
    Trial,
    open_folders,
    write_trial,
)
from morelli.training.loop import Epoch
from morelli.training.named_recipes import RECIPES, write_recipe
from morelli.training.recipe import Recipe

NAMES = ("ilse-tamarin", "bram-verhoeck", "yuna-sorel")
WORKS = {"train": 120, "val": 40, "test": 40}
COLLECTION = "collections/of-three"
SOURCE = {"kind": "folder", "place": "paintings"}

CLASSES = dict(
    zip(
        NAMES,
        (
            ClassMetrics(0.75, 0.857, 14),
            ClassMetrics(0.7, 0.538, 13),
            ClassMetrics(0.714, 0.77, 13),
        ),
        strict=True,
    )
)
TEST = Metrics(0.725, (0.572, 0.839), 0.7125, None, 0.375, 40, CLASSES)
"""Of three classes, so that top-5 accuracy does not apply."""

GRID = StudyRecipe(
    backbones=("resnet18", "alexnet", "resnet50"),
    dropout=(0.5,),
    lr=(1e-3,),
    base=replace(RECIPES["plain"], weights="weights", batch=32, epochs=4),
)
ROWS = replace(
    GRID,
    rows=(
        Row("resnet18", 0.5, 1e-3, 4, published=0.6175, published_seconds=3001.7386),
        Row("resnet18", 0.5, 1e-3, 4, published=0.9),
        Row("alexnet", 0.5, 1e-3, 4, published_seconds=4546.2),
        Row("alexnet", 0.5, 1e-3, 4),
        Row("resnet50", 0.5, 1e-3, 4, published=0.8604),
    ),
)


def fixed_study(folder: Path, recipe: StudyRecipe = GRID) -> Study:
    """A study of three networks: one setting chosen, two compared, one given up, one failed.

    Where its recipe lists rows, those that did not fail were tested.
    """
    open_folders(folder)
    results = fixed_results()
    if recipe.rows:
        published = [listed.published for listed in recipe.rows]
        settings = zip(results.settings, published, strict=True)
        tested = tuple(replace(row, test=row.val, published=own) for row, own in settings)
        results = replace(results, settings=tested)
    for row in results.settings:
        write_trial(folder, fixed_trial(row, recipe.base))
    fixed_run(folder / CHOSEN, replace(recipe.base, dropout=0.5))
    results = replace(results, conclusion=conclusion_of(results))
    return Study(folder, recipe, LearnedFrom(COLLECTION, SOURCE, "0" * 64), results)


def fixed_results() -> StudyResults:
    """The figures of that study, none of whose settings were tested but the chosen one."""
    return StudyResults(
        works=WORKS,
        classes=3,
        majority={"val": 0.35, "test": 0.375},
        chosen=1,
        settings=(
            row(0, "resnet18", val=split(0.55, 0.398, 0.693, 0.5125), p=0.25),
            row(1, "resnet18", val=split(0.75, 0.598, 0.858, 0.7375)),
            row(2, "alexnet", val=split(0.7, 0.546, 0.819, 0.6875), p=0.75),
            row(3, "alexnet", val=split(0.3, 0.181, 0.454, 0.25), state=PRUNED),
            row(4, "resnet50", state=FAILED),
        ),
        test=ChosenFigures((SeedFigures(0, TEST),)),
        cost={
            "resnet18": Cost(2.5, 200, "torchvision", 1.25, 2, 8),
            "alexnet": Cost(1.5, 0, "torchvision", 1.0, 2, 7),
            "resnet50": Cost(),
        },
    )


def split(accuracy: float, low: float, high: float, macro_f1: float) -> SplitFigures:
    """What a setting of one seed comes to on a split."""
    return SplitFigures({"accuracy": accuracy, "macro_f1": macro_f1}, None, low, high)


def row(
    number: int,
    backbone: str,
    *,
    val: SplitFigures | None = None,
    p: float | None = None,
    state: str = DONE,
) -> SettingFigures:
    """A row of a study's table."""
    failed = val is None
    return SettingFigures(
        number=number,
        state=state,
        backbone=backbone,
        dropout=0.5,
        lr=1e-3,
        hidden=256,
        weight_decay=0.0,
        label_smoothing=0.1,
        epochs=4,
        seeds=0 if failed else 1,
        p=p,
        p_holm=None if p is None else min(1.0, 2 * p),
        error="it has no weights" if failed else "",
        best_epoch=None if failed else 3,
        val=val,
        val_loss=None if failed else 0.875,
    )


def fixed_trial(row: SettingFigures, base: Recipe) -> Trial:
    """The trial of a row; its epochs rise to its accuracy in the third and fall after it."""
    recipe = replace(base, backbone=row.backbone, dropout=row.dropout, lr=row.lr)
    if row.val is None:
        return Trial(row.number, recipe, row.state, error=row.error)
    accuracies = [row.val.accuracy + change for change in (-0.25, -0.125, 0.0, -0.0625)]
    epochs = tuple(
        Epoch(number, 1.0 / number, accuracy, 1.0, accuracy, 0.125)
        for number, accuracy in enumerate(accuracies, start=1)
    )
    val = Predicted((0,) * WORKS["val"], row.val.scores)
    head = Head(0, epochs, 3, row.val.accuracy, 0.875, val)
    return Trial(row.number, recipe, row.state, (head,), 0.5)


def fixed_run(folder: Path, recipe: Recipe) -> Run:
    """A finished run of which pages can be made; its classifier is no more than its settings."""
    (folder / CLASSIFIER).mkdir(parents=True)
    network = Network(recipe.backbone, "torchvision", "0" * 64)
    shape = HeadShape(512, recipe.hidden, recipe.dropout, standardise=True)
    settings = ClassifierSettings("0", "artist", NAMES, None, "float32", (network,), shape, 1.25)
    write_record(folder / CLASSIFIER / SETTINGS, settings)
    write_recipe(folder / RECIPE, recipe)
    write_predictions(folder / PREDICTIONS, fixed_predictions())
    calibration = Calibration(
        0.1,
        (0.05, 0.2),
        (0.0, 0.15),
        0.8,
        (0.6, 1.0),
        0.4,
        (0.3, 0.5),
        (Reliability(0.5, 1.0, 40, 0.75, 0.725),),
    )
    figures = Results(
        {"train": TEST, "val": TEST, "test": TEST},
        Otherwise(0.7, (0.546, 0.819), 0.6875),
        Scaling(1.25, calibration, calibration),
        NoneOfThese(1.5, 40, 0.95, (0.835, 0.986), None),
    )
    write_results(folder / METRICS, figures)
    about = About(
        morelli="0",
        python="3",
        packages={},
        collection=LearnedFrom(COLLECTION, SOURCE, "0" * 64),
        backbone=network,
        device="cpu",
        number_format="float32",
        split=WORKS,
        best_epochs=(3,),
        extracted=200,
        unknown=None,
        seconds=Seconds(2.5, 0.5, 4.0),
    )
    finish(folder, about)
    return open_run(folder)


def fixed_predictions() -> Predictions:
    """Of 40 works of test and 40 of val of three classes, every fourth is classified wrong."""
    works = np.arange(80)
    labels = works % 3
    predicted = np.where(works % 4 == 3, (labels + 1) % 3, labels)
    probabilities = np.full((80, 3), 0.125, np.float32)
    probabilities[works, predicted] = 0.75
    return Predictions(
        class_names=NAMES,
        ids=np.array([f"{work:064x}" for work in works]),
        shards=np.zeros(80, np.int64),
        rows=works,
        labels=labels,
        label_names=NAMES,
        log_probabilities=np.log(probabilities),
        strangeness=np.zeros(80),
        splits=np.array(["test"] * 40 + ["val"] * 40),
    )
