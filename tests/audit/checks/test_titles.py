"""Which file names are titles, and what the titles of a series share."""

from pathlib import Path

import pytest
from data.small import write_shards
from hypothesis import given
from hypothesis import strategies as st

from morelli.audit.checks.titles import file_titles, title_stem, titles_of
from morelli.data.collection import Collection
from morelli.data.ingest import ingest


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Haystacks at Giverny, Evening Sun (1888)", "haystack giverny"),
        ("Haystack at Giverny II", "haystack giverny"),
        ("The-Flood-At-Port-Marly,-1876.jpg", "flood port marly"),
        ("Flood-At-Port-Marly-III", "flood port marly"),
        ("Place Saint-Lazare, Sunny Weather, Morning", "place saint lazare"),
        ("The-Pont-Corneille-,-Rouen-Morning-Mist", "pont corneille rouen"),
        ("L'Église Saint-Jacques à Dieppe, matin, soleil", "leglise saint jacque dieppe"),
        ("Leglise-St.-Jacques,-Dieppe,-Matin,-Soleil", "leglise saint jacque dieppe"),
        ("Le-Loing-A-Moret", "loing moret"),
        ("Port-Aaaa-Rouen", "port rouen"),
        ("Abandoned-House-I--PlpOm7", "abandoned house"),
        ("The-Terrace-At-Saint-Cloud", "terrace saint cloud"),
        ("Sunset, Rouen", "sunset rouen"),
        ("Landscape at Pontoise", "landscape pontoise"),
        ("Стога", "стога"),
    ],
)
def test_a_stem_is_what_the_titles_of_a_series_share(title: str, stem: str) -> None:
    assert title_stem(title) == stem


@pytest.mark.parametrize(
    "title",
    [
        None,
        "",
        "12",
        "00283.jpg",
        "III, 1890",
        "Landscape",
        "Landscapes, Evening",
        "Self-Portrait-2",
        "Untitled (Red)",
        "Still Life No. 4",
        "Nature morte",
        "Portrait of a Woman",
        "Winter, 1872",
        "Effect of Snow",
    ],
)
def test_a_title_that_says_only_what_kind_of_picture_it_is_counts_as_none(
    title: str | None,
) -> None:
    assert title_stem(title) is None


@given(st.text(max_size=60))
def test_a_stem_is_its_own_stem(title: str) -> None:
    stem = title_stem(title)
    if stem is not None and not any(word.endswith("s") for word in stem.split()):
        assert title_stem(stem) == stem


@given(st.sampled_from(["Water Lilies", "The Road to Marly", "Les Meules"]), st.integers(1, 2100))
def test_number_year_and_case_do_not_change_a_stem(title: str, number: int) -> None:
    expected = title_stem(title)
    for variant in (f"{title}, {number}", f"{title} ({number})", f"{title.upper()} {number}.png"):
        assert title_stem(variant) == expected


def test_numbered_file_names_are_no_titles_even_if_the_artist_is_spelled_otherwise() -> None:
    names = {
        "claude-monet": ["claude-monet_00283.jpg", "00207.jpg", "monet_132.jpg"],
        "wassily-kandinsky": [f"Vasiliy_Kandinskiy_{n}.jpg" for n in range(8)],
        "unknown": [f"cl0100606{n}.jpg" for n in range(8)],
        "": [f"painting-{n}.png" for n in range(8)],
    }
    for artist, paths in names.items():
        assert file_titles(paths, [artist] * len(paths)) == [None] * len(paths)


def test_the_artists_own_name_is_taken_off_a_file_that_is_a_title() -> None:
    paths = ["x/New Market Square in Dresden_Bellotto Bernardo.jpg", "The Freyung_Bellotto.jpg"]
    titles = file_titles(paths, ["bernardo-bellotto"] * 2)
    assert titles == ["New Market Square in Dresden", "The Freyung"]


def test_whether_files_are_titles_is_decided_artist_by_artist() -> None:
    paths = ["Haystack-I.jpg", "a/12.jpg", "Orchard.jpg", "a/13.jpg", None]
    artists = ["sisley", "monet", "sisley", "monet", "monet"]
    assert file_titles(paths, artists) == ["Haystack-I", None, "Orchard", None, None]


def test_a_title_column_is_taken_before_file_names(tmp_path: Path) -> None:
    works = ingest(write_shards(tmp_path / "shards"), tmp_path / "made", size=16)
    artists = works.table(["artist"])["artist"].to_pylist()
    assert titles_of(works, artists) == works.table(["title"])["title"].to_pylist()
    assert titles_of(works, artists)[0] == "Untitled 0"


def test_numbered_files_of_invented_painters_are_no_titles(collection: Collection) -> None:
    artists = collection.table(["artist"])["artist"].to_pylist()
    assert titles_of(collection, artists) == [None] * collection.works
