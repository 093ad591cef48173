"""Copies: other photographs are found, other works are not, and clusters join what pairs join."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from morelli.audit.checks.copies import NEAR, Copies, clusters, find_copies
from morelli.audit.checks.small_pictures import Small, joined, small_of, small_pictures
from morelli.data import decoding
from morelli.data.collection import Collection
from morelli.machine import Machine

SHAPES = 40
"""Works that are drawn for these tests."""


def encoded(image: Image.Image, kind: str = "BMP", **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def painting(seed: int, strokes: int | None = None, strength: float = 0.3) -> Image.Image:
    """A motif of blotches with strokes upon it; by default both are drawn by one seed."""
    motif = np.random.default_rng(seed).integers(20, 236, (7, 9, 3), np.uint8)
    brush = np.random.default_rng([1, seed if strokes is None else strokes])
    image = Image.fromarray(motif).resize((160, 120), Image.Resampling.BICUBIC)
    upon = Image.fromarray(brush.integers(0, 256, (30, 40, 3), np.uint8))
    return Image.blend(image, upon.resize(image.size), strength)


def small_from(*pictures: Image.Image) -> Small:
    return small_of((str(number), encoded(picture)) for number, picture in enumerate(pictures))


def pairs_of(copies: Copies) -> list[tuple[int, int]]:
    return [(int(one), int(other)) for one, other in copies.pairs]


@pytest.fixture(scope="module")
def works() -> Small:
    return small_from(*map(painting, range(SHAPES)))


def other_photographs(image: Image.Image) -> dict[str, bytes]:
    box = (6, 4, 155, 117)
    dark = Image.fromarray((np.asarray(image) * [0.6, 0.75, 0.7] + 12).astype(np.uint8))
    together = dark.crop(box).convert("L").resize((90, 90))
    return {
        "encoded": encoded(image, "JPEG", quality=40),
        "smaller": encoded(image.resize((64, 48))),
        "larger": encoded(image.resize((320, 240))),
        "cropped": encoded(image.crop(box)),
        "squashed": encoded(image.resize((128, 128))),
        "darker": encoded(dark),
        "grey": encoded(image.convert("L")),
        "together": encoded(together.convert("RGB"), "JPEG", quality=60),
    }


@pytest.mark.parametrize("how", list(other_photographs(painting(0))))
def test_another_photograph_is_found_and_nothing_else(works: Small, how: str) -> None:
    places = [3, 17, 31]
    others = small_of((how, other_photographs(painting(place))[how]) for place in places)
    copies = find_copies(joined([works, others]))
    assert pairs_of(copies) == [(place, SHAPES + n) for n, place in enumerate(places)]
    assert not copies.exact.any()
    assert (copies.scores >= NEAR).all()


def test_invented_paintings_have_no_copies(collection: Collection, cache: Path) -> None:
    assert pairs_of(find_copies(small_pictures(collection, machine=Machine(cache=cache)))) == []


def test_equal_pixels_are_exact_whatever_the_file(works: Small) -> None:
    again = small_of([("again", encoded(painting(5), "PNG")), ("more", encoded(painting(5)))])
    copies = find_copies(joined([works, again]))
    assert pairs_of(copies) == [(5, SHAPES), (5, SHAPES + 1)]
    assert copies.exact.all()
    assert copies.scores.tolist() == [1, 1]


def test_many_equal_works_hide_no_copy(works: Small) -> None:
    equal = small_of(("equal", encoded(painting(5))) for _ in range(25))
    other = small_of([("other", other_photographs(painting(5))["darker"])])
    copies = find_copies(joined([works, equal, other]))
    assert copies.exact.sum() == 25
    assert [len(works) for works in clusters(copies)] == [27]


def test_works_of_one_colour_are_copies_only_where_they_are_equal() -> None:
    colours = ["red", "white", "black", "red"]
    noise = np.random.default_rng(0).integers(126, 129, (60, 80, 3), np.uint8)
    plain = [Image.new("RGB", (80, 60), colour) for colour in colours]
    copies = find_copies(small_from(*plain, Image.fromarray(noise), painting(0)))
    assert pairs_of(copies) == [(0, 3)]
    assert copies.exact.all()


def test_white_walls_around_dark_paintings_make_no_copies() -> None:
    def on_a_wall(seed: int, light: float = 0.12) -> Image.Image:
        wall = Image.new("RGB", (200, 160), "white")
        dark = (np.asarray(painting(seed)) * light).astype(np.uint8)
        wall.paste(Image.fromarray(dark), (20, 20))
        return wall

    copies = find_copies(small_from(*map(on_a_wall, range(12)), on_a_wall(4, 0.2)))
    assert pairs_of(copies) == [(4, 12)]


def test_a_motif_painted_again_with_other_strokes_is_no_copy() -> None:
    versions = small_from(*(painting(0, strokes, strength=0.2) for strokes in range(6)))
    assert pairs_of(find_copies(versions)) == []
    assert len(pairs_of(find_copies(versions, least=0.4))) > 5


@pytest.mark.parametrize("box", [(11, 0, 160, 120), (0, 0, 149, 112), (0, 8, 160, 112)])
def test_a_crop_of_seven_in_a_hundred_is_found(
    works: Small, box: tuple[int, int, int, int]
) -> None:
    cropped = small_from(painting(6).crop(box))
    assert pairs_of(find_copies(joined([works, cropped]))) == [(6, SHAPES)]


def test_features_bring_together_what_the_hash_does_not(works: Small) -> None:
    copy = small_of([("copy", other_photographs(painting(8))["darker"])])
    both = joined([works, copy])
    apart = dataclasses.replace(both, hashes=both.hashes.copy())
    apart.hashes[-1] = ~apart.hashes[8]
    assert pairs_of(find_copies(apart)) == []
    features = np.random.default_rng(0).normal(size=(SHAPES + 1, 16)).astype(np.float32)
    features[-1] = features[8] + 0.01
    assert pairs_of(find_copies(apart, features)) == [(8, SHAPES)]


def test_useless_features_do_not_hide_a_copy(works: Small) -> None:
    both = joined([works, small_of([("copy", other_photographs(painting(8))["grey"])])])
    for features in (
        np.zeros((SHAPES + 1, 4)),
        np.random.default_rng(0).normal(size=(SHAPES + 1, 4)),
    ):
        copies = find_copies(both, features.astype(np.float32))
        assert pairs_of(copies) == [(8, SHAPES)]


def test_features_of_other_works_are_refused(works: Small) -> None:
    with pytest.raises(ValueError, match="3 features for 40 works"):
        find_copies(works, np.zeros((3, 4), np.float32))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_works_have_no_copies(works: Small, count: int) -> None:
    few = Small(*(getattr(works, field.name)[:count] for field in dataclasses.fields(works)))
    copies = find_copies(few, np.ones((count, 3), np.float32))
    assert (pairs_of(copies), clusters(copies), copies.works) == ([], [], count)


def test_the_order_of_works_changes_no_cluster(works: Small) -> None:
    others = small_of(pair for n in (1, 2, 3) for pair in other_photographs(painting(n)).items())
    both = joined([works, others])
    order = np.random.default_rng(0).permutation(len(both))
    turned = Small(*(getattr(both, field.name)[order] for field in dataclasses.fields(both)))
    straight = {frozenset(part.tolist()) for part in clusters(find_copies(both))}
    assert {frozenset(order[part].tolist()) for part in clusters(find_copies(turned))} == straight
    assert len(straight) == 3


def test_a_lower_bar_keeps_every_pair_of_a_higher_one(works: Small) -> None:
    others = small_of(other_photographs(painting(9)).items())
    both = joined([works, others])
    strict, loose = (set(pairs_of(find_copies(both, least=least))) for least in (0.99, 0.4))
    assert strict < loose


def test_progress_is_heard_of(works: Small) -> None:
    steps: list[tuple[int, int]] = []

    class Listener:
        def note(self, text: str) -> None: ...

        def step(self, name: str, done: int, total: int, unit: str) -> None:
            steps.append((done, total))

    find_copies(works, np.eye(SHAPES, dtype=np.float32), progress=Listener())
    assert steps[-1][0] == steps[-1][1] > 0


PAIRS = st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda p: p[0] < p[1]))


@given(PAIRS)
def test_clusters_are_what_pairs_join(pairs: set[tuple[int, int]]) -> None:
    given_pairs = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    flags = np.zeros(len(pairs), np.bool_)
    joined_works = clusters(Copies(12, given_pairs, flags, flags.astype(np.float32)))
    groups = [{place} for place in range(12)]
    for one, other in pairs:
        merged = next(g for g in groups if one in g) | next(g for g in groups if other in g)
        groups = [g for g in groups if not g & merged] + [merged]
    expected = sorted(sorted(g) for g in groups if len(g) > 1)
    assert [works.tolist() for works in joined_works] == expected


@pytest.mark.real
def test_real_works_in_their_full_size_are_found_among_small_ones(shared: Path) -> None:
    paths = sorted((shared / "paintings" / "fullsize").glob("*/*.jpg"))[::12]
    full = [path.read_bytes() for path in paths]
    small = [encoded(decoding.decode(data, 200), "JPEG", quality=80) for data in full]
    copies = find_copies(small_of((str(n), data) for n, data in enumerate(full + small)))
    assert pairs_of(copies) == [(n, n + len(full)) for n in range(len(full))]
