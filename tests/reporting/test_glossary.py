"""The glossary holds the terms that a page uses, each linked from its first use."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporting.sample import rich_page

from morelli.reporting.glossary import GLOSSARY, Links, Term, terms_of
from morelli.reporting.page import (
    Block,
    Chart,
    Command,
    Gallery,
    Page,
    Picture,
    Section,
    Table,
    Text,
)
from morelli.reporting.report import render

USES = {
    "majority": "that is above the 31 % of always answering the commonest artist",
    "macro-F1": "Macro-F1, which counts each class alike",
    "top-5 accuracy": "top-5",
    "interval": "(95 % interval 40.1 % to 59.9 %)",
    "grouped split": "On a grouped split these stay on one side",
    "photographed otherwise": "Photographed otherwise: the same test works",
    "calibration (ECE)": "Its calibration error is 4.0 %",
    "none of these": "the rest is answered with none of these",
    "AUROC": "AUROC 0.731",
}
SVG = '<svg viewBox="0 0 1 1"></svg>'


def page(*paragraphs: str) -> Page:
    return Page("run", "T", (), "", (Section("S", (Text(paragraphs),)),))


def links_in(html: str) -> list[tuple[str, str]]:
    return re.findall(r'<a class="term" href="#([\w-]+)">([^<]+)</a>', html)


def entries_in(html: str) -> list[str]:
    return re.findall(r'<div id="(term-[\w-]+)"><dt>', html)


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.anchor)
def test_each_term_is_known_where_reports_use_it(term: Term) -> None:
    html = render(page(USES[term.name]))

    assert terms_of(page(USES[term.name])) == (term,)
    assert [anchor for anchor, _ in links_in(html)] == [term.anchor]
    assert entries_in(html) == [term.anchor]
    assert term.meaning.replace("'", "&#39;") in html


def test_names_and_anchors_of_terms_differ_and_meanings_are_a_few_sentences() -> None:
    assert len({term.anchor for term in GLOSSARY}) == len(GLOSSARY) == len(USES)
    assert all(1 <= term.meaning.count(". ") + 1 <= 3 for term in GLOSSARY)
    assert all(term.meaning.endswith(".") for term in GLOSSARY)


def test_a_term_is_linked_from_its_first_use_only() -> None:
    html = render(page("Macro-F1 & an interval", "macro-F1, intervals and the majority"))

    assert links_in(html) == [
        ("term-macro-f1", "Macro-F1"),
        ("term-interval", "interval"),
        ("term-majority", "majority"),
    ]
    assert "Macro-F1</a> &amp; an <a" in html
    assert entries_in(html) == ["term-majority", "term-macro-f1", "term-interval"]


def test_all_that_a_page_lists_is_linked_and_all_links_lead_somewhere() -> None:
    html = render(rich_page())

    assert {anchor for anchor, _ in links_in(html)} == set(entries_in(html))
    assert len(entries_in(html)) == len(terms_of(rich_page())) > 0
    assert html.count('<li><a href="#glossary">Glossary</a></li>') == 1


def test_terms_are_looked_for_in_prose_and_not_in_what_names_works_or_commands() -> None:
    term, picture = "AUROC", Picture("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "AUROC")
    silent: tuple[Block, ...] = (
        Table(term, ("a",), ((term,),)),
        Chart(term, SVG, ""),
        Gallery(term, (picture,)),
        Command(term, term),
    )
    prose: tuple[Block, ...] = (
        Text((term,)),
        Table("", (term,), ()),
        Table("", (), (), note=term),
        Chart("", SVG, term),
        Gallery("", (), term),
    )

    for block in silent:
        quiet = Page(term, term, (("Folder", term),), "", (Section(term, (block,)),))
        assert not terms_of(quiet)
        assert not links_in(render(quiet))
        assert "glossary" not in render(quiet).partition("</style>")[2]
    for block in prose:
        loud = Page("run", "T", (), "", (Section("S", (block,)),))
        assert [name.name for name in terms_of(loud)] == [term]
        assert len(links_in(render(loud))) == 1
    for other in (
        Page("run", "T", (), term, ()),
        Page("run", "T", (), "", (), (term,)),
        Page("run", "T", ((term, "?"),), "", ()),
    ):
        assert len(links_in(render(other))) == len(terms_of(other)) == 1


def test_a_word_that_holds_a_term_is_none() -> None:
    assert terms_of(page("uncalibrated, ecem, intervallic, majorities, tops top-50")) == ()


@given(st.lists(st.sampled_from([*USES.values(), "<b>", "& so on", " "]), max_size=8))
def test_links_add_nothing_to_a_text(texts: list[str]) -> None:
    text = " ".join(texts)

    assert unescape(re.sub(r"</?a\b[^>]*>", "", Links()(text))) == text
