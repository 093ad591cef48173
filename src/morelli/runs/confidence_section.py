"""The part of a run's report that says how far its probabilities can be taken at their word."""

from morelli.evaluation.calibration import Calibration, Scaling
from morelli.markup import counted
from morelli.reporting.page import Chart, Section, Table
from morelli.reporting.reliability import Bins, reliability_figure
from morelli.reporting.vector import svg_text
from morelli.runs.folder import Run


def confidence_section(run: Run) -> Section:
    """Return calibration on test, before and after temperature scaling."""
    scaling = run.results.calibration
    return Section("Confidence", (_table(scaling), _diagram(run, scaling)))


def confidence_text(after: Calibration) -> str:
    """Return a sentence: whether the calibration error is what chance alone would give."""
    low, high = after.perfect
    verdict = "as a perfectly calibrated classifier would show"
    if after.ece < low:
        verdict = "less than chance alone would give"
    elif after.ece > high:
        verdict = "more than chance alone would give: read its percentages with care"
    return f"Its calibration error is {after.ece:.1%}, {verdict} ({low:.1%} to {high:.1%})."


def _table(scaling: Scaling) -> Table:
    scaled = (scaling.before, scaling.after)
    rows = [
        ("calibration error", *(_measured(one.ece, one.ece_interval) for one in scaled)),
        (
            "the error that chance alone would give",
            *(f"{one.perfect[0]:.4f} to {one.perfect[1]:.4f}" for one in scaled),
        ),
        ("log-loss", *(_measured(one.nll, one.nll_interval) for one in scaled)),
        ("Brier score", *(_measured(one.brier, one.brier_interval) for one in scaled)),
    ]
    return Table(
        "Before and after temperature scaling, on test",
        ("", "before", "after"),
        tuple(rows),
        right=(1, 2),
        note=f"Temperature {scaling.temperature:.3f}, fitted on val. The calibration error is the "
        "mean gap between how sure it was and how often it was right, over 15 bins; chance keeps "
        "it above 0 even for a perfect classifier. In brackets: 95 % by bootstrap over works.",
    )


def _measured(figure: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{figure:.4f} ({low:.3f} to {high:.3f})"


def _diagram(run: Run, scaling: Scaling) -> Chart:
    title = f"How sure and how right, {counted(run.results.test.works, 'test work')}"
    surest = [bin_ for bin_ in scaling.after.bins if bin_.works][-1]
    described = (
        f"{confidence_text(scaling.after)} Of the {counted(surest.works, 'work')} of which it was "
        f"surest, on average {surest.confidence:.1%}, {surest.accuracy:.1%} were right. On the "
        "dashed diagonal a classifier is as sure as it is right."
    )
    curves: dict[str, Bins] = {
        "before scaling": scaling.before.bins,
        "after scaling": scaling.after.bins,
    }
    return Chart(title, svg_text(reliability_figure(curves, title), title, described), described)
