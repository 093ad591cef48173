"""A comparison as a value: the command that repeats it, as JSON, and in a notebook."""

import json
from dataclasses import replace
from pathlib import Path

from comparisons.fixed import comparison_of

from morelli.comparisons.comparison import Comparison
from morelli.comparisons.text import difference
from morelli.data.records import from_json, record_text
from morelli.evaluation.compare import Pair


def test_the_command_repeats_the_comparison() -> None:
    comparison = comparison_of(5, 6, works=10)

    assert comparison.command == "morelli compare runs/a runs/b"
    assert replace(comparison, folder=Path("my comparison"), seed=3).command == (
        "morelli compare runs/a runs/b --out 'my comparison' --seed 3"
    )


def test_a_comparison_goes_to_json_and_back() -> None:
    comparison = comparison_of(5, 6, 7, works=10)
    again = from_json(json.loads(record_text(comparison)), Comparison, Path("results.json"))

    assert again == comparison
    assert isinstance(again.pairs[0], Pair)
    assert "folder" not in json.loads(record_text(comparison))


def test_a_comparison_shows_its_figures_in_a_notebook() -> None:
    comparison = comparison_of(150, 120)
    shown = comparison._repr_html_()

    assert "First minus second on 200 test works" in shown
    assert f"<td>{difference(comparison.pairs[0].accuracy)}</td>" in shown
