"""Words: one honest sentence on an attribution, which claims nothing beyond its figures."""

from dataclasses import dataclass

from morelli.markup import FEW, counted

FEW_WORKS = 30
"""Training works of a class below which the sentence says that they are few."""

ENLARGED = 1.25
"""From how often enlarged on the parts are said to be so."""

LEAST_SEEN = 0.4
"""Share of an image below which it is said how little of it the whole was judged by."""


@dataclass(frozen=True)
class Figures:
    """The figures that the sentence is made of.

    Attributes:
        name: The likeliest class.
        probability: Its calibrated probability.
        works: Training works of this class.
        short: Short side of the image in pixels.
        taken: Side in pixels of what the network takes.
        seen: Share of the image that the network saw when it judged the whole, 0 to 1.
        parts: For each scale, the largest first, how many parts say the class, of how many.
        part_side: Side in pixels of the smallest parts; 0 without parts.
        neighbours: How many of the closest works are of the class, of how many.
        declined: Whether the classifier says "none of these".
        one_colour: Whether the image is nearly of one colour.
        shortcut: What an audit found in the collection that may mislead, as a clause; may be
            empty.
    """

    name: str
    probability: float
    works: int
    short: int
    taken: int
    seen: float
    parts: tuple[tuple[int, int], ...]
    part_side: int
    neighbours: tuple[int, int]
    declined: bool = False
    one_colour: bool = False
    shortcut: str = ""


def sentence(figures: Figures) -> str:
    """Return what the evidence comes to, in one sentence."""
    doubts = doubts_of(figures)
    may = f"; what could mislead: {'; '.join(doubts)}" if doubts else ""
    taught = f"{counted(figures.works, 'work')} of the class taught it"
    return f"{_answer(figures)}: {_agreement(figures)}, and {taught}{may}."


def _answer(figures: Figures) -> str:
    guess = f"{figures.name} with {percent(figures.probability)}"
    if figures.declined:
        return f"None of the known classes, the nearest guess being {guess}"
    return guess


def percent(share: float) -> str:
    """Return a share in per cent; what is not quite all or nothing is not rounded to it."""
    if 0.995 <= share < 1:
        return "over 99 %"
    return "under 1 %" if 0 < share <= 0.005 else f"{share:.0%}".replace("%", " %")


def percent_of(share: float, number: int) -> str:
    """Return a share of a number, such as "72 % of 4,092"; of few it is a count: "10 of 20"."""
    if number < FEW:
        return f"{round(share * number)} of {number}"
    return f"{percent(share)} of {number:,}"


def _agreement(figures: Figures) -> str:
    """Return how many parts and neighbours are of the same opinion."""
    agreeing, closest = figures.neighbours
    near = f"{agreeing} of the {counted(closest, 'closest work')}" if closest else ""
    if closest == 1:
        near = "the closest work" if agreeing else "not the closest work"
    sizes = ("large", "small") if len(figures.parts) > 1 else ("",)
    parts = [
        f"{agree} of {f'{total:,} {size}'.strip()} parts"
        for size, (agree, total) in zip(sizes, figures.parts, strict=False)
    ]
    every = [*parts, *([near] if near else [])]
    if not every:
        return "there is nothing to compare it with"
    *rest, last = every
    return f"{', '.join(rest)} and {last} agree" if rest else f"{last} agree"


def doubts_of(figures: Figures) -> tuple[str, ...]:
    """Return what could mislead, a clause each."""
    doubts = []
    if figures.one_colour:
        doubts.append("the image is nearly of one colour")
    if figures.short < figures.taken:
        doubts.append(
            f"the image is small ({counted(figures.short, 'pixel')} on its short side, where the "
            f"network takes {figures.taken:,})"
        )
    if not figures.parts:
        doubts.append("it is too small to be cut into parts")
    elif figures.taken >= ENLARGED * figures.part_side:
        doubts.append(
            f"parts had to be enlarged up to {figures.taken / figures.part_side:.1f} times"
        )
    if figures.seen < LEAST_SEEN:
        doubts.append(f"the whole was judged by its middle, {percent(figures.seen)} of it")
    if figures.works < FEW_WORKS:
        doubts.append(
            f"{counted(figures.works, 'training work')} of the class {_be(figures.works)} few"
        )
    if figures.works < figures.neighbours[1]:
        doubts.append("the class has fewer works than the neighbours looked at")
    if figures.shortcut:
        doubts.append(figures.shortcut)
    return tuple(doubts)


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
