"""A real browser that looks at a report as readers do: wide and narrow, light and dark.

`chromium` is a fixture; `audited` opens a file in it and says what is wrong with it. Tests that
use them are marked `browser` and are skipped where there is no Chromium or no axe-core.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from needs import AXE, chromium_program
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
SERIOUS = ("serious", "critical")


@dataclass(frozen=True)
class Audit:
    """What is wrong with a page; empty where all is well.

    Attributes:
        violations: Rules of axe-core, serious or critical, with the elements that break them.
        wider: By how many pixels the page is wider than the window.
        cut: Text that is cut off, or that stands outside its figure.
        overlaps: Texts of a figure that cover one another.
        requests: Addresses that were asked for, but for the file's own and `data:`.
        messages: Errors and warnings of the browser's console.
    """

    violations: list[str] = field(default_factory=list)
    wider: int = 0
    cut: list[str] = field(default_factory=list)
    overlaps: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=quiet)
        yield browser
        browser.close()


def audited(
    browser: Browser, path: Path, width: int, scheme: str, picture: Path | None = None
) -> Audit:
    """Open a file at a width and in a colour scheme, and look for what is wrong.

    Args:
        browser: A running one.
        path: An HTML file.
        width: Of the window, in pixels.
        scheme: "light" or "dark".
        picture: Where to save what is to be seen, the whole page, as PNG; None saves nothing.
    """
    dark = scheme == "dark"
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        requests: list[str] = []
        messages: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(path.resolve().as_uri(), wait_until="load")
        if picture is not None:
            page.screenshot(path=picture, full_page=True)
        own = path.resolve().as_uri()
        return Audit(
            requests=[url for url in requests if url != own and not url.startswith("data:")],
            messages=messages,
            **page.evaluate(_LAID_OUT),
            violations=_violations(page),
        )
    finally:
        context.close()


def _violations(page: Page) -> list[str]:
    """Run axe-core in the page; its own script comes in past the page's policy."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    results: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['impact']} {rule['id']}: {node['html'][:200]}"
        for rule in results["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


_LAID_OUT = r"""
() => {
  const SLACK = 1;
  const textOf = (element) => element.textContent.trim().replace(/\s+/g, " ").slice(0, 80);

  const cut = [...document.querySelectorAll("body, body *")].filter((element) => {
    if (element instanceof SVGElement || !textOf(element)) return false;
    const style = getComputedStyle(element);
    const hides = (overflow) => overflow === "hidden" || overflow === "clip";
    return (hides(style.overflowX) && element.scrollWidth > element.clientWidth + SLACK)
      || (hides(style.overflowY) && element.scrollHeight > element.clientHeight + SLACK);
  }).map((element) => `${element.tagName}: ${textOf(element)}`);

  // The four corners of a text on the screen, turned as it is.
  const corners = (text) => {
    const box = text.getBBox();
    const matrix = text.getScreenCTM();
    const across = [box.x, box.x + box.width];
    const down = [box.y, box.y + box.height];
    return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) => {
      const point = new DOMPoint(across[x], down[y]).matrixTransform(matrix);
      return [point.x, point.y];
    });
  };
  const along = (points, [x, y]) => {
    const places = points.map((point) => point[0] * x + point[1] * y);
    return [Math.min(...places), Math.max(...places)];
  };
  // Two turned boxes lie apart if some side of one of them has the other wholly beyond it.
  const overlap = (one, other) => [one, other].every((box) => [[0, 1], [1, 2]].every(([a, b]) => {
    const side = [box[b][0] - box[a][0], box[b][1] - box[a][1]];
    const length = Math.hypot(...side) || 1;
    const [low, high] = along(one, side.map((part) => part / length));
    const [least, most] = along(other, side.map((part) => part / length));
    return Math.min(high, most) - Math.max(low, least) > SLACK;
  }));

  const overlaps = [];
  for (const drawing of document.querySelectorAll("svg")) {
    const frame = drawing.getBoundingClientRect();
    const texts = [...drawing.querySelectorAll("text")].filter(textOf);
    const boxes = texts.map(corners);
    boxes.forEach((box, index) => {
      const [left, right] = along(box, [1, 0]);
      const [top, bottom] = along(box, [0, 1]);
      if (left < frame.left - SLACK || right > frame.right + SLACK
          || top < frame.top - SLACK || bottom > frame.bottom + SLACK) {
        cut.push(`outside its figure: ${textOf(texts[index])}`);
      }
      for (let other = index + 1; other < boxes.length; other++) {
        if (overlap(box, boxes[other])) {
          overlaps.push(`${textOf(texts[index])} / ${textOf(texts[other])}`);
        }
      }
    });
  }
  const wider = document.documentElement.scrollWidth - window.innerWidth;
  return {cut, overlaps, wider: Math.max(0, wider)};
}
"""
