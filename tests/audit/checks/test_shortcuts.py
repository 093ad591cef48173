"""What traits of files tell of the class, and where class and source coincide."""

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from audit.squashed import squashed
from PIL import Image, ImageOps

from morelli.audit.checks import shortcuts as module
from morelli.audit.checks.labels import known_labels
from morelli.audit.checks.shortcuts import Mark, Traits, facts_of, shortcuts, source_traits
from morelli.audit.checks.sources import Source, coincide
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.selection import Selection
from morelli.data.stored import store

LABELS = np.repeat([0, 1, 2], 60)


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TREES", 8)


def traits_of(**groups: np.ndarray) -> Traits:
    return Traits({name: each.reshape(len(each), -1) for name, each in groups.items()}, {})


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(len(LABELS))


def test_a_trait_that_follows_the_class_is_found_and_named_in_the_warning() -> None:
    traits = traits_of(size=noise(), bytes=LABELS * 100 + noise(1) * 150)
    found = shortcuts(traits, LABELS)
    assert found is not None
    telling, idle = found.groups
    assert (telling.name, idle.name) == ("bytes", "size")
    assert telling.alone > 0.7
    assert idle.alone < 0.5
    assert telling.lost > 0.2 > idle.lost
    assert found.majority == pytest.approx(1 / 3)
    assert found.interval[0] < found.accuracy < found.interval[1]
    assert "bytes" in found.warning
    assert "--split-by" in found.warning


def test_traits_that_say_nothing_raise_no_warning() -> None:
    found = shortcuts(traits_of(size=noise(), bytes=noise(1)), LABELS)
    assert found is not None
    assert found.accuracy < 0.5
    assert found.warning == ""


def test_traits_that_are_all_alike_tell_the_commonest_class() -> None:
    labels = np.repeat([0, 1], [60, 40])
    found = shortcuts(traits_of(size=np.ones(100), bytes=np.ones(100)), labels)
    assert found is not None
    assert found.accuracy == found.majority == 0.6
    assert [(each.alone, each.lost) for each in found.groups] == [(0.6, 0.0)] * 2


def test_works_of_one_group_never_stand_in_two_folds() -> None:
    """A number that each group has to itself tells the class only of works in the same group."""
    groups = np.arange(180) // 4
    labels = np.random.default_rng(0).integers(3, size=45)[groups]
    traits = traits_of(bytes=groups.astype(np.float64))
    apart, together = shortcuts(traits, labels), shortcuts(traits, labels, groups)
    assert apart is not None
    assert together is not None
    assert apart.accuracy > 0.8
    assert together.accuracy < 0.5


def test_each_class_has_its_share_told_right() -> None:
    found = shortcuts(traits_of(bytes=LABELS + noise() * 0.1), LABELS)
    assert found is not None
    assert found.recall == {0: 1.0, 1: 1.0, 2: 1.0}


def test_with_one_class_there_is_nothing_to_tell() -> None:
    assert shortcuts(traits_of(bytes=noise()), np.zeros(180, np.int64)) is None
    assert shortcuts(traits_of(bytes=noise()), np.full(180, -1)) is None


def test_of_many_works_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 90)
    found = shortcuts(traits_of(bytes=LABELS + noise()), LABELS)
    assert found is not None
    assert found.works == 90


def test_a_fact_that_marks_a_class_is_told_with_its_shares() -> None:
    square = np.concatenate([np.arange(60) < 45, np.zeros(120, bool)])
    rare = np.arange(180) % 10 == 0
    traits = Traits({"size": noise()[:, None]}, {"square": square, "rare": rare})
    found = shortcuts(traits, LABELS)
    assert found is not None
    assert found.marks == (Mark(0, "square", 0.75, 0.0),)


def test_traits_are_those_of_the_source_files(collection: Collection) -> None:
    traits = source_traits(collection)
    assert {len(each) for each in traits.groups.values()} == {collection.works}
    assert (traits.groups["size"] == 48).all()
    assert traits.groups["aspect"] == pytest.approx(64 / 48)
    sizes = collection.table(["byte_count"])["byte_count"].to_pylist()
    assert traits.groups["bytes"][:, 0].tolist() == sizes
    assert not traits.facts["exactly square"].any()
    assert traits.facts["smaller than 224 pixels"].all()


def test_a_painter_whose_works_were_squashed_is_found_out(paintings: Path, tmp_path: Path) -> None:
    made, painter = squashed(paintings, tmp_path)
    labels = known_labels(made)["artist"]
    found = shortcuts(source_traits(made), labels)
    assert found is not None
    own = made.class_names["artist"].index(painter)
    assert Mark(own, "exactly square", 1.0, 0.0) in found.marks
    assert found.recall[own] > 0.8
    assert found.interval[0] > found.majority
    assert "aspect" in found.warning


def test_the_commonest_short_side_is_kept_with_what_was_found(collection: Collection) -> None:
    traits = source_traits(collection)
    found = shortcuts(traits, known_labels(collection)["artist"])
    assert found is not None
    assert found.usual == traits.usual == 48


@pytest.mark.parametrize(
    ("size", "border", "facts"),
    [
        ((300, 300), 0, {"exactly square"}),
        ((300, 280), 0, set()),
        ((300, 250), 0, {"smaller than the commonest short side (256 pixels)"}),
        ((400, 300), 12, {"bordered"}),
    ],
)
def test_the_facts_of_one_image_are_told(
    size: tuple[int, int], border: int, facts: set[str]
) -> None:
    buffer = io.BytesIO()
    within = Image.effect_noise((size[0] - 2 * border, size[1] - 2 * border), 90)
    ImageOps.expand(within, border, 255).save(buffer, "PNG")
    assert facts_of(store(buffer.getvalue(), 64).traits, 256) == facts


def test_facts_of_one_image_are_those_of_its_row_in_the_collection(
    paintings: Path, tmp_path: Path
) -> None:
    made, painter = squashed(paintings, tmp_path)
    traits = source_traits(made)
    for row, path in enumerate(made.table(["source_path"])["source_path"].to_pylist()):
        data = (tmp_path / "paintings" / path).read_bytes()
        told = facts_of(store(data, made.size).traits, traits.usual)
        assert told == {fact for fact, holds in traits.facts.items() if holds[row]}
        assert ("exactly square" in told) == (Path(path).parent.name == painter)


@pytest.mark.real
def test_squashed_monets_and_small_sisleys_are_found(shared: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    first = sorted((shared / "paintings/wikiart-mini/data").glob("*.parquet"))[0]
    (source / first.name).symlink_to(first)
    made = ingest(source, tmp_path / "four", Selection(top=4, sample=240), size=64)
    labels, names = known_labels(made)["artist"], made.class_names["artist"]
    found = shortcuts(source_traits(made), labels)
    assert found is not None
    marks = {(names[mark.label], mark.fact): mark.share for mark in found.marks}
    assert marks["claude-monet", "exactly square"] > 0.6
    small = "smaller than the commonest short side (256 pixels)"
    assert marks["alfred-sisley", small] > 0.8
    assert marks["camille-pissarro", small] > 0.5
    assert found.interval[0] > found.majority + 0.2
    assert found.warning


def test_a_source_for_each_class_tells_it_and_is_warned_of() -> None:
    labels = np.repeat([0, 1], 30)
    found = coincide(labels, ["louvre"] * 30 + ["orsay"] * 30, "museum")
    assert found is not None
    assert found.cramers_v == pytest.approx(1)
    assert found.accuracy == 1
    assert found.pure == (Source("louvre", 30, 0, 1.0), Source("orsay", 30, 1, 1.0))
    assert "--split-by museum" in found.warning


def test_sources_dealt_by_chance_are_not_warned_of() -> None:
    random = np.random.default_rng(0)
    sources = [str(each) for each in random.integers(10, size=600)]
    found = coincide(random.integers(4, size=600), sources, "source_shard")
    assert found is not None
    assert found.cramers_v < 0.1
    assert found.warning == ""
    assert found.pure == ()


def test_a_source_of_its_own_for_each_work_tells_nothing() -> None:
    labels = np.repeat([0, 1, 2], 20)
    found = coincide(labels, [f"file {n}" for n in range(60)], "path")
    assert found is not None
    assert found.accuracy <= 1 / 3
    assert found.cramers_v == 0
    assert found.warning == ""


def test_what_sources_tell_is_what_leaving_each_work_out_by_hand_tells() -> None:
    random = np.random.default_rng(1)
    labels, sources = random.integers(3, size=80), random.integers(6, size=80)
    right = 0
    for work in range(80):
        others = (sources == sources[work]) & (np.arange(80) != work)
        counts = np.bincount(labels[others], minlength=3)
        totals = np.bincount(labels, minlength=3)
        best = max(range(3), key=lambda label: (counts[label], totals[label], label))
        right += best == labels[work]
    found = coincide(labels, [str(each) for each in sources], "museum")
    assert found is not None
    assert found.accuracy == pytest.approx(right / 80)


def test_works_without_source_or_label_are_left_out() -> None:
    labels = np.array([0, 0, 1, 1, -1, 0])
    found = coincide(labels, ["a", "a", "b", "b", "a", None], "museum")
    assert found is not None
    assert found.works == 4


@pytest.mark.parametrize(
    ("labels", "sources"), list(itertools.product([[0, 0], [-1, -1]], [["a", "b"], ["a", "a"]]))
)
def test_one_class_or_one_source_cannot_coincide(labels: list[int], sources: list[str]) -> None:
    assert coincide(np.array(labels), sources, "museum") is None
