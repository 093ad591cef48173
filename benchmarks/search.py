"""What a search for settings gains over logistic regression on the same features and splits.

    python benchmarks/search.py four --weights ../shared/weights

For each split seed a study searches settings (100 trials), chooses on val and tests what it chose.
The regression's C is chosen on val. Test accuracy and macro-F1 of both, a line a seed.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from accuracy import logistic_regression
from sklearn.metrics import f1_score

from morelli.data.collection import open_collection
from morelli.runs.prepare import prepare
from morelli.studies.recipe import SEARCH_SEEDS, StudyRecipe
from morelli.studies.study import study
from morelli.training.named_recipes import RECIPES

HEAD = "seed  regression  macro-F1   search  macro-F1   difference  macro-F1   seconds"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--heads", type=int, default=SEARCH_SEEDS, help="Seeds of each trial.")
    parser.add_argument("--seeds", type=int, default=5, help="Number of split seeds.")
    parser.add_argument("--first", type=int, default=0, help="First split seed.")
    given = parser.parse_args()
    collection = open_collection(given.collection)
    print(HEAD)
    rows = []
    for seed in range(given.first, given.first + given.seeds):
        base = replace(RECIPES["plain"], weights=given.weights, split_seed=seed, seed=seed)
        recipe = StudyRecipe(
            backbones=(given.backbone,),
            search="tpe",
            trials=given.trials,
            seeds=given.heads,
            base=base,
        )
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            test = study(collection, Path(folder) / "study", recipe).results.test
        seconds = time.perf_counter() - started
        prepared = prepare(collection, recipe.settings()[0])
        _, predicted = logistic_regression(prepared)
        labels = prepared.works.labels[prepared.of("test")]
        classes = range(len(prepared.works.class_names))
        theirs = (
            float((predicted == labels).mean()),
            float(f1_score(labels, predicted, labels=classes, average="macro", zero_division=0.0)),
        )
        ours = test.accuracy, test.means["macro_f1"]
        rows.append((*theirs, *ours, ours[0] - theirs[0], ours[1] - theirs[1], seconds))
        print(f"{seed:4}  {_row(rows[-1])}", flush=True)
    print(f"mean  {_row(tuple(map(statistics.fmean, zip(*rows, strict=True))))}")


def _row(values: tuple[float, ...]) -> str:
    form = "{:.4f}      {:.4f}     {:.4f}  {:.4f}     {:+.4f}     {:+.4f}    {:.0f}"
    return form.format(*values)


if __name__ == "__main__":
    main()
