"""The report of a comparison says what was compared, and what it shows."""

import html
import re
from dataclasses import replace
from pathlib import Path

from comparisons.compared_runs import shuffled, with_predictions
from comparisons.fixed import fixed_comparison
from reported import block, blocks, section, texts
from reporting.plain import plain_text
from syrupy.assertion import SnapshotAssertion

from morelli.comparisons.compare import compare
from morelli.comparisons.comparison import Comparison
from morelli.comparisons.conclusion import conclusion
from morelli.comparisons.page import CLASSES_SHOWN, comparison_page
from morelli.comparisons.text import difference, probability
from morelli.evaluation.metrics import SCORES
from morelli.reporting.page import Chart, Command, Gallery, Table, Text
from morelli.runs.folder import Run


def test_a_page_reads_as_it_did(snapshot: SnapshotAssertion) -> None:
    assert plain_text(comparison_page(fixed_comparison())) == snapshot


def test_its_figures_are_those_of_the_comparison(written: Comparison) -> None:
    page, [pair] = comparison_page(written), written.pairs
    counts = (pair.both, pair.only_first, pair.only_second, pair.neither)
    table, works = blocks(page, "The differences", Table)

    assert page.conclusion.startswith(conclusion(written))
    assert ("leaves out 0" if pair.macro_f1.shown else "includes 0") in page.conclusion
    assert dict(page.asked)["Collection"] == written.runs[0].collection
    assert texts(table) == [
        (
            "run",
            "second",
            difference(pair.accuracy),
            difference(pair.macro_f1),
            probability(pair.p_holm),
        )
    ]
    assert table.marked == ((0,) if pair.p_holm < 0.05 else ())
    assert texts(works) == [("run", "second", *map(str, counts), probability(pair.p))]


def test_every_score_that_applies_has_a_column_with_the_runs_figures(written: Comparison) -> None:
    table, _ = blocks(comparison_page(written), "The runs", Table)
    metrics = [run.metrics for run in written.runs]
    applying = [score for score in SCORES if metrics[0].score(score.name) is not None]

    assert table.columns == (
        "run",
        "accuracy",
        "95 % interval",
        *(score.label for score in applying[1:]),
    )
    for (_, accuracy, interval, *others), own in zip(texts(table), metrics, strict=True):
        low, high = own.accuracy_interval
        assert accuracy == f"{round(own.accuracy * own.works)} of {own.works}"
        assert interval == f"{low:.3f} to {high:.3f}"
        assert others == [
            score.text(own.score(score.name), own.works, ".3f") for score in applying[1:]
        ]


def test_only_runs_of_random_weights_are_warned_of(written: Comparison) -> None:
    trained = tuple(replace(run, origin="a.safetensors") for run in written.runs)

    assert [warning.split(":")[0] for warning in comparison_page(written).warnings] == [
        "The backbone's weights were random in run",
        "The backbone's weights were random in second",
    ]
    assert comparison_page(replace(written, runs=trained)).warnings == ()


def test_the_settings_that_differ_are_those_of_the_runs_recipes(written: Comparison) -> None:
    _, settings = blocks(comparison_page(written), "The runs", Table)

    assert settings.columns == ("setting", "run", "second")
    assert settings.rows == (("hidden", "32", "8"), ("epochs", "6", "3"), ("seed", "0", "1"))


def test_accuracy_and_macro_f1_have_a_figure_each_that_says_its_intervals(
    written: Comparison,
) -> None:
    charts = blocks(comparison_page(written), "The differences", Chart)
    [pair] = written.pairs

    for chart, figure in zip(charts, (pair.accuracy, pair.macro_f1), strict=True):
        assert chart.svg.startswith("<svg")
        assert f"run minus second {difference(figure)}" in chart.description
    assert charts[0].svg != charts[1].svg


def test_classes_stand_with_wins_and_losses_the_most_unequal_first(written: Comparison) -> None:
    table = block(comparison_page(written), "Class by class", Table)
    [pair] = written.pairs

    wins = dict(zip(written.class_names, zip(pair.won, pair.lost, strict=True), strict=True))
    shown = {str(name): (int(str(won)), int(str(lost))) for name, _, won, lost in table.rows}
    assert shown == {name: both for name, both in wins.items() if any(both)}
    unequal = [abs(won - lost) for won, lost in shown.values()]
    assert unequal == sorted(unequal, reverse=True)


def test_of_very_many_classes_the_most_unequal_are_shown() -> None:
    comparison, classes = fixed_comparison(), CLASSES_SHOWN + 2
    names = tuple(f"painter {number:02}" for number in range(classes))
    ones, none = (1,) * classes, (0,) * classes
    pair = replace(comparison.pairs[0], won=(*ones[:-1], 3), lost=none)
    many = replace(comparison, class_names=names, class_works=ones, pairs=(pair,))

    table = block(comparison_page(many), "Class by class", Table)

    assert [row[0] for row in table.rows] == [names[-1], *names[: CLASSES_SHOWN - 1]]
    assert table.note.endswith(" 2 more classes in results.json.")


def test_equal_runs_have_a_page_without_wins_or_works(run: Run, tmp_path: Path) -> None:
    page = comparison_page(compare([run, with_predictions(run, tmp_path / "same", shuffled)]))

    assert page.conclusion.startswith(
        "run and same classified the very same of the 15 test works correctly"
    )
    for title in ("Class by class", "Works on which they differ most"):
        assert all(isinstance(part, Text) for part in section(page, title).blocks)
    assert Text(("All runs were trained by the same recipe.",)) in section(page, "The runs").blocks


def test_three_runs_have_a_row_a_class_table_and_two_galleries_for_each_pair(
    run: Run, second: Run, third: Run
) -> None:
    comparison = compare([run, second, third])
    last = comparison.runs[2]
    split = replace(last, settings=replace(last.settings, counts=(42, 15, 15)))
    page = comparison_page(replace(comparison, runs=(*comparison.runs[:2], split)))
    names = ["run", str(second.folder), str(third.folder)]

    assert page.title == "Comparison of 3 runs"
    assert dict(page.asked)["Test"].endswith("corrected by Holm for 3 pairs")
    assert re.search(r"leaves out 0 for \d of 3 pairs, without correction", page.conclusion)
    table, _ = blocks(page, "The differences", Table)
    assert [row[:2] for row in table.rows] == [
        (names[0], names[1]),
        (names[0], names[2]),
        (names[1], names[2]),
    ]
    assert len(section(page, "Class by class").blocks) == 3
    assert len(blocks(page, "Works on which they differ most", Gallery)) == 6
    _, settings = blocks(page, "The runs", Table)
    assert ("counts", "default", "default", "42/15/15") in settings.rows


def test_it_says_how_to_repeat_it(run: Run, second: Run) -> None:
    command, digests = section(comparison_page(compare([run, second])), "How to repeat it").blocks

    assert command == Command("Compare again", f"morelli compare {run.folder} {second.folder}")
    assert isinstance(digests, Table)
    assert [row[2] for row in digests.rows] == [run.about.digest, second.about.digest]


def test_the_report_is_the_page_as_a_file(written: Comparison) -> None:
    assert written.folder is not None
    text = (written.folder / "report.html").read_text(encoding="utf-8")
    plain = html.unescape(re.sub("<[^>]+>", "", text))

    assert conclusion(written) in plain
    assert f"--out {written.folder}" in plain
    assert text.count("data:image/jpeg") == sum(
        len(ahead[0]) for ahead in (written.first_ahead, written.second_ahead)
    )
