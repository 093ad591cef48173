"""Random and grouped splits: copies and series stay together, and both are told side by side."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from statsmodels.stats.proportion import confint_proportions_2indep

from morelli.audit.checks.series import THRESHOLDS
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.data.records import from_json
from morelli.errors import BadFolder, UserError
from morelli.evaluation.metrics import wilson_interval
from morelli.machine import Machine
from morelli.reports import write_report_of
from morelli.runs.both import train_both
from morelli.runs.both_folder import Both, BothResults, SplitFigures, gap_between, open_both
from morelli.runs.both_page import both_page
from morelli.runs.prepare import dealt
from morelli.training.recipe import SERIES, Recipe

LETTERS = [letter * 4 for letter in "bcdfghjklmnp"]


@pytest.fixture(scope="module")
def photographed(paintings: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """Three painters' works, half of them twice: smaller and encoded anew; three with titles."""
    folder = tmp_path_factory.mktemp("photographed")
    rows = []
    for painter in sorted(paintings.iterdir())[:3]:
        for number, path in enumerate(sorted(painter.iterdir())):
            title = f"Lilies, {number}" if number in (1, 3, 5) else f"Motif {LETTERS[number]}"
            with Image.open(path) as image:
                image.save(folder / path.name)
                rows.append((path.name, painter.name, title))
                if not number % 2:
                    small = image.resize((56, 42))
                    small.save(folder / f"again-{path.name}", quality=70)
                    rows.append((f"again-{path.name}", painter.name, f"again {title}"))
    with (folder / "works.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "artist", "title"), *rows])
    return ingest(folder / "works.csv", folder / "collection")


@pytest.fixture(scope="module")
def both(
    photographed: Collection, quick: Recipe, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Both:
    """Both runs."""
    return train_both(photographed, tmp_path_factory.mktemp("both") / "both", quick, cache=cache)


@pytest.mark.parametrize("seed", range(3))
def test_copies_and_works_of_one_title_stay_on_one_side(
    photographed: Collection, quick: Recipe, cache: Path, seed: int
) -> None:
    recipe = replace(quick, split="grouped", split_seed=seed)
    works, sides = dealt(photographed, recipe, machine=Machine(cache=cache))

    names = photographed.table(["source_path", "title", "artist"]).to_pylist()
    side_of = {row["source_path"]: side for row, side in zip(names, sides.tolist(), strict=True)}
    again = [name for name in side_of if name.startswith("again-")]
    together = [side_of[name] == side_of[name.removeprefix("again-")] for name in again]
    assert len(again) == 18
    assert np.mean(together) > 0.9  # a few small pictures have too little texture to be told
    for artist in {row["artist"] for row in names}:
        lilies = [r["source_path"] for r in names if r["artist"] == artist and "Lil" in r["title"]]
        assert len({side_of[name] for name in lilies}) == 1
    for group in set(works.groups.tolist()) - {""}:
        assert len(set(sides[works.groups == group].tolist())) == 1


def test_a_random_split_lets_some_copies_stand_on_both_sides(
    photographed: Collection, quick: Recipe
) -> None:
    works, sides = dealt(photographed, quick)

    assert set(works.groups.tolist()) == {""}
    names = photographed.table(["source_path"])["source_path"].to_pylist()
    side_of = dict(zip(names, sides.tolist(), strict=True))
    assert any(
        side_of[name] != side_of[name.removeprefix("again-")]
        for name in names
        if name.startswith("again-")
    )


def test_groups_of_a_column_stay_together_beside_copies(
    photographed: Collection, quick: Recipe, cache: Path
) -> None:
    recipe = replace(quick, split="grouped", split_by="title")
    works, sides = dealt(photographed, recipe, machine=Machine(cache=cache))

    assert (works.groups != "").any()
    for group in set(works.groups.tolist()) - {""}:
        assert len(set(sides[works.groups == group].tolist())) == 1


def test_without_the_audits_network_a_grouped_split_says_what_is_missing(
    photographed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "weights").mkdir()
    recipe = replace(quick, split="grouped", weights=str(tmp_path / "weights"))

    with pytest.raises(UserError, match="to find copies and series mobilenet_v2 is needed, and"):
        dealt(photographed, recipe, machine=Machine(cache=cache))


def test_both_runs_and_every_threshold_have_their_row(both: Both) -> None:
    rows = both.results.splits

    assert [(row.split, row.series) for row in rows] == [
        ("random", ""),
        ("grouped", "middle"),
        ("grouped", "strict"),
        ("grouped", "loose"),
    ]
    assert set(SERIES) == set(THRESHOLDS)
    for row, run in zip(rows, both.runs.values(), strict=False):
        assert row.accuracy == run.metrics["test"].accuracy
        assert run.recipe.split == row.split
    assert rows[0].groups == 0
    assert rows[1].works_in_groups >= rows[1].groups * 2 > 0
    content = json.loads((both.folder / "results.json").read_text(encoding="utf-8"))
    assert from_json(content, BothResults, both.folder) == both.results
    assert list(content) == ["splits", "gap", "gap_interval"]


def figures_of(right: int, works: int) -> SplitFigures:
    """The figures of a split of which so many works are classified correctly."""
    low, high = wilson_interval(right, works)
    return SplitFigures("random", "", works, right / works, low, high, 0.5, 0.5, 0, 0, 0)


def test_the_gaps_interval_is_newcombes() -> None:
    one, other = (figures_of(right, 82) for right in (70, 60))

    gap, low, high = gap_between(one, other)

    assert gap == pytest.approx(10 / 82)
    wanted = confint_proportions_2indep(70, 82, 60, 82, method="newcomb", compare="diff")
    assert (low, high) == pytest.approx(wanted, abs=1e-6)


def test_the_page_tells_both_and_the_gap(both: Both) -> None:
    page = both_page(both)
    random, grouped = both.results.splits[:2]

    assert f"{random.accuracy:.1%}" in page.conclusion
    assert f"{grouped.accuracy:.1%}" in page.conclusion
    assert f"{both.results.gap * 100:+.1f} points" in page.conclusion
    assert write_report_of(both.folder) == both.folder / "report.html"


def test_without_copies_and_series_it_says_that_both_splits_are_the_same(both: Both) -> None:
    random, grouped, *others = both.results.splits
    alone = replace(grouped, groups=0, works_in_groups=0, largest_group=0)
    results = replace(both.results, splits=(random, alone, *others))

    text = both_page(replace(both, results=results)).conclusion

    assert text.startswith("No copies and no series were found, so that both splits are the same: ")
    assert f"{random.accuracy:.1%} of {random.test_works} test works" in text
    assert "gap" not in text


def test_finished_runs_are_taken_up_again_and_strange_folders_refused(
    both: Both, photographed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    before = (both.folder / "random" / "run.json").read_bytes()

    again = train_both(photographed, both.folder, quick, cache=cache)

    assert again.results == both.results
    assert (both.folder / "random" / "run.json").read_bytes() == before
    with pytest.raises(BadFolder, match="holds no runs on both splits"):
        open_both(tmp_path)
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(BadFolder, match=r"holds something else \(letter\.txt\)"):
        train_both(photographed, tmp_path, quick, cache=cache)
