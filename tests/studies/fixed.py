"""Figures of a study of fixed values, the same on every machine."""

from morelli.evaluation.metrics import Metrics
from morelli.studies.figures import (
    ChosenFigures,
    Cost,
    SeedFigures,
    SettingFigures,
    SplitFigures,
    StudyResults,
)
from morelli.studies.trials import DONE, FAILED, PRUNED

METRICS = Metrics(0.725, (0.572, 0.839), 0.7125, None, 0.375, 40, {})
"""Of three classes, so that top-5 accuracy does not apply."""


def split(accuracy: float, low: float, high: float, macro_f1: float) -> SplitFigures:
    """What a setting of one seed comes to on a split."""
    return SplitFigures({"accuracy": accuracy, "macro_f1": macro_f1}, None, low, high)


def fixed_results() -> StudyResults:
    """A study of three networks: one setting chosen, two compared, one given up, one failed."""
    return StudyResults(
        works={"train": 120, "val": 40, "test": 40},
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
        test=ChosenFigures((SeedFigures(0, METRICS),)),
        cost={
            "resnet18": Cost(2.5, 200, "torchvision", 1.25, 2, 8),
            "alexnet": Cost(1.5, 0, "torchvision", 1.0, 2, 7),
            "resnet50": Cost(),
        },
    )


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
