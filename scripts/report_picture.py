"""Take the README's picture of a report: its opening, and the works that it shows.

    python scripts/report_picture.py morelli-demo/run/report.html docs/report.jpg

Needs Chromium on the path and the development packages.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1280, 1560
"""Pixels of each of the two parts that stand side by side."""


def main(report: Path, picture: Path) -> None:
    """Write the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        parts = [Image.open(io.BytesIO(page.screenshot()))]
        top = page.get_by_text("Test works by class").first.evaluate(
            "each => each.getBoundingClientRect().top + window.scrollY"
        )
        page.evaluate("top => window.scrollTo({top: top - 60, behavior: 'instant'})", top)
        parts.append(Image.open(io.BytesIO(page.screenshot())))
        browser.close()
    both = Image.new("RGB", (2 * WIDTH, HEIGHT), "white")
    for number, part in enumerate(parts):
        both.paste(part.convert("RGB"), (number * WIDTH, 0))
    both.resize((1600, round(1600 * HEIGHT / (2 * WIDTH))), Image.Resampling.LANCZOS).save(
        picture, quality=85
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
