"""Labels that the data themselves speak against, and copies under two class names.

Source: Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels",
2021 (`cleanlab`), over probabilities that each work gets from a regression that never saw it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from morelli.audit.checks.folds import can_be_dealt, dealt
from morelli.data.collection import Collection
from morelli.data.tasks import TASKS, UNKNOWN
from morelli.errors import UserError, plain

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Features = npt.NDArray[np.float32]

DIMENSIONS = 256
"""Principal components that the regression sees; more found no more planted labels."""

STRENGTH = 0.01
"""The regression's C, on components of unit variance."""


@dataclass(frozen=True)
class LabelIssue:
    """A work whose label the other works speak against.

    Attributes:
        work: Its index.
        label: The label it has.
        suggested: The label that the others suggest.
        given_probability: Probability of the label it has, by a regression that never saw the work.
        suggested_probability: Probability of the suggested one.
    """

    work: int
    label: int
    suggested: int
    given_probability: float
    suggested_probability: float


@dataclass(frozen=True)
class LabelIssues:
    """What confident learning makes of a collection's labels.

    Attributes:
        issues: The doubtful labels, the most doubtful first.
        judged: (n,) whether a work was judged: it has a label, and its class has works in as many
            groups as there are folds.
        probabilities: (n, classes) out-of-fold probabilities; 0 where a work was not judged.
        accuracy: Share of judged works whose likeliest label is the one they have; 0 if none was.
    """

    issues: tuple[LabelIssue, ...]
    judged: npt.NDArray[np.bool_]
    probabilities: Floats
    accuracy: float


@dataclass(frozen=True)
class Conflict:
    """Copies of one work that stand under different class names.

    Attributes:
        cluster: Number of the cluster of copies, from 0 in the order of clusters.
        task: "artist", "genre" or "style".
        works: Indices of its copies that have a label of the task.
        labels: Their labels, in the same order; two different ones at least.
    """

    cluster: int
    task: str
    works: tuple[int, ...]
    labels: tuple[int, ...]


def known_labels(collection: Collection) -> dict[str, Ints]:
    """Return the labels of all works in the order of the collection's table, for each task it has.

    Returns:
        For each task (n,) indices into the collection's class names; -1 where there is no label, or
        one that means "not known".
    """
    known = {}
    for task in (name for name in TASKS if name in collection.class_names):
        names = collection.class_names[task]
        unknown = [index for index, name in enumerate(names) if plain(name) in UNKNOWN]
        labels = np.array(collection.table([task])[task].fill_null(-1).to_pylist(), np.int64)
        known[task] = np.where(np.isin(labels, unknown), -1, labels)
    return known


def label_issues(
    features: Features, labels: Ints, groups: Ints | None = None, *, seed: int = 0
) -> LabelIssues:
    """Return the works whose label the data speak against.

    Args:
        features: (n, d).
        labels: (n,) labels; negative where there is none.
        groups: (n,) works of an equal number stay together, so that no copy vouches for its
            copy's wrong label; by default each work is on its own.
        seed: Deals the works out to folds.

    Raises:
        UserError: If a feature is not a finite number.
    """
    if not np.isfinite(features).all():
        raise UserError("some features are not finite numbers; extract them anew")
    groups = np.arange(len(labels)) if groups is None else groups
    judged = can_be_dealt(labels, groups)
    probabilities = np.zeros((len(labels), int(labels.max(initial=-1)) + 1))
    works = np.flatnonzero(judged)
    kept, own = np.unique(labels[works], return_inverse=True)
    if len(kept) < 2:
        return LabelIssues((), np.zeros(len(labels), bool), probabilities, 0.0)
    unseen = out_of_fold(features[works], own, groups[works], seed=seed)
    probabilities[np.ix_(works, kept)] = unseen
    issues = tuple(
        LabelIssue(
            work=int(works[row]),
            label=int(kept[own[row]]),
            suggested=int(kept[unseen[row].argmax()]),
            given_probability=float(unseen[row, own[row]]),
            suggested_probability=float(unseen[row].max()),
        )
        for row in _ranked(own, unseen)
    )
    return LabelIssues(issues, judged, probabilities, float((unseen.argmax(axis=1) == own).mean()))


def out_of_fold(features: Features, labels: Ints, groups: Ints, *, seed: int = 0) -> Floats:
    """Return probabilities of each work from a regression on the works of other folds.

    Args:
        features: (n, d).
        labels: (n,) from 0, each in as many groups as there are folds.
        groups: (n,) works of an equal number are in one fold.
        seed: Deals the works out.

    Returns:
        (n, classes).
    """
    from sklearn.linear_model import LogisticRegression

    seen = _components(features, seed)
    probabilities = np.zeros((len(labels), int(labels.max()) + 1))
    for train, test in dealt(labels, groups, seed=seed):
        model = LogisticRegression(C=STRENGTH, max_iter=300).fit(seen[train], labels[train])
        probabilities[np.ix_(test, model.classes_)] = model.predict_proba(seen[test])
    return probabilities


def conflicts(
    clusters: Sequence[Sequence[int] | Ints], labels: Mapping[str, Ints]
) -> tuple[Conflict, ...]:
    """Return the copies that stand under different class names.

    Args:
        clusters: Copies of one work each, as indices.
        labels: For each task (n,) labels, negative where there is none, as `known_labels` has them.
    """
    contradicting = []
    for number, cluster in enumerate(clusters):
        members = np.asarray(cluster, np.int64)
        for task, own in labels.items():
            works = members[own[members] >= 0]
            if len(np.unique(own[works])) > 1:
                theirs = tuple(own[works].tolist())
                contradicting.append(Conflict(number, task, tuple(works.tolist()), theirs))
    return tuple(contradicting)


def _components(features: Features, seed: int) -> Features:
    """Return principal components of standardised features, each of unit variance.

    They see all works but no labels, so nothing of a work's label leaks to its fold.
    """
    from sklearn.decomposition import PCA

    spread = features.std(axis=0)
    standard = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    count = min(DIMENSIONS, *standard.shape)
    components: Features = PCA(
        count, whiten=True, svd_solver="covariance_eigh", random_state=seed
    ).fit_transform(standard)
    return components


def _ranked(labels: Ints, probabilities: Floats) -> list[int]:
    """Return the doubtful works, the most doubtful first, by confident learning."""
    from cleanlab.filter import find_label_issues

    ranked = find_label_issues(
        labels, probabilities, return_indices_ranked_by="normalized_margin", n_jobs=1
    )
    return [int(row) for row in ranked]
