"""How many planted wrong labels confident learning finds, and how long it takes.

    python benchmarks/labels.py four --weights ../shared/weights

Three works in a hundred get another artist's name by chance. Prints how many of them are among the
doubtful ones, and the share of planted ones among the first; a lower bound, since some labels were
wrong or doubtful before. Then the first doubtful labels of the collection as it is.
"""

import argparse
import time

import numpy as np
import numpy.typing as npt
from series import features_of

from morelli.audit.checks.labels import known_labels, label_issues
from morelli.data.collection import open_collection

PLANTED = 0.03


def planted(
    labels: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return labels of which some are wrong, and the works that they are wrong of."""
    random, classes = np.random.default_rng(seed), np.unique(labels[labels >= 0])
    known = np.flatnonzero(labels >= 0)
    works = random.choice(known, round(PLANTED * len(known)), replace=False)
    wrong = labels.copy()
    for work in works:
        wrong[work] = random.choice(classes[classes != labels[work]])
    return wrong, works


def main() -> None:
    """Print a line a seed, and the first doubtful labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    collection = open_collection(given.collection)
    labels = known_labels(collection)[collection.task]
    names = collection.class_names[collection.task]
    features = features_of(collection, given.backbone, given.weights)
    for seed in range(given.seeds):
        wrong, works = planted(labels, seed)
        doubtful = [each.work for each in label_issues(features, wrong, seed=seed).issues]
        hit = np.isin(doubtful, works)
        print(
            f"seed {seed}: {hit.sum()} of {len(works)} planted among {len(hit)} doubtful; share "
            f"among the first 50 {hit[:50].mean():.2f}, first {len(works)} "
            f"{hit[: len(works)].mean():.2f}, by chance {len(works) / len(labels):.2f}"
        )
    started = time.perf_counter()
    issues = label_issues(features, labels)
    seconds = time.perf_counter() - started
    print(
        f"{len(issues.issues)} doubtful of {issues.judged.sum():,} works, out-of-fold accuracy",
        end="",
    )
    print(f" {issues.accuracy:.4f}, in {seconds:.1f} s")
    for issue in issues.issues[:12]:
        own, other = names[issue.label], names[issue.suggested]
        print(
            f"  work {issue.work}: {own} ({issue.given_probability:.3f}), "
            f"rather {other} ({issue.suggested_probability:.3f})"
        )


if __name__ == "__main__":
    main()
