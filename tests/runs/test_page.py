"""The report of a run holds what was asked, how right it is, where it errs and how to repeat it."""

import html
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from comparisons.compared_runs import Rows, predictions, trained, with_predictions
from reported import NAMES, block, blocks, oddly_named, section, texts, typed

from morelli.data.collection import Collection
from morelli.markup import share_of
from morelli.reporting.page import Chart, Command, Gallery, Page, Table, Text
from morelli.runs.folder import PREDICTIONS, Run, open_run
from morelli.runs.page import REWARDS_MEMORY, run_page, saved, write_run_report
from morelli.runs.train import train_run
from morelli.training.recipe import Recipe

SECTIONS = [
    "Results",
    "Learning",
    "Classes",
    "Confidence",
    "None of these",
    "Works",
    "Cost",
    "How to repeat it",
]
LARGEST = 3_000_000


@pytest.fixture(scope="module")
def page(run: Run) -> Page:
    """The page of the run."""
    return run_page(run)


@pytest.fixture(scope="module")
def odd(paintings: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on classes of awkward names, in folders of awkward ones."""
    folder = tmp_path_factory.mktemp("odd") / "works & <b>$_\\frac{1}$"
    return trained(oddly_named(paintings, folder), folder / "a 'run'", cache)


def perfect(rows: Rows) -> Rows:
    """Return rows in which every work is told right."""
    for row in rows:
        sure = [-5.0] * len(row["log_probabilities"])
        sure[row["label"]] = float(np.log1p(-np.exp(-5.0) * (len(sure) - 1)))
        row["log_probabilities"] = sure
    return rows


def never_told(rows: Rows) -> Rows:
    """Return rows in which no work is classified as the first class."""
    for row in rows:
        row["log_probabilities"] = [-50.0, *row["log_probabilities"][1:]]
    return rows


def plain(path: Path) -> str:
    """The text of a report, without its marks."""
    return html.unescape(re.sub("<[^>]+>", " ", path.read_text(encoding="utf-8")))


def test_it_says_what_was_asked_of_what_data(run: Run, page: Page, collection: Collection) -> None:
    asked, split = dict(page.asked), run.about.split

    assert (page.kind, page.title) == ("run", "6 artists, classified by squeezenet1_1")
    assert asked["Question"] == "Which of 6 artists does a work belong to?"
    assert asked["Collection"].startswith(f"{collection.folder} (")
    assert all(value in asked["Collection"] for value in collection.source.values())
    parts = f"{split['train']} / {split['val']} / {split['test']}"
    assert asked["Works"] == f"{parts} in train / val / test, a random split by seed 0"
    assert asked["Network"] == "squeezenet1_1, weights: random, frozen"
    assert asked["Head"].startswith("32 hidden, dropout 0.5, learning rate 0.001, batch 16, ")
    assert [each.title for each in page.sections] == SECTIONS


def test_it_concludes_with_accuracy_interval_and_majority(run: Run, page: Page) -> None:
    rows = list(predictions(run).values())
    labels = [row["label"] for row in rows]
    told = [int(np.argmax(row["log_probabilities"])) for row in rows]
    right = sum(one == other for one, other in zip(labels, told, strict=True))
    low, high = run.metrics["test"].accuracy_interval
    majority = run.metrics["test"].majority

    assert (
        f"Of {len(rows)} test works, {right / len(rows):.1%} were classified correctly"
        in page.conclusion
    )
    assert f"(95 % interval {low:.1%} to {high:.1%})" in page.conclusion
    above = "above" if low > majority else "not beyond doubt above"
    assert f"that is {above} the {majority:.1%} of always answering" in page.conclusion
    assert page.conclusion.endswith(REWARDS_MEMORY)


def test_it_names_the_commonest_mistake(run: Run, page: Page) -> None:
    names = pq.read_schema(run.folder / PREDICTIONS).metadata[b"class_names"]
    counts: dict[tuple[int, int], int] = {}
    for row in predictions(run).values():
        pair = row["label"], int(np.argmax(row["log_probabilities"]))
        counts[pair] = counts.get(pair, 0) + (pair[0] != pair[1])
    most = max(counts.values())
    named = json.loads(names)

    said = re.search(
        r"The commonest mistake: (\d+) works? of (.+) classified as (.+?)\. ", page.conclusion
    )
    assert said is not None
    assert int(said[1]) == most
    assert counts[named.index(said[2]), named.index(said[3])] == most


def test_the_results_are_those_of_the_run_on_each_split(run: Run, page: Page) -> None:
    table = block(page, "Results", Table)

    other = run.results.otherwise
    assert [row[0] for row in table.rows] == [
        "train",
        "val",
        "test",
        "test, photographed otherwise",
    ]
    assert texts(table)[-1][2] == share_of(other.accuracy, run.results.test.works)
    for name, works, accuracy, interval, macro_f1, top5, majority in texts(table)[:-1]:
        metrics = run.metrics[name]
        low, high = metrics.accuracy_interval
        assert works == str(metrics.works)
        assert interval == f"{low:.3f} to {high:.3f}"
        assert metrics.top5_accuracy is not None
        shares = (metrics.accuracy, metrics.top5_accuracy, metrics.majority)
        assert [accuracy, top5, majority] == [share_of(share, metrics.works) for share in shares]
        assert macro_f1 == f"{metrics.macro_f1:.4f}"


def test_the_learning_curves_are_those_of_the_epochs(run: Run, page: Page) -> None:
    chart, [epochs] = block(page, "Learning", Chart), run.epochs()
    [best] = run.about.best_epochs

    assert chart.svg.startswith("<svg")
    assert f"Over {len(epochs)} epochs accuracy on val goes from" in chart.description
    assert f"{epochs[0].val_accuracy:.3f} to {epochs[-1].val_accuracy:.3f}" in chart.description
    assert f"best epoch is {best} with {epochs[best - 1].val_accuracy:.3f}" in chart.description


def test_the_confusion_matrix_is_of_test(run: Run, page: Page) -> None:
    chart, test = block(page, "Classes", Chart), run.results.test
    right = round(test.accuracy * test.works)

    assert chart.title == f"Confusion matrix of {test.works} test works"
    assert f"{right} of {test.works} are on the diagonal" in chart.description
    assert "The commonest mistake" in chart.description
    assert all(name in chart.svg for name in test.classes)


def test_the_cost_has_trainings_share_and_the_passes_that_were_saved(run: Run, page: Page) -> None:
    table, said = section(page, "Cost").blocks
    assert isinstance(table, Table)
    assert isinstance(said, Text)
    [epochs], seconds = run.epochs(), run.about.seconds
    features, training, whole = texts(table)

    assert features[1:] == (
        f"{seconds.features:.1f} s",
        f"{run.about.extracted} works extracted",
    )
    assert training[1:] == (
        f"{seconds.training:.1f} s",
        f"{len(epochs)} epochs, {seconds.training / len(epochs):.2f} s each",
    )
    share = seconds.training / seconds.all
    assert whole[1:] == (f"{seconds.all:.1f} s", f"training is {share:.0%} of it")
    split = run.about.split
    passes = len(epochs) * (split["train"] + split["val"]) + split["test"]
    assert f"would be {passes} passes through the network" in said.paragraphs[0]


def test_passes_saved_are_told_at_this_machines_pace() -> None:
    split = {"train": 60, "val": 20, "test": 20}

    assert "would be 820 passes" in saved(split, 10, 100, 5.0)
    assert saved(split, 10, 100, 5.0).endswith(
        "here there were 100. At the pace of this machine that saved about 36 s."
    )
    assert saved(split, 10, 100, 500.0).endswith("about 60 min.")
    assert saved(split, 10, 100, 5000.0).endswith("about 10.0 h.")
    assert saved(split, 1, 800, 5.0).endswith("about 0 s.")
    assert saved(split, 10, 0, 0.1).endswith("were 0, since all features were in the cache.")


def test_the_command_trains_the_same_run_again(
    run: Run, page: Page, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORELLI_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)

    typed(block(page, "How to repeat it", Command), tmp_path / "again")

    assert open_run(tmp_path / "again").metrics == run.metrics


def test_the_command_holds_where_paths_have_spaces_and_quotes(
    odd: Run, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORELLI_CACHE", str(cache))

    typed(block(run_page(odd), "How to repeat it", Command), tmp_path / "again")

    assert open_run(tmp_path / "again").metrics == odd.metrics


def test_random_weights_are_said_loudly(run: Run, page: Page) -> None:
    backbone = replace(run.about.backbone, origin="squeezenet1_1.safetensors")
    trained_before = replace(run, about=replace(run.about, backbone=backbone))

    [warning] = page.warnings
    assert warning.startswith("The backbone's weights were random: nothing was learned before")
    assert run_page(trained_before).warnings == ()


@pytest.mark.parametrize("changed", [False, True])
def test_without_the_collection_there_are_no_pictures_and_the_page_says_why(
    run: Run, collection: Collection, listed: Collection, tmp_path: Path, changed: bool
) -> None:
    if changed:
        shutil.copytree(listed.folder, tmp_path / "there")
    learned = replace(run.about.collection, folder=str(tmp_path / "there"))
    page = run_page(replace(run, about=replace(run.about, collection=learned)))
    why = "no longer the collection" if changed else "no finished collection"

    assert re.match(rf"There are no pictures in this report: .*there is {why}", page.warnings[-1])
    assert [each.title for each in page.sections] == [each for each in SECTIONS if each != "Works"]
    assert block(page, "Classes", Table).columns == ("class", "works", "precision", "recall", "F1")


def test_a_perfect_run_has_no_mistakes(run: Run, tmp_path: Path) -> None:
    page = run_page(with_predictions(run, tmp_path / "perfect", perfect))
    none, hardest = section(page, "Works").blocks

    assert none == Text(("Every test work was classified correctly.",))
    assert isinstance(hardest, Gallery)
    assert len(hardest.pictures) == 10
    assert "mistake" not in page.conclusion
    chart = block(page, "Classes", Chart)
    assert f"{run.metrics['test'].works} of" in chart.description
    write_run_report(open_run(tmp_path / "perfect"))


def test_a_class_that_is_never_told_has_a_row_and_no_right_examples(
    run: Run, tmp_path: Path
) -> None:
    other = with_predictions(run, tmp_path / "never", never_told)
    [name, *_] = other.metrics["test"].classes
    classes = other.results.test.classes
    classes[name] = replace(classes[name], precision=0.0, recall=0.0)
    page = run_page(other)

    row = block(page, "Classes", Table).rows[0]
    assert row[0] == name
    assert row[2:5] == ("0.000", "0.000", "0.000")
    assert row[5] == ()
    assert len(row[6]) == 2


def test_names_are_shown_as_they_are_written(odd: Run) -> None:
    shown = plain(odd.folder / "report.html")
    page = run_page(odd)

    assert sorted(str(row[0]) for row in block(page, "Classes", Table).rows) == sorted(NAMES)
    assert all(name in shown for name in NAMES)
    assert "<b>" not in (odd.folder / "report.html").read_text(encoding="utf-8")


def test_a_run_of_groups_or_views_says_so(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    recipe = replace(quick, split_by="series", views=1, epochs=1, task="style")
    page = run_page(train_run(listed, tmp_path / "run", recipe, cache=cache))

    assert page.conclusion.endswith(
        "The split is random: works of equal series stay on one side of it."
    )
    assert REWARDS_MEMORY not in page.conclusion
    assert page.title == "2 styles, classified by squeezenet1_1"
    assert dict(page.asked)["Head"].endswith("at most 1 epoch, 1 random view of each")
    assert [row[5] for row in texts(block(page, "Results", Table))] == [""] * 4
    assert len(blocks(page, "Learning", Chart)) == 1


def test_the_report_is_the_same_bytes_again_and_small(run: Run, odd: Run) -> None:
    for each in (run, odd):
        before = (each.folder / "report.html").read_bytes()

        assert write_run_report(open_run(each.folder)) == each.folder / "report.html"
        assert (each.folder / "report.html").read_bytes() == before
        assert len(before) < LARGEST


@pytest.mark.parametrize(
    ("changed", "ending"),
    [
        ({}, REWARDS_MEMORY),
        (
            {"split": "grouped"},
            "The split is grouped: copies of a work and works of one series stay on one side of "
            "it.",
        ),
        (
            {"split_by": "school"},
            "The split is random: works of equal school stay on one side of it.",
        ),
        (
            {"split": "grouped", "split_by": "school"},
            "The split is grouped: copies of a work and works of one series and works of equal "
            "school stay on one side of it.",
        ),
    ],
)
def test_the_conclusion_says_what_the_split_keeps_together(
    run: Run, changed: dict[str, Any], ending: str
) -> None:
    page = run_page(replace(run, recipe=replace(run.recipe, **changed)))

    assert page.conclusion.endswith(f" {ending}")


def test_of_several_heads_the_page_shows_mean_spread_and_true_time(
    listed: Collection, quick: Recipe, cache: Path, tmp_path: Path
) -> None:
    recipe = replace(quick, heads=3, epochs=6, patience=2, lr=0.02)
    run = train_run(listed, tmp_path / "run", recipe, cache=cache)
    page, heads, best = run_page(run), run.epochs(), run.about.best_epochs

    chart = block(page, "Learning", Chart)
    first = fmean(head[0].val_accuracy for head in heads)
    kept = [head[number - 1].val_accuracy for head, number in zip(heads, best, strict=True)]
    assert chart.title == "Accuracy by epoch, mean of 3 heads"
    assert f"accuracy on val goes from {first:.3f} to" in chart.description
    epochs = ", ".join(map(str, best))
    span = f"{min(kept):.3f} to {max(kept):.3f}"
    assert f"the heads are best at epochs {epochs} with {span}" in chart.description
    assert all(name in chart.svg for name in ("val, lowest head", "val, highest head"))
    assert dict(page.asked)["3 heads"].startswith("each 8 hidden, dropout 0.5")
    _, training, _ = texts(block(page, "Cost", Table))
    assert training[:2] == ("training 3 heads", f"{run.about.seconds.training:.1f} s")
