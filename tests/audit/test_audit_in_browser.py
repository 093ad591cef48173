"""The report of an audit in a real browser, wide and narrow, light and dark: nothing is cut."""

import csv
import shutil
from pathlib import Path

import pytest
from audit.spoilt import few_trees, spoilt
from browser import SOUND, audits
from playwright.sync_api import Browser
from reported import NAMES, oddly_named

from morelli.audit.audit import audit
from morelli.data.collection import Collection
from morelli.data.ingest import ingest
from morelli.features.backbones import build, find_backbone

pytestmark = pytest.mark.browser

KINDS = ("spoilt", "odd", "one")


@pytest.fixture(scope="module")
def reports(
    paintings: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Reports of a collection with something of everything, of one with awkward names, and of one
    class in which nothing is found."""
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("audits")
    torch.manual_seed(0)
    # Random, but in a file: so that labels and series by look have their place on the page.
    save_file(build(find_backbone("mobilenet_v2")).state_dict(), folder / "w.safetensors")
    collections = {
        "spoilt": (spoilt(paintings, folder / "s"), str(folder / "w.safetensors")),
        "odd": (_contradicting(paintings, folder), "random"),
        "one": (_of_one_class(paintings, folder / "o"), "random"),
    }
    with few_trees():
        for kind, (collection, weights) in collections.items():
            audit(collection, folder / kind, weights=weights, cache=cache)
    return {kind: folder / kind / "report.html" for kind in KINDS}


def _contradicting(paintings: Path, folder: Path) -> Collection:
    """Works of awkward names, of which a few stand under two."""
    whole = oddly_named(paintings, folder / "of & <b>").folder.parent
    listed = whole / "works.csv"
    with listed.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    again = [(f"again-{path}", NAMES[3]) for path, _ in rows[6:9]]
    for (path, _), (copy, _) in zip(rows[6:9], again, strict=True):
        data = (whole / path).read_bytes()
        (whole / copy).write_bytes(data[:2] + b"\xff\xfe\x00\x06mine" + data[2:])
    with listed.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows, *again])
    return ingest(listed, whole / "again", size=48)


def _of_one_class(paintings: Path, folder: Path) -> Collection:
    first = sorted(paintings.iterdir())[0]
    shutil.copytree(first, folder / "works" / first.name)
    return ingest(folder / "works", folder / "collection", size=48)


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_is_whole_and_within_reach(
    chromium: Browser, reports: dict[str, Path], kind: str
) -> None:
    assert audits(chromium, reports[kind], f"audit-{kind}") == SOUND
