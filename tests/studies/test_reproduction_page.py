"""The report of a reproduction: the slides' figures beside ours, and what is known of both."""

import pytest
from hub_server import REVISION
from reported import block, blocks, section, texts
from studies.reproduced import SAMPLE, SLIDES, Reproduced
from studies.small_studies import figures_of

from morelli.markup import share_of
from morelli.reporting.page import Command, Page, Table
from morelli.studies.reproduction_page import reproduction_page, write_reproduction_report

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def page(reproduction: Reproduced) -> Page:
    """Its page."""
    return reproduction_page(reproduction.made)


def test_it_ends_with_the_slides_figures_beside_ours(reproduction: Reproduced, page: Page) -> None:
    table = block(page, "The slides' rows", Table)
    works = reproduction.made.slides.results.works["test"]
    ours = [figures_of(row, "test").accuracy for row in reproduction.made.slides.results.settings]

    expected = [
        ("not given", share_of(own, works), "")
        if slides is None
        else (f"{slides:.4f}", share_of(own, works), f"{own - slides:+.4f}")
        for slides, own in zip(SLIDES, ours, strict=True)
    ]
    assert [row[4:7] for row in texts(table)] == expected
    assert [row[0] for row in texts(table)] == ["resnet18"] * 5 + ["resnet50"] + ["alexnet"] * 5
    text = (reproduction.made.folder / "report.html").read_text(encoding="utf-8")
    assert all(f"{slides:.4f}" in text for slides in (*SLIDES, 0.5111) if slides is not None)


def test_the_subset_stands_with_and_without_unknown_artist_each_with_its_majority(
    reproduction: Reproduced, page: Page
) -> None:
    table = block(page, "The sampled subset", Table)

    assert [row[0] for row in texts(table)] == ["without", "with"]
    for row, (name, run) in zip(texts(table), reproduction.made.subsets.items(), strict=True):
        test = run.results.test
        assert ("Unknown Artist" in test.classes) == (name == "subset-with-unknown")
        assert row[3:5] == ("0.5111", share_of(test.accuracy, test.works))
        assert row[7] == share_of(test.majority, test.works)
        assert run.recipe.dropout == 0.4
        assert (run.recipe.lr, run.recipe.epochs, run.recipe.views) == (1e-4, 5, 1)


def test_the_conclusion_counts_the_slides_figures_within_our_intervals(
    reproduction: Reproduced, page: Page
) -> None:
    rows = [
        (slides, figures_of(row, "test").low, figures_of(row, "test").high)
        for slides, row in zip(SLIDES, reproduction.made.slides.results.settings, strict=True)
        if slides is not None
    ]
    within = sum(low <= slides <= high for slides, low, high in rows)
    below = sum(slides < low for slides, low, _ in rows)

    assert page.conclusion.startswith(
        f"Of 10 accuracies that the slides print, {within} lie within our 95 % interval, "
        f"{below} below it and {10 - within - below} above it. "
    )
    assert page.conclusion.endswith(reproduction.made.grid.conclusion)


def test_the_page_says_what_it_is_made_of_and_warns(reproduction: Reproduced, page: Page) -> None:
    artists = reproduction.made.slides.chosen.metrics["test"].classes

    assert dict(page.asked)["Four artists"].startswith(", ".join(artists))
    assert len(artists) == 4
    assert "museum/paintings" in dict(page.asked)["Source"]
    random, source = page.warnings
    assert random.startswith("The networks' weights were random")
    assert source.startswith("The source is not the Hub's huggan/wikiart")
    known, unknown = section(page, "What is and is not known of the difference").blocks
    assert f"{reproduction.made.slides.results.works['test']} test works give" in str(known)
    assert "Unknown Artist" in str(unknown)
    assert dict(page.asked)["Views"] == "1 random view of each training work"
    assert [row[0] for row in texts(block(page, "Cost of the slides' rows", Table))] == [
        "resnet18",
        "resnet50",
        "alexnet",
    ]
    settings, tested = blocks(page, "The whole grid", Table)
    assert len(settings.rows) == 27
    assert len(tested.rows) == 1
    command = block(page, "How to repeat it", Command).text
    assert command.startswith(f"morelli reproduce NEW --source hub:museum/paintings@{REVISION}")
    assert command.endswith(f"--weights random --views 1 --sample {SAMPLE}")


def test_the_report_is_the_same_bytes_again_and_small(reproduction: Reproduced) -> None:
    before = (reproduction.made.folder / "report.html").read_bytes()

    assert write_reproduction_report(reproduction.made).read_bytes() == before
    assert len(before) < 3_000_000
