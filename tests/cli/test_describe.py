"""`morelli describe`: what it prints when all is well."""

import csv
import re
from pathlib import Path

import pytest
from cli.command import Shards, printed

from morelli.invented.painters import PAINTERS

NAMES = sorted(painter.name for painter in PAINTERS)


def listed(paintings: Path, out: Path) -> Path:
    """Write a CSV file over paintings, with a title, two works of which have no artist."""
    files = sorted(paintings.glob("*/*.jpg"))
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "artist", "title"])
        for number, path in enumerate(files):
            artist = "" if number < 2 else path.parent.name
            writer.writerow([path.relative_to(out.parent), artist, f"No. {number}"])
    return out


def test_describe_shows_columns_shards_classes_example_and_reading(paintings: Path) -> None:
    shown = printed("describe", paintings, "--class", NAMES[0], "--class", NAMES[3])
    assert shown.startswith(f"72 works in 1 shard (kind folder, place {paintings})\n")
    assert re.search(rf"artist +class name +0 \({NAMES[0]}\)", shown)
    for name in NAMES:
        assert re.search(rf"{name} +12 +16\.7%", shown)
    assert re.search(
        r"The selection reads 24 works: 0\.\d MB in \d row groups? of 1 shard\.", shown
    )


def test_describe_counts_works_without_a_label(paintings: Path, tmp_path: Path) -> None:
    for folder in paintings.iterdir():
        (tmp_path / folder.name).symlink_to(folder)
    (tmp_path / "list").mkdir()
    file = listed(paintings, paintings.parent / "list.csv")
    shown = printed("describe", file)
    file.unlink()
    assert re.search(r"\(no label\) +2 +2\.8%", shown)
    assert re.search(r"title +string +No\. 0", shown)
    assert "reads 70 works" in shown


def test_describe_shows_the_shards_of_a_folder_of_parquet(shards: Shards, tmp_path: Path) -> None:
    shown = printed("describe", shards(tmp_path / "source", 3, 1), "--sample", 1)
    assert "72 works in 3 shards (kind parquet" in shown
    assert re.search(r"reads 1 work: 0\.\d MB in 1 row group of 1 shard\.", shown)


@pytest.mark.real
def test_describe_shows_what_the_four_largest_artists_would_read(shared: Path) -> None:
    shown = printed("describe", shared / "paintings/wikiart-mini/data", "--top", 4)
    assert "8,057 works in 12 shards" in shown
    assert re.search(r"Unknown Artist +1,238 +15\.4%", shown)
    assert "The selection reads 4,092 works: 156.6 MB in 48 row groups of 12 shards." in shown
