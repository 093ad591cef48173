"""What source files are like, of a collection and of one image."""

import io
from pathlib import Path

import pytest
from audit.squashed import squashed
from PIL import Image, ImageOps

from morelli.audit.checks.traits import facts_of, source_traits
from morelli.data.collection import Collection
from morelli.data.stored import store


def test_traits_are_those_of_the_source_files(collection: Collection) -> None:
    traits = source_traits(collection)
    assert {len(values) for values in traits.groups.values()} == {collection.works}
    assert (traits.groups["size"] == 48).all()
    assert traits.groups["aspect"] == pytest.approx(64 / 48)
    sizes = collection.table(["byte_count"])["byte_count"].to_pylist()
    assert traits.groups["bytes"][:, 0].tolist() == sizes
    assert not traits.facts["exactly square"].any()
    assert traits.facts["smaller than 224 pixels"].all()


@pytest.mark.parametrize(
    ("size", "border", "facts"),
    [
        ((300, 300), 0, {"exactly square"}),
        ((300, 280), 0, set()),
        ((300, 250), 0, {"smaller than the commonest short side (256 pixels)"}),
        ((400, 300), 12, {"bordered"}),
    ],
)
def test_an_image_has_its_facts(size: tuple[int, int], border: int, facts: set[str]) -> None:
    buffer = io.BytesIO()
    within = Image.effect_noise((size[0] - 2 * border, size[1] - 2 * border), 90)
    ImageOps.expand(within, border, 255).save(buffer, "PNG")
    assert facts_of(store(buffer.getvalue(), 64).traits, 256) == facts


def test_facts_of_one_image_are_those_of_its_row_in_the_collection(
    paintings: Path, tmp_path: Path
) -> None:
    works, painter = squashed(paintings, tmp_path)
    traits = source_traits(works)
    for row, path in enumerate(works.table(["source_path"])["source_path"].to_pylist()):
        data = (tmp_path / "paintings" / path).read_bytes()
        facts = facts_of(store(data, works.size).traits, traits.usual)
        assert facts == {fact for fact, holds in traits.facts.items() if holds[row]}
        assert ("exactly square" in facts) == (Path(path).parent.name == painter)
