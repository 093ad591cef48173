"""The known works of a small run, as evidence needs them."""

from pathlib import Path

import numpy as np

from morelli.classifier import Classifier
from morelli.data.collection import Collection
from morelli.evidence.known import Known
from morelli.features.joined import joined_features


def known_works(collection: Collection, classifier: Classifier, cache: Path) -> Known:
    """Return all works of a collection as a classifier's known works."""
    works = collection.labelled(None)
    every = joined_features(collection, classifier.using, cached=cache)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in every])])
    features = np.concatenate(every)[starts[works.shards] + works.rows]
    return Known(
        features.astype(np.float16),
        works.labels,
        works.class_names,
        works.ids,
        works.shards,
        works.rows,
    )
