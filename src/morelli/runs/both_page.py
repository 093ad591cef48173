"""The report of a collection split both ways: how much of the accuracy is memory."""

from pathlib import Path

from morelli.errors import writing
from morelli.markup import counted, share_of
from morelli.reporting.page import Block, Chart, Command, Page, Section, Table, Text
from morelli.reporting.plots import Interval, Reference, intervals_figure, svg_text
from morelli.reporting.report import write_report
from morelli.runs.both_folder import REPORT, Both, SplitFigures
from morelli.runs.page import again, asked, confusion_chart, warnings_of

READ_IT = (
    "On a random split a copy of a test work, or another work of its series, may have been learned "
    "from. A grouped split keeps these on one side: it is nearer to what a classifier will do on "
    "works from elsewhere. It is also harder for another reason: series are what an artist painted "
    "most, so that the gap is not all memory."
)


def write_both_report(both: Both) -> Path:
    """Write the report into the folder and return its path."""
    path = both.folder / REPORT
    with writing(both.folder):
        write_report(path, both_page(both))
    return path


def both_page(both: Both) -> Page:
    """Return the page of both splits."""
    grouped = both.runs["grouped"]
    return Page(
        kind="both splits",
        title="Random and grouped split",
        asked=tuple(pair for pair in asked(grouped) if pair[0] != "Works"),
        conclusion=conclusion(both),
        sections=(
            Section("Results", (_table(both), _chart(both), Text((READ_IT,)))),
            Section("Confusion", _confusions(both)),
            Section("How to repeat it", (_repeat(both),)),
        ),
        warnings=warnings_of(grouped, ""),
    )


def conclusion(both: Both) -> str:
    """Return what the figures say, in a paragraph."""
    random, grouped = both.results.splits[:2]
    low, high = both.results.gap_interval
    held = (
        f"{counted(grouped.works_in_groups, 'work')} in {counted(grouped.groups, 'group')} "
        "of copies and series"
    )
    if not grouped.groups:
        return (
            "No copies and no series were found, so that both splits are the same: "
            f"{random.accuracy:.1%} of {counted(random.test_works, 'test work')} were classified "
            "correctly."
        )
    verdict = (
        "Part of the first figure is memory."
        if low > 0
        else ("On so many works chance alone could make such a gap.")
    )
    works = counted(random.test_works, "test work")
    return (
        f"On a random split {random.accuracy:.1%} of {works} were classified correctly, with "
        f"{held} kept on one side {grouped.accuracy:.1%} of {grouped.test_works:,}: a gap of "
        f"{both.results.gap * 100:+.1f} points (95 % interval {low * 100:+.1f} to "
        f"{high * 100:+.1f}). {verdict}"
    )


def _name(row: SplitFigures) -> str:
    return f"grouped, {row.series} series" if row.series else "random"


def _table(both: Both) -> Table:
    rows = tuple(
        (
            _name(row),
            f"{row.test_works:,}",
            share_of(row.accuracy, row.test_works),
            f"{row.low:.3f} to {row.high:.3f}",
            f"{row.macro_f1:.4f}",
            f"{row.majority:.4f}",
            f"{row.groups:,}",
            f"{row.works_in_groups:,}",
            f"{row.largest_group:,}",
        )
        for row in both.results.splits
    )
    return Table(
        "Accuracy on test",
        (
            "split",
            "works",
            "accuracy",
            "95 % interval",
            "macro-F1",
            "majority",
            "groups",
            "works in them",
            "largest",
        ),
        rows,
        right=tuple(range(1, 9)),
        marked=(1,),
        note="Strict, middle and loose say how alike works of one series must be; the thresholds "
        "were fixed beforehand on works whose titles tell their series.",
    )


def _chart(both: Both) -> Chart:
    rows = both.results.splits
    title = "Accuracy by split"
    described = "; ".join(
        f"{_name(row)}: {row.accuracy:.3f} ({row.low:.3f} to {row.high:.3f})" for row in rows
    )
    intervals = [Interval(_name(row), row.accuracy, row.low, row.high) for row in rows]
    figure = intervals_figure(intervals, "accuracy", title, Reference(rows[1].majority))
    return Chart(title, svg_text(figure, title, described), described)


def _confusions(both: Both) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for way, run in both.runs.items():
        blocks += [Text((f"On the {way} split:",)), confusion_chart(run)]
    return tuple(blocks)


def _repeat(both: Both) -> Command:
    return Command("The same again", f"{again(both.runs['random'])} --split both --out NEW")
