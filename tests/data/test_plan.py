"""A collection's own files: what was planned comes back, and the card lets the Hub find shards."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from morelli.data.plan import (
    CARD,
    SETTINGS,
    Cleaning,
    Outcome,
    Plan,
    card,
    read_contents,
    write_contents,
)
from morelli.data.selection import Selection

PLAN = Plan(
    format=1,
    source={"kind": "hub", "repository": "huggan/wikiart", "revision": "abc"},
    selection=Selection(top=4, classes=("Claude Monet",)),
    size=288,
    class_names={"artist": ("Claude Monet", "Édouard Manet")},
    chosen=4095,
    shards=("train-00000-of-00001.parquet",),
)
CLEANED = Outcome(4092, 3, Cleaning("collection", 5000, "ab12"))


@pytest.mark.parametrize("outcome", [Outcome(4092, 3), CLEANED])
def test_a_plan_and_its_outcome_come_back_as_they_were(tmp_path: Path, outcome: Outcome) -> None:
    write_contents(tmp_path, PLAN, outcome)

    assert read_contents(tmp_path) == (PLAN, outcome)
    assert "# 4,092 works" in (tmp_path / CARD).read_text(encoding="utf-8")


def test_the_settings_have_their_keys_in_order_and_what_comes_of_cleaning_only_then(
    tmp_path: Path,
) -> None:
    keys = ["format", "source", "selection", "size", "class_names", "chosen", "shards"]
    keys += ["works", "quarantined"]

    write_contents(tmp_path, PLAN, Outcome(4092, 3))
    assert list(json.loads((tmp_path / SETTINGS).read_text(encoding="utf-8"))) == keys
    write_contents(tmp_path, PLAN, CLEANED)
    value = json.loads((tmp_path / SETTINGS).read_text(encoding="utf-8"))
    assert list(value) == [*keys, "cleaned"]
    assert list(value["cleaned"]) == ["collection", "works", "decisions"]


def test_the_card_tells_works_source_task_and_size() -> None:
    text = card(PLAN, 4092)
    assert "# 4,092 works" in text
    assert "From huggan/wikiart. Chosen by artist. Images are 288 pixels on the short side." in text


def test_a_local_source_is_named_by_its_kind_alone() -> None:
    local = replace(PLAN, source={"kind": "folder", "place": "/home/me"}, size=None)
    text = card(local, 4092)
    assert "From folder." in text
    assert "/home/me" not in text
    assert "in their original size" in text


@pytest.mark.parametrize("line", ["- split: train", "path: data/train-*.parquet", "---"])
def test_the_head_is_the_hub_s(line: str) -> None:
    assert card(PLAN, 4092).startswith("---\n")
    assert line in card(PLAN, 4092)
