"""Chance that is the same on every machine: hashes of a seed and of what is drawn for."""

import hashlib

import numpy as np


def seeded_hash(seed: int, *parts: object) -> str:
    """Return a hash that orders things by chance."""
    return hashlib.sha256(":".join(map(str, (seed, *parts))).encode()).hexdigest()


def seeded_generator(seed: int, *parts: object) -> np.random.Generator:
    """Return a generator whose draws depend on a seed and on what they are for."""
    return np.random.default_rng(int(seeded_hash(seed, *parts)[:16], 16))
