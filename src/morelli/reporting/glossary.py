"""What the words of a report mean, in plain English, and links from their first use to that."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from morelli.reporting.page import Block, Chart, Gallery, Page, Table, Text


@dataclass(frozen=True)
class Term:
    """A word of reports that not every reader knows.

    Attributes:
        name: As the glossary lists it.
        meaning: One to three sentences.
        uses: A regular expression of how it stands in a report, small or capital letters alike.
    """

    name: str
    meaning: str
    uses: str

    @property
    def anchor(self) -> str:
        """The id of its entry in a page."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


GLOSSARY = (
    Term(
        "majority",
        "The accuracy of always answering the commonest class, without a look at the work. Only "
        "what lies above it was learned from the works.",
        r"majority(?: baseline)?|always answering the commonest",
    ),
    Term(
        "macro-F1",
        "The F1 of a class is the harmonic mean of precision (of the works classified as it, the "
        "share that are of it) and recall (of its works, the share that were classified as it). "
        "Macro-F1 is the mean over all classes, so that a rare class counts as much as a common "
        "one; 1 is perfect.",
        r"macro-F1",
    ),
    Term(
        "top-5 accuracy",
        "The share of works whose class is among the five that the classifier holds likeliest.",
        r"top-5(?: accuracy)?",
    ),
    Term(
        "interval",
        "What chance leaves open. A 95 % interval is made so that, if works were drawn anew again "
        "and again, 95 in 100 of such intervals would hold the true figure. The fewer the works, "
        "the wider it is.",
        r"(?:95 % )?intervals?",
    ),
    Term(
        "grouped split",
        "A division into train, val and test that keeps copies of a work, and works of one series, "
        "on one side. On a random split a copy of a test work may have been learned from, so that "
        "part of the accuracy is memory.",
        r"grouped(?: split)?",
    ),
    Term(
        "photographed otherwise",
        "The same test works after changes as another camera, light and file would make. The more "
        "accuracy falls, the more of it hung on how the collection was photographed.",
        r"photographed otherwise",
    ),
    Term(
        "calibration (ECE)",
        "A classifier is calibrated if it is right as often as it is sure: of the works that it "
        "gives 80 %, about 80 in 100 are classified correctly. The calibration error (ECE) is the "
        "mean gap between the two; 0 is perfect.",
        r"(?:expected )?calibration(?: error)?|calibrated|ECE",
    ),
    Term(
        "none of these",
        "The answer to a work that is so unlike those learned from that it is likely of none of "
        "their classes. The limit is set on val, so that few known works are declined.",
        r"none of these",
    ),
    Term(
        "AUROC",
        "How well strangers can be told from known works: the probability that a stranger seems "
        "more unlike the works learned from than a known work does. 0.5 is chance, 1 is perfect.",
        r"AUROC",
    ),
)

_USES = re.compile("|".join(rf"(\b(?:{term.uses})\b)" for term in GLOSSARY), re.IGNORECASE)
_LINK = Markup('<a class="term" href="#{}">{}</a>')


def terms_of(page: Page) -> tuple[Term, ...]:
    """Return the terms that a page uses in its prose, in the glossary's order."""
    used = {_term(match) for text in _prose(page) for match in _USES.finditer(text)}
    return tuple(term for term in GLOSSARY if term in used)


class Links:
    """Links of one page: each term is linked where it is first used, and nowhere else."""

    def __init__(self) -> None:
        self._linked: set[Term] = set()

    def __call__(self, text: str) -> Markup:
        """Return a text as HTML, escaped, with a link from each term that had none."""
        pieces, end = Markup(), 0
        for match in _USES.finditer(text):
            term = _term(match)
            if term not in self._linked:
                self._linked.add(term)
                pieces += escape(text[end : match.start()]) + _LINK.format(term.anchor, match[0])
                end = match.end()
        return pieces + escape(text[end:])


def _term(match: re.Match[str]) -> Term:
    return GLOSSARY[(match.lastindex or 1) - 1]


def _prose(page: Page) -> Iterator[str]:
    """Yield the texts in which terms are linked: neither headings nor what names works."""
    yield page.conclusion
    yield from page.warnings
    yield from (term for term, _ in page.asked)
    for section in page.sections:
        for block in section.blocks:
            yield from _prose_of(block)


def _prose_of(block: Block) -> Iterator[str]:
    match block:
        case Text(paragraphs):
            yield from paragraphs
        case Table(columns=columns, note=note):
            yield from (*columns, note)
        case Chart(description=description):
            yield description
        case Gallery(note=note):
            yield note
