"""The part of a run's report that says how far its probabilities can be taken at their word."""

from typing import Any

from morelli.markup import counted
from morelli.reporting.page import Chart, Section, Table
from morelli.reporting.reliability import reliability_figure
from morelli.reporting.vector import svg_text
from morelli.runs.folder import Run

SCALED = ("before", "after")


def confidence_section(run: Run) -> Section:
    """Return calibration on test, before and after temperature scaling."""
    found = run.metrics["test"]["calibration"]
    return Section("Confidence", (_table(found), _diagram(run, found)))


def confidence_said(found: dict[str, Any]) -> str:
    """Return a sentence: whether the calibration error is what chance alone would give."""
    after = found["after"]
    low, high = after["perfect"]
    within = low <= after["ece"] <= high
    verdict = (
        "as a perfectly calibrated classifier would show"
        if within
        else (
            "less than chance alone would give"
            if after["ece"] < low
            else "more than chance alone would give: read its percentages with care"
        )
    )
    return f"Its calibration error is {after['ece']:.1%}, {verdict} ({low:.1%} to {high:.1%})."


def _table(found: dict[str, Any]) -> Table:
    measures = {"calibration error": "ece", "log-loss": "nll", "Brier score": "brier"}
    rows = [
        (said, *(_measured(found[name], key) for name in ("before", "after")))
        for said, key in measures.items()
    ]
    perfect = (f"{low:.4f} to {high:.4f}" for low, high in (found[n]["perfect"] for n in SCALED))
    rows.insert(1, ("the error that chance alone would give", *perfect))
    return Table(
        "Before and after temperature scaling, on test",
        ("", *SCALED),
        tuple(rows),
        right=(1, 2),
        note=f"Temperature {found['temperature']:.3f}, fitted on val. The calibration error is the "
        "mean gap between how sure it was and how often it was right, over 15 bins; chance keeps "
        "it above 0 even for a perfect classifier. In brackets: 95 % by bootstrap over works.",
    )


def _measured(figures: dict[str, Any], name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.4f} ({low:.3f} to {high:.3f})"


def _diagram(run: Run, found: dict[str, Any]) -> Chart:
    works = run.metrics["test"]["works"]
    title = f"How sure and how right, {counted(works, 'test work')}"
    sure = [each for each in found["after"]["bins"] if each["works"]][-1]
    described = (
        f"{confidence_said(found)} Of the {counted(sure['works'], 'work')} of which it was surest, "
        f"on average {sure['confidence']:.1%}, {sure['accuracy']:.1%} were right. On the dashed "
        "diagonal a classifier is as sure as it is right."
    )
    curves = {f"{name} scaling": found[name]["bins"] for name in SCALED}
    return Chart(title, svg_text(reliability_figure(curves, title), title, described), described)
