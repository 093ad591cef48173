"""A study's figures: ranked, by network, flat for tables, and the same after their file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies.fixed import fixed_results, row

from morelli.errors import BadFolder
from morelli.studies.figures import (
    SettingFigures,
    SplitFigures,
    best_of_networks,
    flat,
    results_as_json,
    results_from_json,
)
from morelli.studies.trials import DONE, FAILED

WHERE = Path("results.json")

numbers = st.floats(allow_nan=False, allow_infinity=False)
scores = st.fixed_dictionaries(
    {"accuracy": numbers}, optional={"macro_f1": numbers, "top5_accuracy": numbers}
)
splits = st.none() | st.builds(SplitFigures, scores, st.none() | numbers, numbers, numbers)
rows = st.builds(
    SettingFigures,
    number=st.integers(0, 99),
    state=st.sampled_from([DONE, FAILED]),
    dropout=numbers,
    lr=numbers,
    weight_decay=numbers,
    label_smoothing=numbers,
    p=st.none() | numbers,
    p_holm=st.none() | numbers,
    best_epoch=st.none() | st.integers(1, 9),
    val=splits,
    val_loss=st.none() | numbers,
    test=splits,
    published=st.none() | numbers,
)


@given(st.lists(rows, max_size=3))
def test_results_are_the_same_after_their_file(settings: list[SettingFigures]) -> None:
    results = replace(fixed_results(), settings=tuple(settings))

    text = json.dumps(results_as_json(results))

    assert results_from_json(json.loads(text), WHERE) == results


def test_a_row_is_flat_and_leaves_out_what_does_not_apply() -> None:
    first, *_, failed = fixed_results().settings
    settings = ["number", "state", "backbone", "dropout", "lr", "hidden", "weight_decay"]
    settings += ["label_smoothing", "epochs", "seeds", "p", "p_holm", "error"]

    assert list(flat(failed)) == settings
    assert list(flat(first)) == [
        *settings,
        "best_epoch",
        "val_accuracy",
        "val_spread",
        "val_low",
        "val_high",
        "val_macro_f1",
        "val_loss",
    ]
    assert (flat(first)["val_accuracy"], flat(first)["val_spread"]) == (0.55, None)
    tested = flat(replace(first, test=first.val, published=0.5))
    assert list(tested)[-6:] == [
        "test_accuracy",
        "test_spread",
        "test_low",
        "test_high",
        "test_macro_f1",
        "published",
    ]


def test_a_file_of_something_else_is_damaged() -> None:
    value = results_as_json(fixed_results())

    with pytest.raises(BadFolder, match=r"results\.json is damaged: .*chosen"):
        results_from_json({**value, "chosen": "one"}, WHERE)


def test_the_chosen_and_the_failed_rows_are_found_by_number_and_state() -> None:
    results = fixed_results()

    assert results.best is results.settings[1]
    assert [one.number for one in results.failed] == [4]


def test_rows_rank_by_accuracy_then_loss_then_number_and_failed_ones_last() -> None:
    rows = [
        row(0, "alexnet", state=FAILED),
        replace(fixed_results().settings[0], number=1, val_loss=2.0),
        replace(fixed_results().settings[0], number=2, val_loss=1.0),
        fixed_results().settings[1],
    ]

    assert [one.number for one in sorted(rows, key=lambda one: one.rank)] == [1, 2, 1, 0]


def test_the_best_of_each_network_that_was_trained_to_its_end_stands_best_first() -> None:
    best = best_of_networks(fixed_results().settings)

    assert [(one.backbone, one.number) for one in best] == [("resnet18", 1), ("alexnet", 2)]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        3,
        "x",
        {},
        {"settings": None},
        {"settings": [[1]], "test": {"seeds": []}},
        {"settings": [], "test": {"seeds": [3]}},
        {"settings": [], "test": None},
    ],
)
def test_what_are_no_results_are_refused_in_one_line(value: Any) -> None:
    with pytest.raises(BadFolder, match=r"^results\.json is damaged: ") as refused:
        results_from_json(value, Path("results.json"))

    assert "\n" not in str(refused.value)
