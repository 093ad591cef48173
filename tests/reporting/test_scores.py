"""The figure of scores: how known works and strangers are spread, and where the limit stands."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import StepPatch
from reporting.figures import SVG, WEIRD, texts

from morelli.reporting.plots import svg_text
from morelli.reporting.scores import scores_figure

KNOWN, STRANGE = ((np.random.default_rng(0).normal(at, 1, 200)).tolist() for at in (0, 2))
KINDS = {"known": KNOWN, "strangers": STRANGE}


def drawn(kinds: dict[str, list[float]], limit: float = 1.0, title: str = "On top") -> str:
    return svg_text(scores_figure(kinds, limit, title), "T", "D")


def spread(kinds: dict[str, list[float]], limit: float) -> list[list[float]]:
    """The heights of each kind's bars, as the figure has them."""
    axes = scores_figure(kinds, limit, "").axes[0]
    bars = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    return [np.asarray(bar.get_data()[0]).tolist() for bar in bars[::2]]


def test_the_same_scores_give_the_same_text_and_others_another() -> None:
    assert drawn(KINDS) == drawn(KINDS)
    assert drawn(KINDS) != drawn(KINDS, limit=1.5)
    assert drawn(KINDS) != drawn({**KINDS, "strangers": KNOWN})


def test_every_kind_has_the_same_area_and_its_name() -> None:
    few = {"known": KNOWN, "strangers": STRANGE[:7]}

    assert [sum(heights) for heights in spread(few, 1.0)] == pytest.approx([1, 1])
    assert {"known", "strangers"} <= set(texts(drawn(few)))
    assert "share of works; declined right of the dashed line" in texts(drawn(few))


def test_the_dashed_line_stands_at_the_limit_and_within_the_axes() -> None:
    for limit in (-50.0, 0.3, 50.0):
        axes = scores_figure(KINDS, limit, "").axes[0]
        [line] = [np.asarray(line.get_xdata()).tolist() for line in axes.lines]
        low, high = axes.get_xlim()

        assert line == [limit, limit]
        assert low <= limit <= high


def test_works_far_out_stand_in_the_outermost_bars() -> None:
    far = {"known": [*KNOWN, 1e6, -1e6]}
    axes = scores_figure(far, 1.0, "").axes[0]
    [bars] = spread(far, 1.0)

    assert np.ptp(axes.get_xlim()) < 10
    assert sum(bars) == pytest.approx(1)
    assert min(bars[0], bars[-1]) > 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "scores", [[0.5], [0.5, 0.5, 0.5], [0.5, 0.5000000001], [1e9], [0.0], [-3.0, 7.0]]
)
@pytest.mark.parametrize("limit", [0.5, -2.0])
def test_one_score_and_equal_scores_are_drawn(scores: list[float], limit: float) -> None:
    kinds = {"known": scores, "strangers": scores[:1]}

    assert len(texts(drawn(kinds, limit))) > 3
    assert [sum(heights) for heights in spread(kinds, limit)] == pytest.approx([1, 1])


@settings(max_examples=25)
@given(scores=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), limit=st.floats(-1e6, 1e6))
def test_any_scores_are_drawn_each_work_once(scores: list[float], limit: float) -> None:
    [bars] = spread({"known": scores}, limit)

    assert sum(bars) == pytest.approx(1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", WEIRD)
def test_any_name_is_drawn(name: str) -> None:
    svg = drawn({name: KNOWN, "strangers": STRANGE}, title=name)

    assert ET.fromstring(svg).tag == f"{SVG}svg"


@pytest.mark.parametrize("name", ["$x^$", "a_b & <c>", r"\alpha", "尾形光琳"])
def test_a_name_stands_as_it_is_written(name: str) -> None:
    assert name in texts(drawn({name: KNOWN}))


def test_a_name_too_long_for_the_figure_is_cut_with_an_ellipsis() -> None:
    [named] = [text for text in texts(drawn({"x" * 300: KNOWN})) if text.startswith("xx")]

    assert named.endswith("…")
    assert len(named) < 100
