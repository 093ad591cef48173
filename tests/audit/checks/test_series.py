"""Series by title and by look, and the groups that splits keep together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from morelli.audit.checks import series as module
from morelli.audit.checks.series import (
    LOOSE,
    MIDDLE,
    STRICT,
    Series,
    groups,
    rooted,
    title_series,
    visual_series,
)
from morelli.errors import UserError

PAIRS = st.lists(st.lists(st.integers(0, 19), min_size=2, max_size=4, unique=True), max_size=12)


def around(centres: int, works: int, noise: float, seed: int = 0) -> module.Floats:
    """Features that gather round centres, `works` round each, in turn."""
    random = np.random.default_rng(seed)
    middle = random.gamma(0.5, 4, (centres, 40))
    spread = random.normal(0, noise, (works, centres, 40))
    return np.maximum(middle + spread, 0).reshape(-1, 40).astype(np.float32)


def test_works_of_one_artist_with_one_stem_are_a_series() -> None:
    titles = ["Water Lilies, 1906", "water lilies II", "Water Lilies", "Orchard", None, "Landscape"]
    assert title_series(titles, [0, 0, 1, 0, 0, 0]) == (Series(0, (0, 1), "water lilie"),)


def test_works_without_an_artist_or_a_telling_title_are_in_no_series() -> None:
    assert title_series(["Haystack", "Haystack", "Portrait", "Portrait"], [-1, -1, 0, 0]) == ()


def test_the_largest_series_comes_first() -> None:
    series = title_series(["Orchard"] * 2 + ["Haystack"] * 3, [0] * 5)
    assert [one.works for one in series] == [(2, 3, 4), (0, 1)]


def test_works_that_look_alike_are_a_series_within_their_artist_only() -> None:
    features = around(centres=5, works=4, noise=0.1)
    artists = np.repeat([0, 0, 1, -1], 5)
    series = visual_series(features, artists, MIDDLE)
    assert {one.works for one in series} == {(n, n + 5) for n in range(5)}
    assert all(one.artist == 0 and MIDDLE <= (one.similarity or 0) <= 1 for one in series)


def test_the_similarity_of_a_series_is_the_mean_over_its_pairs() -> None:
    features = around(centres=1, works=4, noise=0.5)
    (series,) = visual_series(features, [0] * 4, 0.5)
    roots = rooted(features)
    pairs = [roots[a] @ roots[b] for a in range(4) for b in range(a)]
    assert series.similarity == pytest.approx(np.mean(pairs), abs=1e-5)


def test_a_chain_of_small_steps_is_not_one_series() -> None:
    angles = np.linspace(0, np.pi / 2, 40)
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32) ** 2
    series = visual_series(features, [0] * 40, 0.95)
    steps = (rooted(features)[1:] * rooted(features)[:-1]).sum(axis=1)
    assert steps.min() > 0.99
    assert len(series) > 1
    assert max(len(one.works) for one in series) < 30


def test_a_stricter_threshold_puts_fewer_pairs_together() -> None:
    features = around(centres=8, works=8, noise=1.2)

    def pairs(threshold: float) -> int:
        sizes = [len(one.works) for one in visual_series(features, [0] * 64, threshold)]
        return sum(size * (size - 1) // 2 for size in sizes)

    assert pairs(STRICT) < pairs(MIDDLE) < pairs(LOOSE)


@given(st.integers(0, 1000), st.sampled_from([0.6, 0.8, 0.9]))
@settings(max_examples=20)
def test_taking_works_part_by_part_finds_what_linking_all_of_them_finds(
    seed: int, threshold: float
) -> None:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    features = around(centres=6, works=5, noise=1.0, seed=seed)
    roots = rooted(features).astype(np.float64)
    tree = linkage(np.maximum(pdist(roots, "cosine"), 0), "average")
    numbers = fcluster(tree, 1 - threshold, "distance")
    whole = {tuple(np.flatnonzero(numbers == number).tolist()) for number in np.unique(numbers)}
    parts = {one.works for one in visual_series(features, [0] * 30, threshold)}
    assert parts == {works for works in whole if len(works) > 1}


def test_the_size_of_blocks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    features = around(centres=10, works=5, noise=0.8)
    whole = visual_series(features, [0] * 50, LOOSE)
    monkeypatch.setattr(module, "_BLOCK", 7)
    assert [one.works for one in visual_series(features, [0] * 50, LOOSE)] == [
        one.works for one in whole
    ]


def test_too_many_works_that_hang_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 9)
    with pytest.raises(UserError, match=r"10 works of one artist.*higher threshold"):
        visual_series(np.ones((10, 4), np.float32), [0] * 10)


def test_features_of_no_length_are_like_nothing() -> None:
    assert visual_series(np.zeros((4, 8), np.float32), [0] * 4) == ()


@given(PAIRS, PAIRS)
def test_clusters_that_share_a_work_are_one_group_and_no_other_works_are(
    copies: list[list[int]], series: list[list[int]]
) -> None:
    numbers = groups(20, copies, series)
    for cluster in copies + series:
        assert len(set(numbers[cluster].tolist())) == 1
    edges = sum(len(cluster) - 1 for cluster in copies + series)
    assert 20 - edges <= len(np.unique(numbers)) <= 20
    touched = {work for cluster in copies + series for work in cluster}
    for work in set(range(20)) - touched:
        assert (numbers == numbers[work]).sum() == 1


@given(PAIRS)
def test_groups_do_not_depend_on_the_order_of_clusters(clusters: list[list[int]]) -> None:
    assert groups(20, clusters).tolist() == groups(20, clusters[::-1]).tolist()


def test_groups_are_counted_by_their_first_works() -> None:
    assert groups(6, [(1, 4)], [np.array([4, 5])]).tolist() == [0, 1, 2, 3, 1, 1]
    assert groups(3).tolist() == [0, 1, 2]
    assert groups(0).tolist() == []
