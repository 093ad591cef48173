"""What a run's report says of "none of these", with strangers and without."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from comparisons.compared_runs import resign
from reported import block, blocks, section, texts, typed

from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.reporting.page import Chart, Command, Gallery, Page, Table, Text
from morelli.reporting.thumbnails import thumbnail
from morelli.runs.both import train_both
from morelli.runs.both_page import both_page
from morelli.runs.folder import STRANGERS, Run, open_run
from morelli.runs.page import run_page, write_run_report
from morelli.runs.strangers_section import SHOWN, UNTRIED, declining_text
from morelli.runs.train import train_run
from morelli.training.recipe import Recipe

TITLE = "None of these"


@pytest.fixture(scope="module")
def page(tried: Run) -> Page:
    """The page of the run."""
    return run_page(tried)


def scored(run: Run, out: Path, scores: Callable[[int], list[float]]) -> Run:
    """Copy a run with other scores of strangers, as if they had been so strange."""
    shutil.copytree(run.folder, out)
    table = pq.read_table(out / STRANGERS)
    other = pa.array(scores(len(table)), pa.float64())
    at = table.schema.get_field_index("strangeness")
    pq.write_table(table.set_column(at, "strangeness", other), out / STRANGERS)
    resign(out)
    return open_run(out)


def strangers(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(run.folder / STRANGERS).to_pylist()
    return rows


def test_it_says_how_many_are_kept_and_how_many_strangers_declined(tried: Run, page: Page) -> None:
    found = tried.results.none_of_these
    declined = found.strangers
    assert declined is not None
    first = section(page, TITLE).blocks[0]
    assert isinstance(first, Text)
    [said] = first.paragraphs

    assert said == declining_text(tried)
    assert said.startswith(f"Of {found.works} test works, {found.kept:.1%} are kept (95 % ")
    assert f"Of 36 works of 3 unknown artists, {declined.declined:.1%} are declined (" in said
    low, high = declined.auroc_interval
    assert said.endswith(f"AUROC {declined.auroc:.3f} ({low:.3f} to {high:.3f}).")


def test_without_strangers_it_says_how_to_try_it_and_shows_known_works_alone(run: Run) -> None:
    page = run_page(run)
    text, chart = section(page, TITLE).blocks

    assert isinstance(text, Text)
    assert text.paragraphs[0].endswith(UNTRIED)
    assert isinstance(chart, Chart)
    assert "test works, known: median" in chart.description
    assert chart.description.endswith(" About 0 is usual on val.")


def test_the_chart_says_in_words_what_it_shows(tried: Run, page: Page) -> None:
    chart = block(page, TITLE, Chart)
    scores = np.array([row["strangeness"] for row in strangers(tried)])
    limit = tried.results.none_of_these.limit

    assert f"36 works by strangers: median {np.median(scores):.2f}; " in chart.description
    assert f"declined above {limit:.2f}." in chart.description
    assert "36 works by strangers" in chart.svg
    assert "8 test works, known" in chart.svg


def test_each_maker_has_its_row_the_most_declined_first(tried: Run, page: Page) -> None:
    table = block(page, TITLE, Table)
    declining = tried.results.none_of_these.strangers
    assert declining is not None
    classes = declining.classes
    shares = [classes[name].declined for name, *_ in texts(table)]

    assert (table.caption, table.columns) == ("Strangers by maker", ("artist", "works", "declined"))
    assert sorted(name for name, *_ in texts(table)) == sorted(classes)
    assert shares == sorted(shares, reverse=True)
    for name, works, declined in texts(table):
        assert (works, declined) == ("12", f"{classes[name].declined:.0%}")


def test_strangers_that_were_kept_are_shown_the_surest_of_a_wrong_name_first(
    tried: Run, collection: Collection, tmp_path: Path
) -> None:
    limit = tried.results.none_of_these.limit
    kept = scored(tried, tmp_path / "kept", lambda count: [limit] * 15 + [limit + 1] * (count - 15))
    gallery = block(run_page(kept), TITLE, Gallery)
    names = sorted(kept.metrics["test"].classes)
    rows = sorted(strangers(kept)[:15], key=lambda row: -max(row["log_probabilities"]))[:SHOWN]
    images = collection.table(["work_id", "image"]).to_pylist()
    pictures = {row["work_id"]: thumbnail(row["image"]["bytes"]) for row in images}

    assert gallery.title == "Strangers taken for known makers"
    assert len(gallery.pictures) == SHOWN
    for picture, row in zip(gallery.pictures, rows, strict=True):
        told = names[int(np.argmax(row["log_probabilities"]))]
        sure = np.exp(max(row["log_probabilities"]))
        assert picture.source == pictures[row["work_id"]]
        assert picture.caption == (f"is {row['class']}", f"classified as {told} ({sure:.1%})")
        assert picture.alt == f"Work of {row['class']}, classified as {told}"


def test_where_all_strangers_are_declined_there_is_no_gallery(tried: Run, tmp_path: Path) -> None:
    declined = scored(tried, tmp_path / "declined", lambda count: [99.0] * count)

    page = run_page(declined)

    assert blocks(page, TITLE, Gallery) == []
    assert [type(each) for each in section(page, TITLE).blocks] == [Text, Chart, Table]
    write_run_report(declined)


def test_without_the_strangers_collection_figures_stay_and_pictures_go(
    tried: Run, listed: Collection, tmp_path: Path
) -> None:
    kept = scored(tried, tmp_path / "kept", lambda count: [-99.0] * count)
    for folder, why in ((tmp_path / "gone", "no finished"), (listed.folder, "no longer the")):
        page = run_page(replace(kept, about=replace(kept.about, unknown=str(folder))))

        *_, last = section(page, TITLE).blocks
        assert isinstance(last, Text)
        assert last.paragraphs[0].startswith(f"There are no pictures of strangers: {folder}")
        assert why in last.paragraphs[0]
        assert len(blocks(page, TITLE, Table)) == len(blocks(page, TITLE, Chart)) == 1


def test_of_another_task_makers_are_called_by_it(
    listed: Collection, paintings: Path, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(
        listed.folder.parent, tmp_path / "again", ignore=shutil.ignore_patterns("collection")
    )
    text = (folder / "works.csv").read_text("utf-8").replace("early", "a < b & $c$")
    (folder / "works.csv").write_text(text, encoding="utf-8")
    for path in folder.glob("*.jpg"):
        path.write_bytes(path.read_bytes() + b"\0")  # the same picture, another file
    given = ingest(folder / "works.csv", folder / "collection", size=48)
    recipe = replace(quick, task="style", epochs=1)

    run = train_run(listed, tmp_path / "run", recipe, unknown=given, cache=cache)

    assert re.search(r"Of 12 works of 1 unknown style, ", declining_text(run))
    table = block(run_page(run), TITLE, Table)
    assert (table.caption, table.columns[0]) == ("Strangers by style", "style")
    assert texts(table)[0][0] == "a < b & $c$"
    assert "a &lt; b &amp; $c$" in (run.folder / "report.html").read_text("utf-8")


def test_the_command_tries_it_on_the_same_strangers_again(
    tried: Run, page: Page, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORELLI_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)

    said = typed(block(page, "How to repeat it", Command), tmp_path / "again")

    assert open_run(tmp_path / "again").metrics == tried.metrics
    assert declining_text(tried) in said.replace("\n", " ")


def test_the_command_of_both_splits_names_the_strangers_too(
    three: Collection, collection: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    recipe = replace(quick, epochs=1)
    both = train_both(three, tmp_path / "both", recipe, unknown=collection, cache=cache)

    command = block(both_page(both), "How to repeat it", Command)

    assert f" --unknown-from {collection.folder} --split both --out NEW" in command.text


def test_the_report_is_the_same_bytes_again(tried: Run) -> None:
    before = (tried.folder / "report.html").read_bytes()

    assert write_run_report(open_run(tried.folder)) == tried.folder / "report.html"
    assert (tried.folder / "report.html").read_bytes() == before
