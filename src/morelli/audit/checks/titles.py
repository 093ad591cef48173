"""Titles of works, and the stem that the works of one series share."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from morelli.data.collection import Collection
from morelli.data.decoding import SUFFIXES

Ints = npt.NDArray[np.int64]

TITLE = "title"
"""The column that holds titles, where a collection has one."""

_TITLED = 0.5
"""Least share of an artist's file names that must be titles for any of them to count as one."""

_SCHEME = 0.2
"""A name that more of an artist's files share than this is how files were named, not a title."""

_FEWEST = 5
"""Fewer files than this are no scheme of naming."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SMALL = _words(
    "the an of at in on to with and by from near le la les l de du des d en au aux et un une sur "
    "dans der die das den dem ein eine im am bei von und il lo gli di del della el los las y"
)
"""Words that come and go between spellings of one title; a row of a's is a broken French "a"."""

_QUALIFIERS = _words(
    "view vue version variant study etude sketch unfinished detail "
    "morning matin morgen afternoon evening soir soiree noon midday midi day night nuit nocturne "
    "dawn dusk twilight sunrise sunset daybreak early late end beginning after before setting "
    "spring springtime printemps summer ete autumn automne fall winter hiver january february "
    "march april may june july august september october november december "
    "weather temps sun soleil sunny sunlight sunshine grey gray gris overcast cloudy sky "
    "rain rainy pluie fog foggy mist misty brouillard brume snow snowy neige frost hoarfrost givre "
    "thaw wind windy gust storm stormy icy ice haze hazy effect effet dull bright light lumiere "
    "tide low high apres dapres fin debut c ca circa"
)
"""Words that tell works of one series apart: time of day, season, weather, view, state."""

_GENERIC = _words(
    "landscape paysage landschaft portrait self selbstbildnis autoportrait untitled title unknown "
    "still life nature morte stillleben stilleben nude nu figure study etude sketch drawing "
    "composition painting picture image photo scan file detail head tete scene man woman girl boy "
    "work illustration frontispiece personnage no number"
)
"""Words that say what kind of picture it is; a title of nothing else is none."""

_ROMAN = re.compile(r"x{0,3}(ix|iv|v?i{0,3})")
_BROKEN_A = re.compile(r"a+")
_ENDING = re.compile(r"--(?=[a-z0-9]*[A-Z0-9])[A-Za-z0-9]{6}$")
"""What WikiArt adds to an address that would otherwise be another work's."""


def title_stem(title: str | None) -> str | None:
    """Return what is left of a title without all that tells the works of a series apart.

    These go, in this order: a file's ending; remarks in brackets; diacritics, case and
    punctuation; numbers, years and Roman numerals; articles and prepositions; what is only about
    the hour, season, weather or view, where it is the end of a part between commas or all of a
    later part. Plural and singular are one. So "Haystacks at Giverny, Evening Sun (1888)" becomes
    "haystack giverny".

    Args:
        title: A title, or None.

    Returns:
        Words divided by spaces; None if nothing is left, or only words for a kind of picture, an
        hour or a season, such as "landscape", "self portrait" or "winter".
    """
    text = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", _ENDING.sub("", _without_suffix(title or "")))
    first, *others = [_kept(part) for part in text.split(",")]
    # "Sunset, Rouen" must not become "rouen": a place alone is no series.
    words = _without_end(first) or first
    words += [word for part in others for word in _without_end(part)]
    return None if set(words) <= _EMPTY else " ".join(words)


def titles_of(collection: Collection, artists: Sequence[int] | Ints) -> list[str | None]:
    """Return the titles of a collection's works, in the order of its table.

    They are those of the column `title` where there is one. Otherwise file names are taken for
    titles, artist by artist: without the artist's own name, at least half of the artist's files
    must still have a word in their name, and one that at most a fifth of the files share. So
    "monet_132" and "Vasiliy_Kandinskiy_17" are no titles, and "The-Flood-At-Port-Marly" is one.

    Args:
        collection: The works.
        artists: (n,) label of each work's artist, an index into the collection's class names;
            negative where there is none.
    """
    if collection.shards and TITLE in pq.read_schema(collection.shard_path(0)).names:
        titles = collection.table([TITLE])[TITLE].to_pylist()
        return [None if title is None else str(title) for title in titles]
    paths = collection.table(["source_path"])["source_path"].to_pylist()
    names = collection.class_names.get("artist", ())
    return file_titles(paths, [names[artist] if artist >= 0 else "" for artist in artists])


def file_titles(paths: Sequence[str | None], artists: Sequence[str]) -> list[str | None]:
    """Return the titles that file names are, as `titles_of` says.

    Args:
        paths: (n,) paths, or None.
        artists: (n,) names of their artists, empty where there is none.
    """
    titles: list[str | None] = [None] * len(paths)
    by_artist: dict[str, list[int]] = defaultdict(list)
    for work, artist in enumerate(artists):
        by_artist[artist].append(work)
    for artist, works in by_artist.items():
        names = [_without_artist(paths[work] or "", artist) for work in works]
        for work, name in zip(works, _titles(names), strict=True):
            titles[work] = name
    return titles


def _titles(names: Sequence[str]) -> list[str | None]:
    """Return which of one artist's file names are titles."""
    plain = [" ".join(word for word in _split(name) if len(word) > 2) for name in names]
    counts = Counter(plain)
    most = max(_SCHEME * len(names), _FEWEST - 1)
    telling = [bool(words) and counts[words] <= most for words in plain]
    if sum(telling) < _TITLED * len(names):
        return [None] * len(names)
    return [name if tells else None for name, tells in zip(names, telling, strict=True)]


def _without_artist(path: str, artist: str) -> str:
    """Return a file's name without its folder, ending, and the artist's name at either end."""
    name = _without_suffix(PurePosixPath(path.replace("\\", "/")).name)
    parts, own = name.split("_"), set(_split(artist))
    kept = [part for part in parts if not own or not set(_split(part)) or set(_split(part)) - own]
    return " ".join(kept)


def _without_suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.casefold()}" in SUFFIXES else name


def _split(text: str) -> list[str]:
    """Return the words of letters alone, in lower case without diacritics."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    joined = re.sub(r"['\u2019`\u00b4]", "", letters)
    return [word for word in re.findall(r"\w+", joined.replace("_", " ")) if word.isalpha()]


def _kept(part: str) -> list[str]:
    """Return the words of a part of a title, without small ones, and in the singular."""
    return [
        _singular({"st": "saint", "ste": "sainte"}.get(word, word))
        for word in _split(part)
        if word not in _SMALL and not _ROMAN.fullmatch(word) and not _BROKEN_A.fullmatch(word)
    ]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _without_end(words: list[str]) -> list[str]:
    end = len(words)
    while end and words[end - 1] in _QUALIFYING:
        end -= 1
    return words[:end]


_QUALIFYING = frozenset(map(_singular, _QUALIFIERS))
_EMPTY = _QUALIFYING | frozenset(map(_singular, _GENERIC))
