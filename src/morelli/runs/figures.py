"""The figures of a run as a table, on the terminal and in its report: a row a split."""

from collections.abc import Iterator

from morelli.evaluation.metrics import SCORES, Metrics
from morelli.runs.folder import Run

INTERVAL = "95 % interval"
"""What the column of accuracy's interval is called."""


def figure_columns() -> tuple[str, ...]:
    """Return the columns: works, and every score, accuracy with its interval."""
    columns = ["", "works"]
    for score in SCORES:
        columns += [score.label, *([INTERVAL] if score.name == "accuracy" else [])]
    return tuple(columns)


def figure_cells(run: Run) -> Iterator[tuple[str, ...]]:
    """Yield the rows of train, val, test, and of the test works photographed otherwise."""
    for split, metrics in run.metrics.items():
        yield split, *_cells(metrics)
    # What was not measured of them stays empty, but for what does not hang on the photograph.
    test, otherwise = run.results.test, run.results.otherwise
    cells = ["test, photographed otherwise", f"{test.works:,}"]
    for score in SCORES:
        value = test.majority if score.name == "majority" else getattr(otherwise, score.name, None)
        cells.append(score.text(value, test.works))
        if score.name == "accuracy":
            cells.append(_interval(otherwise.accuracy_interval))
    yield tuple(cells)


def _cells(metrics: Metrics) -> Iterator[str]:
    yield f"{metrics.works:,}"
    for score in SCORES:
        yield score.text(metrics.score(score.name), metrics.works)
        if score.name == "accuracy":
            yield _interval(metrics.accuracy_interval)


def _interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}"
