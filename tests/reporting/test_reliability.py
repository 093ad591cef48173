"""The reliability diagram: accuracy by confidence, with bins of few works left out."""

import numpy as np
import pytest
from reporting.figures import WEIRD, texts

from morelli.evaluation.calibration import Reliability
from morelli.reporting.reliability import reliability_figure
from morelli.reporting.vector import svg_text

FULL = Reliability(0.3, 0.4, works=40, confidence=0.35, accuracy=0.3)
SURE = Reliability(0.9, 1.0, works=5, confidence=0.95, accuracy=0.9)
FEW = Reliability(0.6, 0.7, works=4, confidence=0.65, accuracy=0.0)


def test_a_bin_is_a_point_unless_its_works_are_few() -> None:
    axes = reliability_figure({"after": [FULL, FEW, SURE]}, "").axes[0]
    diagonal, curve = (np.asarray(line.get_xydata()).tolist() for line in axes.lines)

    assert diagonal == [[0, 0], [1, 1]]
    assert curve == [[0.35, 0.3], [0.95, 0.9]]


def test_the_last_curve_stands_out_and_each_is_named() -> None:
    figure = reliability_figure({"before": [FULL], "after": [FULL, SURE]}, "On top")
    _, before, after = figure.axes[0].lines

    assert after.get_linewidth() > before.get_linewidth()
    assert after.get_color() != before.get_color()
    assert {"before", "after", "how sure it was", "100 %"} <= set(texts(svg_text(figure, "T", "D")))


def test_without_a_bin_of_enough_works_only_the_diagonal_is_drawn() -> None:
    axes = reliability_figure({"after": [FEW]}, "").axes[0]

    assert [len(np.asarray(line.get_xydata())) for line in axes.lines] == [2, 0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", WEIRD)
def test_any_name_is_drawn(name: str) -> None:
    assert svg_text(reliability_figure({name: [FULL]}, name), name, name).startswith("<svg ")
