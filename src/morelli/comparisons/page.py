"""The report of a comparison: which run is better, if any, and where runs differ."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from morelli.comparisons.comparison import Comparison
from morelli.comparisons.conclusion import beyond_chance, conclusion
from morelli.comparisons.differing_works import thumbnails, works_blocks
from morelli.comparisons.folder import REPORT
from morelli.comparisons.text import difference, probability, signed
from morelli.errors import UserError, writing
from morelli.evaluation.compare import RESAMPLES, Pair
from morelli.evaluation.metrics import SCORES, Metrics, Score
from morelli.markup import counted
from morelli.reporting.page import Block, Chart, Command, Page, Section, Table, Text
from morelli.reporting.plots import Interval, Reference, intervals_figure, svg_text
from morelli.reporting.report import write_report

CLASSES_SHOWN = 30
"""Classes in a table of wins and losses at most."""


def write_comparison_report(comparison: Comparison) -> Path:
    """Write the report of a comparison into its folder and return its path."""
    if comparison.folder is None:
        raise UserError("this comparison has no folder; give compare one for its report")
    path = comparison.folder / REPORT
    with writing(comparison.folder):
        write_report(path, comparison_page(comparison))
    return path


def comparison_page(comparison: Comparison) -> Page:
    """Return the page of a comparison; pictures are read from the first run's collection."""
    pictures, lacking = thumbnails(comparison)
    runs = comparison.runs
    named = " and ".join(run.name for run in runs) if len(runs) == 2 else f"{len(runs)} runs"
    random = [run.name for run in runs if run.origin == "random"]
    warnings = [
        f"The backbone's weights were random in {name}: only its head learned anything."
        for name in random
    ]
    return Page(
        kind="comparison",
        title=f"Comparison of {named}",
        asked=_asked(comparison),
        conclusion=f"{conclusion(comparison)} {_macro_f1(comparison)}",
        sections=(
            Section("The runs", _runs(comparison)),
            Section("The differences", _differences(comparison)),
            Section("Class by class", tuple(_classes(comparison, p) for p in comparison.pairs)),
            Section("Works on which they differ most", works_blocks(comparison, pictures)),
            Section("How to repeat it", _repeat(comparison)),
        ),
        warnings=(*warnings, *([lacking] if lacking else [])),
    )


def _asked(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    count = len(comparison.pairs)
    classes = counted(len(comparison.class_names), "class", "classes")
    collections = dict.fromkeys(run.collection for run in comparison.runs)
    corrected = f", corrected by Holm for {count} pairs" if count > 1 else ""
    return (
        ("Question", f"Does one run predict the {comparison.task} better, beyond chance?"),
        ("Runs", ", ".join(run.folder for run in comparison.runs)),
        ("Works", f"{counted(comparison.works, 'test work')} of {classes}, the same for all runs"),
        ("Collection", ", ".join(collections)),
        (
            "Test",
            f"McNemar's exact test of the works that just one run classified correctly{corrected}",
        ),
        (
            "Intervals",
            f"95 %, from {RESAMPLES:,} resamples of the works, the same for both runs "
            f"(seed {comparison.seed}); each stands by itself, without correction",
        ),
    )


def _macro_f1(comparison: Comparison) -> str:
    """Return what may be said of macro-F1, and how far all of it reaches."""
    reach = (
        "All of this holds for these very classifiers on works like these; "
        "trained with another seed or split they may come out otherwise."
    )
    if len(comparison.pairs) == 1:
        f1 = comparison.pairs[0].macro_f1
        without = "leaves out" if f1.shown else "includes"
        return (
            f"In macro-F1 the difference is {signed(f1.value)}, and its 95 % interval from "
            f"{signed(f1.low)} to {signed(f1.high)} {without} 0. {reach}"
        )
    shown = sum(pair.macro_f1.shown for pair in comparison.pairs)
    return (
        f"In macro-F1 the 95 % interval leaves out 0 for {shown} of {len(comparison.pairs)} pairs, "
        f"without correction for their number. {reach}"
    )


def _runs(comparison: Comparison) -> tuple[Block, ...]:
    scores = [score for score in SCORES if score.name in comparison.runs[0].metrics.scores]
    columns = ["run"]
    for score in scores:
        columns += [score.label, *(["95 % interval"] if score.name == "accuracy" else [])]
    figures = Table(
        f"Figures on the {counted(comparison.works, 'test work')}",
        tuple(columns),
        tuple((run.name, *_score_cells(run.metrics, scores)) for run in comparison.runs),
        right=tuple(range(1, len(columns))),
        note="Majority: accuracy of always answering the commonest training class. "
        "Intervals by Wilson.",
    )
    return figures, _settings(comparison)


def _score_cells(metrics: Metrics, scores: Sequence[Score]) -> Iterator[str]:
    for score in scores:
        yield score.text(metrics.score(score.name), metrics.works, ".3f")
        if score.name == "accuracy":
            yield "{:.3f} to {:.3f}".format(*metrics.accuracy_interval)


def _settings(comparison: Comparison) -> Block:
    """Return a table of the settings in which the runs differ."""
    recipes = [vars(run.settings) for run in comparison.runs]
    rows = [
        (name, *(_setting_text(recipe[name]) for recipe in recipes))
        for name in recipes[0]
        if any(recipe[name] != recipes[0][name] for recipe in recipes)
    ]
    if not rows:
        return Text(("All runs were trained by the same recipe.",))
    columns = ("setting", *(run.name for run in comparison.runs))
    return Table("Settings that differ", columns, tuple(rows))


def _setting_text(value: object) -> str:
    if isinstance(value, tuple):
        return "/".join(map(str, value)) or "default"
    return str(value) if value != "" else "default"


def _differences(comparison: Comparison) -> tuple[Block, ...]:
    pairs = comparison.pairs
    table = Table(
        "Each run against every later one: first minus second",
        ("first", "second", "accuracy", "macro-F1", "p after Holm"),
        tuple(
            tuple(run.name for run in comparison.of(pair))
            + (difference(pair.accuracy), difference(pair.macro_f1))
            + (probability(pair.p_holm),)
            for pair in pairs
        ),
        right=(2, 3, 4),
        marked=tuple(number for number, pair in enumerate(pairs) if beyond_chance(pair)),
        note="In brackets the 95 % interval. Marked: accuracy differs beyond chance "
        "(p after Holm below 0.05).",
    )
    charts = (_chart(comparison, "accuracy"), _chart(comparison, "macro_f1"))
    return table, *charts, _counts(comparison)


def _counts(comparison: Comparison) -> Table:
    """Return McNemar's table of every pair."""
    return Table(
        "Test works classified correctly",
        ("first", "second", "by both", "only by the first", "only by the second")
        + ("by neither", "p"),
        tuple(
            tuple(run.name for run in comparison.of(pair))
            + tuple(
                f"{works:,}"
                for works in (pair.both, pair.only_first, pair.only_second, pair.neither)
            )
            + (probability(pair.p),)
            for pair in comparison.pairs
        ),
        right=(2, 3, 4, 5, 6),
        note="McNemar's test looks at the works that only one classified correctly: if neither "
        "run is better, such a work is as likely to be either's.",
    )


def _chart(comparison: Comparison, name: str) -> Chart:
    """Return the differences of all pairs in one figure, with their intervals and nought."""
    quantity = {"accuracy": "accuracy", "macro_f1": "macro-F1"}[name]
    differences = [
        (" minus ".join(run.name for run in comparison.of(pair)), getattr(pair, name))
        for pair in comparison.pairs
    ]
    title = f"Difference in {quantity}"
    description = f"{title}, with 95 % intervals: " + "; ".join(
        f"{names} {difference(figure)}" for names, figure in differences
    )
    figure = intervals_figure(
        [Interval(names, one.value, one.low, one.high) for names, one in differences],
        f"difference in {quantity}: first minus second",
        "",
        Reference(0.0, "no difference:"),
    )
    return Chart(title, svg_text(figure, title, description), description)


def _classes(comparison: Comparison, pair: Pair) -> Block:
    """Return a table of the classes of which just one run classified works correctly."""
    first, second = (run.name for run in comparison.of(pair))
    classes = [
        (name, works, won, lost)
        for name, works, won, lost in zip(
            comparison.class_names, comparison.class_works, pair.won, pair.lost, strict=True
        )
        if won + lost
    ]
    if not classes:
        return Text((f"{first} and {second} classified the same works of every class correctly.",))
    classes.sort(key=lambda row: (-abs(row[2] - row[3]), -row[2] - row[3], row[0]))
    more = len(classes) - CLASSES_SHOWN
    return Table(
        f"{first} and {second}: works that just one classified correctly",
        (comparison.task, "test works", f"only {first}", f"only {second}"),
        tuple(
            (name, f"{works:,}", f"{won:,}", f"{lost:,}")
            for name, works, won, lost in classes[:CLASSES_SHOWN]
        ),
        right=(1, 2, 3),
        note="The most unequal first."
        + (f" {counted(more, 'more class', 'more classes')} in results.json." if more > 0 else ""),
    )


def _repeat(comparison: Comparison) -> tuple[Block, ...]:
    digests = Table(
        "The runs as they were compared",
        ("run", "folder", "digest of run.json"),
        tuple((run.name, run.folder, run.digest) for run in comparison.runs),
    )
    return Command("Compare again", comparison.command), digests
