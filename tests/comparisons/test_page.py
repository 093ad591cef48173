"""The report of a comparison says what was compared, what it shows, and where runs differ."""

import html
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from comparisons.compared_runs import shuffled, told_otherwise, trained

from morelli.comparisons.compare import compare
from morelli.comparisons.comparison import Comparison, conclusion, difference, probability
from morelli.comparisons.page import CLASSES_SHOWN, comparison_page
from morelli.data.collection import Collection
from morelli.data.pictures import pictures_of
from morelli.reporting.page import Chart, Command, Gallery, Page, Section, Table, Text
from morelli.reporting.pictures import thumbnail
from morelli.runs.folder import Run


@pytest.fixture(scope="module")
def second(collection: Collection, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Another run on the same works."""
    return trained(collection, tmp_path_factory.mktemp("second") / "second", cache)


@pytest.fixture(scope="module")
def found(run: Run, second: Run) -> Comparison:
    """The two compared."""
    return compare([run, second])


def section(page: Page, title: str) -> Section:
    [found] = [each for each in page.sections if each.title == title]
    return found


def away(found: Comparison, collection: Path) -> Comparison:
    """Return a comparison whose collection is said to be elsewhere."""
    runs = tuple(replace(run, collection=str(collection)) for run in found.runs)
    return replace(found, runs=runs)


def test_it_says_what_was_asked_and_what_follows(found: Comparison) -> None:
    page, [pair] = comparison_page(found), found.pairs

    assert (page.kind, page.title) == ("comparison", "Comparison of run and second")
    asked = dict(page.asked)
    assert asked["Works"] == "15 test works of 6 classes, the same for all runs"
    assert asked["Collection"] == found.runs[0].collection
    assert "Holm" not in asked["Test"]
    assert page.conclusion.startswith(conclusion(found))
    assert f"In macro-F1 the difference is {pair.macro_f1.value:+.3f}" in page.conclusion
    assert ("leaves out 0" if pair.macro_f1.shown else "includes 0") in page.conclusion
    assert "with another seed or split they may come out otherwise" in page.conclusion


def test_it_warns_of_random_weights(found: Comparison) -> None:
    trained = replace(found, runs=tuple(replace(run, origin="a.safetensors") for run in found.runs))

    assert [each.split(":")[0] for each in comparison_page(found).warnings] == [
        "The backbone's weights were random in run",
        "The backbone's weights were random in second",
    ]
    assert comparison_page(trained).warnings == ()


def test_runs_stand_with_their_figures_and_the_settings_that_differ(found: Comparison) -> None:
    figures, settings = section(comparison_page(found), "The runs").blocks

    assert isinstance(figures, Table)
    assert isinstance(settings, Table)
    for run, row in zip(found.runs, figures.rows, strict=True):
        low, high = run.accuracy_interval
        assert row == (
            run.name,
            f"{run.accuracy:.3f}",
            f"{low:.3f} to {high:.3f}",
            f"{run.macro_f1:.3f}",
            f"{run.majority:.3f}",
        )
    assert settings.columns == ("setting", "run", "second")
    assert settings.rows == (("hidden", "32", "8"), ("epochs", "6", "3"), ("seed", "0", "1"))


def test_pairs_stand_with_their_figures_two_charts_and_mcnemars_table(found: Comparison) -> None:
    table, accuracy, macro_f1, works = section(comparison_page(found), "The differences").blocks
    [pair] = found.pairs

    assert isinstance(table, Table)
    [row] = table.rows
    counts = (pair.both, pair.only_first, pair.only_second, pair.neither)
    assert row[:4] == ("run", "second", difference(pair.accuracy), difference(pair.macro_f1))
    assert row[4:] == (probability(pair.p_holm),)
    assert isinstance(works, Table)
    assert works.rows == (("run", "second", *map(str, counts), probability(pair.p)),)
    assert table.marked == ((0,) if pair.p_holm < 0.05 else ())
    for chart, each in ((accuracy, pair.accuracy), (macro_f1, pair.macro_f1)):
        assert isinstance(chart, Chart)
        assert chart.svg.startswith("<svg")
        assert f"run minus second {difference(each)}" in chart.description
    assert accuracy != macro_f1


def test_classes_stand_with_wins_and_losses_the_most_unequal_first(found: Comparison) -> None:
    [table] = section(comparison_page(found), "Class by class").blocks
    [pair] = found.pairs

    assert isinstance(table, Table)
    assert table.columns == ("artist", "test works", "only run", "only second")
    wins = dict(zip(found.class_names, zip(pair.won, pair.lost, strict=True), strict=True))
    told = {str(name): (int(str(won)), int(str(lost))) for name, _, won, lost in table.rows}
    assert told == {name: each for name, each in wins.items() if any(each)}
    apart = [abs(won - lost) for won, lost in told.values()]
    assert apart == sorted(apart, reverse=True)


def test_of_very_many_classes_the_most_unequal_are_shown(found: Comparison) -> None:
    classes = CLASSES_SHOWN + 2
    names = tuple(f"painter {number:02}" for number in range(classes))
    ones, none = (1,) * classes, (0,) * classes
    many = replace(
        found,
        class_names=names,
        class_works=ones,
        pairs=(replace(found.pairs[0], won=(*ones[:-1], 3), lost=none),),
    )
    [table] = section(comparison_page(many), "Class by class").blocks

    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == [names[-1], *names[: CLASSES_SHOWN - 1]]
    assert table.note.endswith(" 2 more classes in results.json.")


def test_works_are_shown_with_what_each_run_said(found: Comparison) -> None:
    ahead, behind = section(comparison_page(found), "Works on which they differ most").blocks
    assert isinstance(ahead, Gallery)
    assert isinstance(behind, Gallery)

    assert ahead.title == "run gave the true artist more than second"
    assert behind.title == "second gave the true artist more than run"
    for gallery, works in ((ahead, found.first_ahead[0]), (behind, found.second_ahead[0])):
        data = pictures_of(found.runs[0].collection, [(work.shard, work.row) for work in works])
        for picture, work in zip(gallery.pictures, works, strict=True):
            assert picture.source == thumbnail(data[work.shard, work.row])
            assert work.class_name in picture.alt
            true, one, other = picture.caption
            assert true == f"True: {work.class_name}"
            assert one.startswith(f"run: {work.told[0]}, {work.sure[0]:.0%}")
            assert other.startswith(f"second: {work.told[1]}, {work.sure[1]:.0%}")
            assert ("(true one " in one) == (work.told[0] != work.class_name)


@pytest.mark.parametrize("changed", [False, True])
def test_without_the_collection_works_are_listed_and_the_page_says_why(
    found: Comparison, collection: Collection, tmp_path: Path, changed: bool
) -> None:
    if changed:
        shutil.copytree(collection.folder, tmp_path / "gone")
        wrong = replace(found.first_ahead[0][0], work_id="another")
        found = replace(found, first_ahead=((wrong, *found.first_ahead[0][1:]),))
    page = comparison_page(away(found, tmp_path / "gone"))
    why = "no longer the collection" if changed else "no finished collection"

    assert re.search(rf"^Works are shown without pictures: .*gone is {why}", page.warnings[-1])
    for block, works in zip(
        section(page, "Works on which they differ most").blocks,
        (found.first_ahead[0], found.second_ahead[0]),
        strict=True,
    ):
        assert isinstance(block, Table)
        assert [row[:2] for row in block.rows] == [(w.work_id[:12], w.class_name) for w in works]


def test_equal_runs_have_a_page_without_wins_or_works(run: Run, tmp_path: Path) -> None:
    found = compare([run, told_otherwise(run, tmp_path / "same", shuffled)])
    page = comparison_page(found)

    assert page.conclusion.startswith("run and same told the very same of the 15 test works right")
    for title in ("Class by class", "Works on which they differ most"):
        assert all(isinstance(each, Text) for each in section(page, title).blocks)
    assert Text(("All runs were trained by the same recipe.",)) in section(page, "The runs").blocks


def test_three_runs_have_a_row_a_class_table_and_two_galleries_for_each_pair(
    collection: Collection, run: Run, second: Run, cache: Path, tmp_path: Path
) -> None:
    third = trained(collection, tmp_path / "third", cache, epochs=1)
    found = compare([run, second, third])
    split = replace(found.runs[2], settings=found.runs[2].settings | {"counts": [42, 15, 15]})
    page = comparison_page(replace(found, runs=(*found.runs[:2], split)))

    assert page.title == "Comparison of 3 runs"
    assert dict(page.asked)["Test"].endswith("corrected by Holm for 3 pairs")
    assert re.search(r"leaves out 0 for \d of 3 pairs, without correction", page.conclusion)
    table = section(page, "The differences").blocks[0]
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows] == [
        ("run", "second"),
        ("run", "third"),
        ("second", "third"),
    ]
    assert len(section(page, "Class by class").blocks) == 3
    assert len(section(page, "Works on which they differ most").blocks) == 6
    settings = section(page, "The runs").blocks[1]
    assert isinstance(settings, Table)
    assert ("counts", "default", "default", "42/15/15") in settings.rows


def test_it_says_how_to_repeat_it(run: Run, second: Run, found: Comparison) -> None:
    command, digests = section(comparison_page(found), "How to repeat it").blocks

    assert command == Command("Compare again", f"morelli compare {run.folder} {second.folder}")
    assert isinstance(digests, Table)
    assert [row[2] for row in digests.rows] == [run.about["digest"], second.about["digest"]]


def test_the_report_is_the_page_as_a_file(run: Run, second: Run, tmp_path: Path) -> None:
    out = tmp_path / "my comparison"
    found = compare([run, second], out)
    text = (out / "report.html").read_text(encoding="utf-8")

    plain = html.unescape(re.sub("<[^>]+>", "", text))
    assert conclusion(found) in plain
    assert f"--out '{out}'" in plain
    assert text.count("data:image/jpeg") == sum(
        len(each[0]) for each in (found.first_ahead, found.second_ahead)
    )
