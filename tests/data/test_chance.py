"""Chance that is the same on every machine."""

from morelli.data.chance import seeded_generator, seeded_hash


def test_a_seeded_hash_is_the_same_on_every_machine() -> None:
    assert seeded_hash(0, "a", 1) == seeded_hash(0, "a", 1)
    assert seeded_hash(0, "a", 1)[:8] == "41d84785"
    assert len({seeded_hash(0, "a"), seeded_hash(1, "a"), seeded_hash(0, "b")}) == 3


def test_a_seeded_generator_draws_the_same_for_the_same_and_otherwise_for_others() -> None:
    def drawn(seed: int, *parts: object) -> float:
        return float(seeded_generator(seed, *parts).random())

    assert drawn(0, "a", 1) == drawn(0, "a", 1)
    assert len({drawn(0, "a"), drawn(1, "a"), drawn(0, "b")}) == 3
