"""Works and settings for heads side by side."""

from dataclasses import replace
from typing import Any

import numpy as np

from morelli.training.named_recipes import RECIPES

WORKS, WIDTH, CLASSES = 50, 12, 4
RANDOM = np.random.default_rng(0)
CENTRES = RANDOM.normal(size=(CLASSES, WIDTH))
LABELS = RANDOM.integers(0, CLASSES, WORKS)
VIEWS = [
    (RANDOM.normal(size=(WORKS, WIDTH)) + CENTRES[LABELS]).astype(np.float32) for _ in range(2)
]
VAL_LABELS = RANDOM.integers(0, CLASSES, 20)
VAL = (RANDOM.normal(size=(20, WIDTH)) + CENTRES[VAL_LABELS]).astype(np.float32), VAL_LABELS

BASE = replace(RECIPES["plain"], hidden=16, batch=16, epochs=4, dropout=0.5, lr=0.01)
"""Batches of 16 leave the last of 50 works with 2."""

OWN: tuple[dict[str, Any], ...] = (
    {"seed": 2, "dropout": 0.0},
    {"lr": 0.003},
    {"seed": 2, "dropout": 0.7, "weight_decay": 0.3},
    {"label_smoothing": 0.0},
    {"seed": 1, "lr": 0.003, "weight_decay": 0.01, "label_smoothing": 0.25},
    {"seed": 2, "dropout": 0.0, "label_smoothing": 0.0},
    {},
    {"dropout": 0.3},
)
"""Neither seeds nor rates are in order, and some settings are shared."""

SOME = [replace(BASE, **changed) for changed in OWN]
