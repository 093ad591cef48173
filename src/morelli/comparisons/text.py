"""Figures of a comparison as text: differences, their intervals, and p."""

from morelli.evaluation.compare import Difference


def difference(figure: Difference) -> str:
    """Return a difference and its interval, such as "+0.012 (-0.003 to +0.027)"."""
    return f"{signed(figure.value)} ({signed(figure.low)} to {signed(figure.high)})"


def signed(value: float) -> str:
    """Return a difference with its sign, to three places; nought has none."""
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text


def probability(p: float) -> str:
    """Return a p to four places."""
    return f"{p:.4f}" if p >= 0.0001 else "below 0.0001"
