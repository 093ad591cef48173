"""What a study's features and heads took, noted as it goes and added up at its end."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from morelli.data.records import as_json, from_json
from morelli.errors import writing
from morelli.studies.figures import Cost
from morelli.studies.trials import Trial

COSTS = "costs.jsonl"
"""The file of a study's folder that has a line for each time a process got features."""


@dataclass(frozen=True)
class FeatureCost:
    """What getting the features of a network took one process.

    Attributes:
        backbone: The network.
        seconds: Time.
        extracted: Works, each view counted, whose features were not in the cache.
        origin: Where the network's weights came from.
    """

    backbone: str
    seconds: float
    extracted: int
    origin: str


def note_cost(folder: Path, cost: FeatureCost) -> None:
    """Add a line to a study's file of costs.

    Raises:
        BadFolder: If it cannot be written.
    """
    with writing(folder), (folder / COSTS).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(as_json(cost)) + "\n")


def costs_of(folder: Path, trials: Iterable[Trial]) -> dict[str, Cost]:
    """Return what the features and heads of each network took.

    Args:
        folder: The study's.
        trials: All that ended.
    """
    path = folder / COSTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    costs: dict[str, Cost] = {}
    for line in lines:
        features = from_json(json.loads(line), FeatureCost, path)
        cost = costs.get(features.backbone, Cost())
        costs[features.backbone] = Cost(
            cost.seconds_features + features.seconds,
            cost.extracted + features.extracted,
            features.origin,
        )
    for trial in trials:
        cost = costs.get(trial.recipe.backbone, Cost())
        costs[trial.recipe.backbone] = replace(
            cost,
            seconds_heads=cost.seconds_heads + trial.seconds,
            heads=cost.heads + len(trial.heads),
            epochs=cost.epochs + sum(len(head.epochs) for head in trial.heads),
        )
    return costs
