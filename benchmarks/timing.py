"""Ratios that hold on noisy machines: what is compared runs in turn, in one process, in rounds."""

import statistics
import time
from collections.abc import Callable, Mapping


def rounds(
    named: Mapping[str, Callable[[], object]], count: int, *, warm_up: bool = True
) -> dict[str, list[float]]:
    """Run each function in turn, `count` times, and return the seconds of each by name."""
    seconds: dict[str, list[float]] = {name: [] for name in named}
    for number in range(-1 if warm_up else 0, count):
        for name, function in named.items():
            started = time.perf_counter()
            function()
            if number >= 0:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def spread(values: list[float]) -> str:
    """Return median, least and largest."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.3f} (from {low:.3f} to {high:.3f})"
