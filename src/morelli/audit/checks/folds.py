"""Works dealt out to folds, so that a model that never saw a work predicts its class."""

import warnings

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

FOLDS = 5
"""Parts that works are dealt out to."""


def can_be_dealt(labels: Ints, groups: Ints) -> npt.NDArray[np.bool_]:
    """Return which works have a label of a class with works in `FOLDS` groups or more.

    Args:
        labels: (n,) labels; negative where there is none.
        groups: (n,) numbers of groups.
    """
    pairs = np.unique(np.stack([labels, groups], axis=1), axis=0)
    classes, counts = np.unique(pairs[:, 0], return_counts=True)
    enough: npt.NDArray[np.bool_] = np.isin(labels, classes[(counts >= FOLDS) & (classes >= 0)])
    return enough


def dealt(labels: Ints, groups: Ints, *, seed: int = 0) -> list[tuple[Ints, Ints]]:
    """Deal works out to `FOLDS` folds, stratified by label; a group is in one fold.

    Args:
        labels: (n,) labels, each in `FOLDS` groups or more.
        groups: (n,) numbers of groups.
        seed: Draws the order.

    Returns:
        For each fold, the indices of the works outside and of those inside.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with few large groups may miss a fold, which those who use the folds allow for.
        warnings.simplefilter("ignore", UserWarning)
        return list(folds.split(labels, labels, groups))
