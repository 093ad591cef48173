"""The card says how many works there are, from where, and lets the Hub find the shards."""

from typing import Any

import pytest

from morelli.data import card

SAID: dict[str, Any] = {
    "works": 4092,
    "size": 288,
    "source": {"kind": "hub", "repository": "huggan/wikiart", "revision": "abc"},
    "selection": {"task": "artist"},
}


def test_the_card_tells_works_source_task_and_size() -> None:
    text = card.text(SAID)
    assert "# 4,092 works" in text
    assert "From huggan/wikiart. Chosen by artist. Images are 288 pixels on the short side." in text


def test_a_local_source_is_named_by_its_kind_alone() -> None:
    text = card.text(SAID | {"source": {"kind": "folder", "place": "/home/me"}, "size": None})
    assert "From folder." in text
    assert "/home/me" not in text
    assert "in their original size" in text


@pytest.mark.parametrize("line", ["- split: train", "path: data/train-*.parquet", "---"])
def test_the_head_is_the_hub_s(line: str) -> None:
    assert card.text(SAID).startswith("---\n")
    assert line in card.text(SAID)
