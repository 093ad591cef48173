"""A real browser that looks at a report as readers do: wide and narrow, light and dark.

`chromium` is a fixture; `audits` opens a file in it and says what is wrong with it. Tests that
use them are marked `browser` and are skipped where there is no Chromium or no axe-core.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from needs import AXE, chromium_program
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (1280, 390)
SERIOUS = ("serious", "critical")

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


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


SOUND = {(width, scheme): Audit() for scheme in SCHEMES for width in WIDTHS}
"""What `audits` returns of a page where all is well."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=quiet)
        yield browser
        browser.close()


def audits(browser: Browser, path: Path, name: str = "") -> dict[tuple[int, str], Audit]:
    """Open a file once, and look for what is wrong at every width in every colour scheme.

    Where `MORELLI_PICTURES` names a folder, what is to be seen is saved there, as PNG.

    Args:
        browser: A running one.
        path: An HTML file.
        name: What pictures of it are called.
    """
    address, pictures = path.resolve().as_uri(), os.environ.get("MORELLI_PICTURES")
    context = browser.new_context(reduced_motion="reduce")
    try:
        page = context.new_page()
        requests: list[str] = []
        messages: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(address, wait_until="load")
        page.evaluate(AXE.read_text(encoding="utf-8"))  # past the page's policy
        seen = {}
        for scheme, width in product(SCHEMES, WIDTHS):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            if pictures and name:
                page.screenshot(
                    path=Path(pictures) / f"{name}-{width}-{scheme}.png", full_page=True
                )
            seen[width, scheme] = page.evaluate(_LAID_OUT), _violations(page, scheme)
        others = [url for url in requests if url != address and not url.startswith("data:")]
        return {
            key: Audit(violations, requests=others, messages=messages, **laid_out)
            for key, (laid_out, violations) in seen.items()
        }
    finally:
        context.close()


def _violations(page: Page, scheme: Scheme) -> list[str]:
    """Run axe-core in the page; where it is dark, all but colours has been looked at before."""
    rules = {} if scheme == SCHEMES[0] else {"runOnly": ["color-contrast", "link-in-text-block"]}
    options = json.dumps({"resultTypes": ["violations"]} | rules)
    axe: dict[str, Any] = page.evaluate(f"axe.run(document, {options})")
    return [
        f"{rule['impact']} {rule['id']}: {node['html'][:200]}"
        for rule in axe["violations"]
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
