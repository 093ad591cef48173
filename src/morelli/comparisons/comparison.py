"""What a comparison of runs found, and what may be said of it."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from morelli.evaluation.compare import Difference, Pair
from morelli.markup import counted, html_table

LEVEL = 0.05
"""A difference in accuracy is beyond chance if its p after Holm's correction is below."""


@dataclass(frozen=True)
class Compared:
    """A run that was compared, as it was then.

    Attributes:
        name: Its folder's name, or the whole path where two have the same name.
        folder: Its path, as given.
        digest: The digest of its `run.json`.
        collection: Folder of the collection that it learned from.
        origin: Where its backbone's weights came from.
        settings: Its recipe.
        accuracy: On the test works.
        accuracy_interval: Its 95 % interval (Wilson 1927), (low, high).
        macro_f1: On the test works.
        majority: Accuracy of always answering the commonest training class.
    """

    name: str
    folder: str
    digest: str
    collection: str
    origin: str
    settings: dict[str, Any]
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    majority: float


@dataclass(frozen=True)
class ShownWork:
    """A work on which two runs differ.

    Attributes:
        work_id: Its id.
        shard: Index of its shard in the collection of the comparison's first run.
        row: Its row there.
        class_name: The true class.
        told: The class that the first told, and the second.
        sure: The probability that the first gave to what it told, and the second.
        true: The probability that the first gave to the true class, and the second.
    """

    work_id: str
    shard: int
    row: int
    class_name: str
    told: tuple[str, str]
    sure: tuple[float, float]
    true: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """Runs compared on the same test works, each with every later one.

    Attributes:
        task: What was told: artist, genre or style.
        class_names: Names of the classes.
        class_works: Test works of each class.
        seed: Drew the resamples behind the intervals.
        runs: The runs, in the order given; pairs number them from 0.
        pairs: First with second, first with third, and so on.
        first_ahead: For each pair, works to whose true class the first gave the more, most first.
        second_ahead: The same for the second.
        folder: Where the comparison is written; None if it is not.
    """

    task: str
    class_names: tuple[str, ...]
    class_works: tuple[int, ...]
    seed: int
    runs: tuple[Compared, ...]
    pairs: tuple[Pair, ...]
    first_ahead: tuple[tuple[ShownWork, ...], ...]
    second_ahead: tuple[tuple[ShownWork, ...], ...]
    folder: Path | None = field(default=None, compare=False)

    @property
    def works(self) -> int:
        """Number of test works."""
        return sum(self.class_works)

    @property
    def command(self) -> str:
        """What to type to repeat it."""
        out = [] if self.folder is None else ["--out", str(self.folder)]
        seed = ["--seed", str(self.seed)] if self.seed else []
        words = ["morelli", "compare", *(run.folder for run in self.runs), *out, *seed]
        return " ".join(map(quote, words))

    def of(self, pair: Pair) -> tuple[Compared, Compared]:
        """Return the runs of a pair."""
        return self.runs[pair.first], self.runs[pair.second]

    def as_dict(self) -> dict[str, Any]:
        """Return what was found as JSON can hold it."""
        return {key: value for key, value in asdict(self).items() if key != "folder"}

    def _repr_html_(self) -> str:
        rows = [
            (*(run.name for run in self.of(pair)), difference(pair.accuracy))
            + (difference(pair.macro_f1), probability(pair.p_holm))
            for pair in self.pairs
        ]
        columns = ("first", "second", "accuracy", "macro-F1", "p (Holm)")
        return html_table(f"First minus second on {self.works:,} test works", columns, rows)


def comparison_from(said: dict[str, Any], folder: Path) -> Comparison:
    """Return a comparison from what `as_dict` made of it."""
    return Comparison(
        said["task"],
        tuple(said["class_names"]),
        tuple(said["class_works"]),
        said["seed"],
        tuple(_compared(each) for each in said["runs"]),
        tuple(_pair(each) for each in said["pairs"]),
        tuple(tuple(map(_shown, each)) for each in said["first_ahead"]),
        tuple(tuple(map(_shown, each)) for each in said["second_ahead"]),
        folder,
    )


def _compared(said: dict[str, Any]) -> Compared:
    return Compared(**said | {"accuracy_interval": tuple(said["accuracy_interval"])})


def _pair(said: dict[str, Any]) -> Pair:
    differences = {name: Difference(**said[name]) for name in ("accuracy", "macro_f1")}
    classes = {name: tuple(said[name]) for name in ("won", "lost")}
    return Pair(**said | differences | classes)


def _shown(said: dict[str, Any]) -> ShownWork:
    return ShownWork(**said | {name: tuple(said[name]) for name in ("told", "sure", "true")})


def difference(found: Difference) -> str:
    """Return a difference and its interval, such as "+0.012 (-0.003 to +0.027)"."""
    return f"{signed(found.value)} ({signed(found.low)} to {signed(found.high)})"


def signed(value: float) -> str:
    """Return a difference with its sign, to three places; nought has none."""
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text


def probability(p: float) -> str:
    """Return a p to four places."""
    return f"{p:.4f}" if p >= 0.0001 else "below 0.0001"


def beyond_chance(pair: Pair) -> bool:
    """Whether two runs' difference in accuracy is more than chance would give."""
    return pair.p_holm < LEVEL


def conclusion(comparison: Comparison) -> str:
    """Return what may be said: of two runs how they differ, of more which differ."""
    if len(comparison.pairs) == 1:
        return _of_two(comparison, comparison.pairs[0])
    shown = [pair for pair in comparison.pairs if beyond_chance(pair)]
    count, works = len(comparison.pairs), f"{comparison.works:,} test works"
    corrected = f"McNemar's exact test, corrected by Holm for {count} pairs"
    if not shown:
        return (
            f"No difference in accuracy between any two of these {len(comparison.runs)} runs is "
            f"beyond chance on the {works} ({corrected}: every p is {LEVEL} or more). "
            "That does not show that they are equally good."
        )
    others = counted(count - len(shown), "pair")
    rest = f" No difference is shown for {others}, which is not to say that there is none."
    named = "; ".join(_better(comparison, pair) for pair in shown[:_NAMED])
    more = f"; and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return (
        f"On the {works}, {len(shown)} of {count} pairs differ in accuracy beyond chance "
        f"({corrected}, p below {LEVEL}): {named}{more}." + (rest if len(shown) < count else "")
    )


_NAMED = 3
"""Pairs that a conclusion names at most."""


def _better(comparison: Comparison, pair: Pair) -> str:
    ahead, behind = comparison.of(pair)
    found = pair.accuracy
    if found.value < 0:
        ahead, behind = behind, ahead
        found = Difference(-found.value, -found.high, -found.low)
    return (
        f"{ahead.name} is ahead of {behind.name} by {found.value:.3f} "
        f"(95 % interval {signed(found.low)} to {signed(found.high)})"
    )


def _of_two(comparison: Comparison, pair: Pair) -> str:
    first, second = comparison.of(pair)
    works = f"{comparison.works:,} test works"
    if not pair.only_first + pair.only_second:
        return (
            f"{first.name} and {second.name} told the very same of the {works} right: "
            "these works show no difference between them."
        )
    figures = (
        f"{first.accuracy:.3f} against {second.accuracy:.3f}, a difference of "
        f"{signed(pair.accuracy.value)} with a 95 % interval from {signed(pair.accuracy.low)} to "
        f"{signed(pair.accuracy.high)}; McNemar's exact test gives p {_is(pair.p_holm)}"
    )
    if beyond_chance(pair):
        better, worse = (first, second) if pair.accuracy.value > 0 else (second, first)
        return (
            f"{better.name} told more of the {works} right than {worse.name}, beyond chance: "
            f"accuracy {figures}."
        )
    return (
        f"No difference in accuracy between {first.name} and {second.name} is shown on the "
        f"{works}: {figures}. That does not show that they are equally good."
    )


def _is(p: float) -> str:
    return f"= {p:.4f}" if p >= 0.0001 else "below 0.0001"
