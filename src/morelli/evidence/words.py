"""Words: one honest sentence on an attribution, which claims nothing beyond its figures."""

from dataclasses import dataclass

from morelli.markup import counted

FEW_WORKS = 30
"""Training works of a class below which the sentence says that they are few."""

ENLARGED = 1.25
"""From how often enlarged on the parts are said to be so."""

LEAST_SEEN = 0.4
"""Share of an image below which it is said how little of it the whole was judged by."""


@dataclass(frozen=True)
class Said:
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


def sentence(said: Said) -> str:
    """Return what the evidence comes to, in one sentence."""
    doubts = misleading(said)
    may = f"; what could mislead: {'; '.join(doubts)}" if doubts else ""
    taught = f"{counted(said.works, 'work')} of the class taught it"
    return f"{_answer(said)}: {_agreement(said)}, and {taught}{may}."


def _answer(said: Said) -> str:
    told = f"{said.name} with {percent(said.probability)}"
    return f"None of the known classes, the nearest guess being {told}" if said.declined else told


def percent(share: float) -> str:
    """Return a share in per cent; what is not quite all or nothing is not rounded to it."""
    if 0.995 <= share < 1:
        return "over 99 %"
    return "under 1 %" if 0 < share <= 0.005 else f"{share:.0%}".replace("%", " %")


def _agreement(said: Said) -> str:
    """Return how many parts and neighbours are of the same opinion."""
    agreeing, closest = said.neighbours
    near = f"{agreeing} of the {counted(closest, 'closest work')}" if closest else ""
    if closest == 1:
        near = "the closest work" if agreeing else "not the closest work"
    sizes = ("large", "small") if len(said.parts) > 1 else ("",)
    parts = [
        f"{agree} of {f'{total:,} {size}'.strip()} parts"
        for size, (agree, total) in zip(sizes, said.parts, strict=False)
    ]
    every = [*parts, *([near] if near else [])]
    if not every:
        return "there is nothing to compare it with"
    *rest, last = every
    return f"{', '.join(rest)} and {last} agree" if rest else f"{last} agree"


def misleading(said: Said) -> tuple[str, ...]:
    """Return what could mislead, a clause each."""
    found = []
    if said.one_colour:
        found.append("the image is nearly of one colour")
    if said.short < said.taken:
        found.append(
            f"the image is small ({counted(said.short, 'pixel')} on its short side, where the "
            f"network takes {said.taken:,})"
        )
    if not said.parts:
        found.append("it is too small to be cut into parts")
    elif said.taken >= ENLARGED * said.part_side:
        found.append(f"parts had to be enlarged up to {said.taken / said.part_side:.1f} times")
    if said.seen < LEAST_SEEN:
        found.append(f"the whole was judged by its middle, {percent(said.seen)} of it")
    if said.works < FEW_WORKS:
        found.append(f"{counted(said.works, 'training work')} of the class {_be(said.works)} few")
    if said.works < said.neighbours[1]:
        found.append("the class has fewer works than the neighbours looked at")
    if said.shortcut:
        found.append(said.shortcut)
    return tuple(found)


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
