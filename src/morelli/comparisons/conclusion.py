"""What may be said of a comparison: no more than its figures show."""

from morelli.comparisons.comparison import Comparison
from morelli.comparisons.text import signed
from morelli.evaluation.compare import Difference, Pair
from morelli.markup import counted, share_of

LEVEL = 0.05
"""A difference in accuracy is beyond chance if its p after Holm's correction is below."""


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
    lead = pair.accuracy
    if lead.value < 0:
        ahead, behind = behind, ahead
        lead = Difference(-lead.value, -lead.high, -lead.low)
    return (
        f"{ahead.name} is ahead of {behind.name} by {lead.value:.3f} "
        f"(95 % interval {signed(lead.low)} to {signed(lead.high)})"
    )


def _of_two(comparison: Comparison, pair: Pair) -> str:
    first, second = comparison.of(pair)
    works = f"{comparison.works:,} test works"
    if not pair.only_first + pair.only_second:
        return (
            f"{first.name} and {second.name} classified the very same of the {works} correctly: "
            "these works show no difference between them."
        )
    one, other = (
        share_of(run.metrics.accuracy, comparison.works, ".3f") for run in (first, second)
    )
    figures = (
        f"{one} against {other}, a difference of "
        f"{signed(pair.accuracy.value)} with a 95 % interval from {signed(pair.accuracy.low)} to "
        f"{signed(pair.accuracy.high)}; McNemar's exact test gives p {_is(pair.p_holm)}"
    )
    if beyond_chance(pair):
        better, worse = (first, second) if pair.accuracy.value > 0 else (second, first)
        return (
            f"{better.name} classified more of the {works} correctly than {worse.name}, beyond "
            f"chance: accuracy {figures}."
        )
    return (
        f"No difference in accuracy between {first.name} and {second.name} is shown on the "
        f"{works}: {figures}. That does not show that they are equally good."
    )


def _is(p: float) -> str:
    return f"= {p:.4f}" if p >= 0.0001 else "below 0.0001"
