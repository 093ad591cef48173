"""Runs compared in pairs on the same test works: all figures, as values."""

from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from morelli.comparisons.text import difference, probability
from morelli.data.records import sparse
from morelli.evaluation.compare import Pair
from morelli.evaluation.metrics import Metrics
from morelli.markup import html_table
from morelli.training.recipe import Recipe


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
        metrics: What it comes to on the test works.
    """

    name: str
    folder: str
    digest: str
    collection: str
    origin: str
    settings: Recipe
    metrics: Metrics


@dataclass(frozen=True)
class ShownWork:
    """A work on which two runs differ.

    Attributes:
        work_id: Its id.
        shard: Index of its shard in the collection of the comparison's first run.
        row: Its row there.
        class_name: The true class.
        predicted: The class that the first predicted, and the second.
        confidence: The probability that the first gave to what it predicted, and the second.
        true_probability: The probability that the first gave to the true class, and the second.
    """

    work_id: str
    shard: int
    row: int
    class_name: str
    predicted: tuple[str, str]
    confidence: tuple[float, float]
    true_probability: tuple[float, float]


@sparse
@dataclass(frozen=True)
class Comparison:
    """Runs compared on the same test works, each with every later one.

    Attributes:
        task: What was predicted: artist, genre or style.
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

    def _repr_html_(self) -> str:
        rows = [
            (*(run.name for run in self.of(pair)), difference(pair.accuracy))
            + (difference(pair.macro_f1), probability(pair.p_holm))
            for pair in self.pairs
        ]
        columns = ("first", "second", "accuracy", "macro-F1", "p (Holm)")
        return html_table(f"First minus second on {self.works:,} test works", columns, rows)
