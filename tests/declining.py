"""Classifiers that decline more or less than they should, to see how that is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from morelli.classifier import Classifier
from morelli.saved import save_classifier


def declining_above(classifier: Classifier, limit: float) -> Classifier:
    """Return a classifier that declines what scores above another limit."""
    strangeness = replace(classifier.strangeness, limit=np.array([limit]))
    return replace(classifier, strangeness=strangeness)


def declining_all(classifier: Classifier, folder: Path) -> Path:
    """Save a classifier that declines every work; return its folder."""
    save_classifier(folder, declining_above(classifier, -np.inf))
    return folder
