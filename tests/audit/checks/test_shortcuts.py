"""How well traits of files predict the class."""

from pathlib import Path

import numpy as np
import pytest
from audit.squashed import squashed

from morelli.audit.checks import shortcuts as module
from morelli.audit.checks.labels import known_labels
from morelli.audit.checks.shortcuts import Mark, shortcuts
from morelli.audit.checks.traits import Traits, source_traits
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.selection import Selection

LABELS = np.repeat([0, 1, 2], 60)


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TREES", 8)


def traits_of(**groups: np.ndarray) -> Traits:
    return Traits({name: values.reshape(len(values), -1) for name, values in groups.items()}, {})


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(len(LABELS))


def test_a_trait_that_follows_the_class_is_found_and_named_in_the_warning() -> None:
    traits = traits_of(size=noise(), bytes=LABELS * 100 + noise(1) * 150)
    shortcut = shortcuts(traits, LABELS)
    assert shortcut is not None
    telling, idle = shortcut.groups
    assert (telling.name, idle.name) == ("bytes", "size")
    assert telling.alone > 0.7
    assert idle.alone < 0.5
    assert telling.lost > 0.2 > idle.lost
    assert shortcut.majority == pytest.approx(1 / 3)
    assert shortcut.interval[0] < shortcut.accuracy < shortcut.interval[1]
    assert "bytes" in shortcut.warning
    assert "--split-by" in shortcut.warning


def test_traits_that_say_nothing_raise_no_warning() -> None:
    shortcut = shortcuts(traits_of(size=noise(), bytes=noise(1)), LABELS)
    assert shortcut is not None
    assert shortcut.accuracy < 0.5
    assert shortcut.warning == ""


def test_traits_that_are_all_alike_predict_the_commonest_class() -> None:
    labels = np.repeat([0, 1], [60, 40])
    shortcut = shortcuts(traits_of(size=np.ones(100), bytes=np.ones(100)), labels)
    assert shortcut is not None
    assert shortcut.accuracy == shortcut.majority == 0.6
    assert [(group.alone, group.lost) for group in shortcut.groups] == [(0.6, 0.0)] * 2


def test_works_of_one_group_never_stand_in_two_folds() -> None:
    """A number that each group has to itself predicts the class only of works in the same group."""
    groups = np.arange(180) // 4
    labels = np.random.default_rng(0).integers(3, size=45)[groups]
    traits = traits_of(bytes=groups.astype(np.float64))
    apart, together = shortcuts(traits, labels), shortcuts(traits, labels, groups)
    assert apart is not None
    assert together is not None
    assert apart.accuracy > 0.8
    assert together.accuracy < 0.5


def test_a_class_has_its_share_classified_correctly() -> None:
    shortcut = shortcuts(traits_of(bytes=LABELS + noise() * 0.1), LABELS)
    assert shortcut is not None
    assert shortcut.recall == {0: 1.0, 1: 1.0, 2: 1.0}


def test_with_one_class_there_is_nothing_to_predict() -> None:
    assert shortcuts(traits_of(bytes=noise()), np.zeros(180, np.int64)) is None
    assert shortcuts(traits_of(bytes=noise()), np.full(180, -1)) is None


def test_of_many_works_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 90)
    shortcut = shortcuts(traits_of(bytes=LABELS + noise()), LABELS)
    assert shortcut is not None
    assert shortcut.works == 90


def test_a_fact_that_marks_a_class_stands_with_its_shares() -> None:
    square = np.concatenate([np.arange(60) < 45, np.zeros(120, bool)])
    rare = np.arange(180) % 10 == 0
    traits = Traits({"size": noise()[:, None]}, {"square": square, "rare": rare})
    shortcut = shortcuts(traits, LABELS)
    assert shortcut is not None
    assert shortcut.marks == (Mark(0, "square", 0.75, 0.0),)


def test_a_painter_whose_works_were_squashed_is_found_out(paintings: Path, tmp_path: Path) -> None:
    works, painter = squashed(paintings, tmp_path)
    labels = known_labels(works)["artist"]
    shortcut = shortcuts(source_traits(works), labels)
    assert shortcut is not None
    own = works.class_names["artist"].index(painter)
    assert Mark(own, "exactly square", 1.0, 0.0) in shortcut.marks
    assert shortcut.recall[own] > 0.8
    assert shortcut.interval[0] > shortcut.majority
    assert "aspect" in shortcut.warning


def test_the_commonest_short_side_is_kept_with_what_was_found(collection: Collection) -> None:
    traits = source_traits(collection)
    shortcut = shortcuts(traits, known_labels(collection)["artist"])
    assert shortcut is not None
    assert shortcut.usual == traits.usual == 48


@pytest.mark.real
def test_squashed_monets_and_small_sisleys_are_found(shared: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    first = sorted((shared / "paintings/wikiart-mini/data").glob("*.parquet"))[0]
    (source / first.name).symlink_to(first)
    works = ingest(source, tmp_path / "four", Selection(top=4, sample=240), size=64)
    labels, names = known_labels(works)["artist"], works.class_names["artist"]
    shortcut = shortcuts(source_traits(works), labels)
    assert shortcut is not None
    marks = {(names[mark.label], mark.fact): mark.share for mark in shortcut.marks}
    assert marks["claude-monet", "exactly square"] > 0.6
    small = "smaller than the commonest short side (256 pixels)"
    assert marks["alfred-sisley", small] > 0.8
    assert marks["camille-pissarro", small] > 0.5
    assert shortcut.interval[0] > shortcut.majority + 0.2
    assert shortcut.warning
