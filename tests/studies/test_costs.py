"""What a study took: noted as it goes, and added up by network."""

from pathlib import Path

from studies.small_studies import BASE

from morelli.studies.costs import COSTS, FeatureCost, costs_of, note_cost
from morelli.studies.figures import Cost
from morelli.studies.trials import DONE, FAILED, Head, Predicted, Trial
from morelli.training.loop import Epoch

EPOCHS = (Epoch(1, 1.5, 0.25, 1.25, 0.5, 0.25), Epoch(2, 1.0, 0.5, 0.75, 0.625, 0.25))
HEAD = Head(0, EPOCHS, 2, 0.625, 0.75, Predicted((0, 1), {"accuracy": 0.625}))


def test_features_got_several_times_and_all_heads_are_added_up(tmp_path: Path) -> None:
    note_cost(tmp_path, FeatureCost("squeezenet1_1", 1.5, 72, "random"))
    note_cost(tmp_path, FeatureCost("squeezenet1_1", 0.25, 0, "random"))
    trials = [
        Trial(0, BASE, DONE, (HEAD, HEAD), 1.0),
        Trial(1, BASE, DONE, (HEAD,), 0.5),
        Trial(2, BASE, FAILED, error="why"),
    ]

    assert len((tmp_path / COSTS).read_text(encoding="utf-8").splitlines()) == 2
    assert costs_of(tmp_path, trials) == {"squeezenet1_1": Cost(1.75, 72, "random", 1.5, 3, 6)}


def test_a_network_that_never_had_features_costs_nothing(tmp_path: Path) -> None:
    failed = Trial(0, BASE, FAILED, error="it has no weights")

    assert costs_of(tmp_path, [failed]) == {"squeezenet1_1": Cost(weights=None)}
