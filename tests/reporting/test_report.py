"""A report is one file: whole, escaped, quiet, and the same for the same page."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporting.sample import rich_page

from morelli._version import __version__
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
from morelli.reporting.report import render, write_report

DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


class Reader(HTMLParser):
    """Collects tags with their attributes, and all text outside styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(*blocks: Block, **other: object) -> Page:
    plain = Page("run", "A title", (("Task", "artist"),), "It can.", (Section("Part", blocks),))
    return replace(plain, **other)  # type: ignore[arg-type]


def everywhere(text: str) -> Page:
    """A page with one text wherever it can have some."""
    picture = Picture(DOT, text, (text, text))
    blocks: tuple[Block, ...] = (
        Text((text,)),
        Table(text, (text, text), ((text, (picture,)), ((picture,), text)), (1,), (0,), text),
        Chart(text, '<svg viewBox="0 0 1 1"></svg>', text),
        Gallery(text, (picture,), text),
        Command(text, text),
    )
    return Page(text, text, ((text, text),), text, (Section(text, blocks),), (text,))


def test_a_page_has_a_language_one_heading_and_landmarks() -> None:
    read = Reader(render(rich_page()))

    assert read.of("html") == [{"lang": "en"}]
    assert [len(read.of(tag)) for tag in ("h1", "header", "main", "nav", "footer")] == [1] * 5
    assert len(read.of("h2")) == len(rich_page().sections) + 1  # the glossary's


def test_the_contents_lead_to_every_section() -> None:
    read = Reader(render(rich_page()))

    names = {section["id"] for section in read.of("section")}
    contents = {link["href"] for link in read.of("a") if link.get("class") != "term"}
    assert {f"#{name}" for name in names} == contents
    assert len(names) == 5


def test_no_two_elements_share_an_id() -> None:
    read = Reader(render(rich_page()))

    counts = Counter(attributes["id"] for _, attributes in read.tags if "id" in attributes)
    assert [name for name, count in counts.items() if count > 1] == []
    assert len(counts) > 20


def test_a_page_names_its_maker_and_is_the_same_text_for_the_same_page() -> None:
    text = render(rich_page())

    assert text == render(rich_page.__wrapped__())  # drawn anew
    assert f"Made by Morelli {__version__}" in text


def test_there_is_no_script_and_no_address_outside() -> None:
    text = render(rich_page())
    read = Reader(text)

    assert not {"script", "iframe", "object", "embed", "link", "base", "form"} & {
        tag for tag, _ in read.tags
    }
    assert not [name for _, attributes in read.tags for name in attributes if name[:2] == "on"]
    addresses = [
        value or ""
        for _, attributes in read.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "srcset", "action", "data")
    ]
    assert len(addresses) > 20
    assert all(address.startswith(("#", "data:image/")) for address in addresses)
    outside = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert outside == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert "@import" not in text
    assert "url(" not in re.sub(r"url\(#", "", text)


def test_the_policy_of_the_page_forbids_all_but_its_own_pictures_and_styles() -> None:
    (policy,) = [meta for meta in Reader(render(page())).of("meta") if "http-equiv" in meta]

    assert policy["http-equiv"] == "Content-Security-Policy"
    assert (policy["content"] or "").startswith(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "</style><script>",
        "]]></title><svg onload=alert(1)>",
        "{{ 7 * 7 }} {% raw %} {# no #}",
        "&lt;b&gt; &amp; &#60;",
    ],
)
def test_text_is_shown_as_it_is(text: str) -> None:
    read = Reader(render(everywhere(text)))

    words = " ".join(["harmless"] * (text.count(" ") + 1))  # a command's words are counted
    harmless = Reader(render(everywhere(words)))
    assert [tag for tag, _ in read.tags] == [tag for tag, _ in harmless.tags]
    names, expected = ([sorted(names) for _, names in page.tags] for page in (read, harmless))
    assert names == expected
    assert "".join(read.text).count(text) == "".join(harmless.text).count(words)
    assert {image["alt"] for image in read.of("img")} == {text}


@given(st.text(max_size=30))
def test_any_text_can_be_written(text: str) -> None:
    words = text.replace("\r", "").replace("\0", "")

    assert words.encode("utf-8", "replace").decode() in "".join(
        Reader(render(page(Text((words,))))).text
    )


def test_a_folder_name_that_is_no_text_does_not_keep_a_report_from_its_file(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", page(asked=(("Folder", "caf\udce9"),)))

    assert "caf?" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    "source", ["https://example.org/a.png", "a.png", "data:text/html,<b>", "javascript:1", ""]
)
@pytest.mark.parametrize("in_a_table", [True, False])
def test_a_picture_must_hold_itself(source: str, in_a_table: bool) -> None:
    pictures = (Picture(DOT, "fine"), Picture(source, "not"))
    block = Table("T", ("a",), ((pictures,),)) if in_a_table else Gallery("G", pictures)

    with pytest.raises(ValueError, match="data:image/"):
        render(page(block))


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<foreignObject/>",
        "<image href='data:image/png;base64,'/>",
        "<g onload='1'/>",
        "<use href='data:image/svg+xml,a#b'/>",
        "<use href='https://example.org/a.svg#b'/>",
        "<a href='#b'/>",
        "<g>",
        "<style>@import 'x'</style>",
    ],
)
def test_a_figure_only_draws(inside: str) -> None:
    with pytest.raises(ValueError, match="a figure "):
        render(page(Chart("T", f'<svg viewBox="0 0 1 1">{inside}</svg>', "D")))


def test_a_table_says_what_its_headers_are_for_and_can_be_scrolled_by_keyboard() -> None:
    table = Table("Caption", ("name", "value"), (("a", "1"), ("b", "2")), (1,), (1,), "A note.")
    text = render(page(table))
    read = Reader(text)

    assert [header["scope"] for header in read.of("th")] == ["col", "col", "row", "row"]
    regions = [part for part in read.of("div") if part.get("role") == "region"]
    assert [(region["tabindex"], region["aria-label"]) for region in regions] == [("0", "Caption")]
    assert [row.get("class") for row in read.of("tr")] == [None, None, "marked"]
    assert text.count('aria-label="Marked:"') == 1
    assert [cell["class"] for cell in read.of("td")] == ["right", "right"]


def test_what_is_empty_leaves_no_trace() -> None:
    bare = Page("run", "T", (), "", ())
    read = Reader(render(bare))

    assert not {"nav", "dl", "section"} & {tag for tag, _ in read.tags}
    assert "Take note" not in "".join(read.text)


@pytest.mark.parametrize(
    "command", ["morelli demo", "a  b \\\n  --c 'd'\n", "x" * 400 + " <y> && z", "\n\na", " ", ""]
)
def test_a_command_is_copied_as_it_is_typed(command: str) -> None:
    text = render(page(Command("Type", command)))

    (code,) = re.findall(r"<code>(.*?)</code>", text, re.DOTALL)
    assert "".join(ET.fromstring(f"<pre>{code}</pre>").itertext()).strip("\n") == command.strip(
        "\n"
    )
