"""Copies and series are looked for by one network, once, and stay in one group."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audit.spoilt import ANOTHER, CONTRADICTING, EQUAL

from morelli.audit import groups as module
from morelli.audit.checks.copies import clusters
from morelli.audit.groups import Looks, grouped, looks_of
from morelli.data.collection import Collection
from morelli.errors import BadWeights
from morelli.machine import Machine


@pytest.fixture(scope="module")
def looks(planted: Collection, cache: Path) -> Looks:
    return looks_of(planted, "random", machine=Machine(cache=cache))


def numbers(planted: Collection, *paths: str) -> list[int]:
    every = planted.table(["source_path"])["source_path"].to_pylist()
    return [every.index(path) for path in paths]


def test_with_random_weights_copies_are_found_and_there_are_no_features(
    planted: Collection, looks: Looks
) -> None:
    joined = np.concatenate(clusters(looks.copies))

    assert looks.features is None
    assert looks.copies.works == planted.works
    assert set(numbers(planted, EQUAL, ANOTHER, CONTRADICTING)) <= set(joined.tolist())


def test_copies_that_are_in_the_cache_are_not_sought_again(
    planted: Collection, looks: Looks, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(module, "find_copies")
    again = looks_of(planted, "random", machine=Machine(cache=cache))

    assert again.copies.pairs.tolist() == looks.copies.pairs.tolist()
    assert again.copies.scores.tolist() == looks.copies.scores.tolist()


def test_copies_and_series_by_title_share_a_group(planted: Collection, looks: Looks) -> None:
    works = grouped(planted, planted.labelled(), looks, "middle")
    places = (planted.starts[works.shards] + works.rows).tolist()
    names = dict(zip(places, works.groups.tolist(), strict=True))
    titles = planted.table(["title", "artist"]).to_pylist()
    first, *_ = (
        number for number, row in enumerate(titles) if row["title"] == "Haystacks, morning"
    )
    series = [number for number, row in enumerate(titles) if row == titles[first]]

    assert len({names[number] for number in series}) == 1
    for cluster in clusters(looks.copies):
        [name] = {names[number] for number in cluster.tolist()}
        assert name
    assert list(names.values()).count("") > 20


def test_groups_that_works_have_already_are_kept_together(
    planted: Collection, looks: Looks
) -> None:
    works = planted.labelled()
    ends = np.isin(np.arange(len(works)), [0, len(works) - 1])
    works = replace(works, groups=np.where(ends, "estate", ""))
    joined = grouped(planted, works, looks, "middle").groups

    assert joined[0] == joined[len(works) - 1] != ""


def test_weights_that_cannot_be_had_are_refused_with_what_they_are_for(
    planted: Collection, tmp_path: Path
) -> None:
    with pytest.raises(BadWeights, match="to find copies and series mobilenet_v2 is needed, and"):
        looks_of(planted, str(tmp_path / "none"), machine=Machine(cache=tmp_path))
