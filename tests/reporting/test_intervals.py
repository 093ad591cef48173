"""Values stand with their intervals, beside what they are compared with."""

from reporting.figures import texts
from reporting.sample import SETTINGS

from morelli.reporting.intervals import Interval, Reference, intervals_figure
from morelli.reporting.vector import svg_text


def test_intervals_say_their_values_and_the_baseline() -> None:
    rows = [Interval(SETTINGS[0], 0.81, 0.78, 0.84), Interval(SETTINGS[1], 0.7)]
    figure = intervals_figure(rows, "accuracy", "", Reference(0.213))
    written = texts(svg_text(figure, "T", "D"))

    assert {"0.810", "0.700", "accuracy", "majority baseline 0.213"} <= set(written)
    assert all(name in " ".join(written) for name in SETTINGS[:2])
    bare = intervals_figure([Interval("a", 0.5, 0.4, 0.6)], "accuracy", "")
    assert "majority" not in " ".join(texts(svg_text(bare, "T", "D")))
