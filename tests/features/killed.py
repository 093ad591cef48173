"""Extractions in processes of their own, killed at random moments."""

import random
import time
from pathlib import Path

from processes import process

from morelli.data.collection import Collection, open_collection
from morelli.features.backbones import Backbone
from morelli.features.extract import collection_features
from morelli.features.extractor import extractor
from morelli.features.weights import load_backbone
from morelli.machine import Machine


class Slow:
    """Writes a line for each step that it hears of, and takes a moment."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def note(self, text: str) -> None:
        """Nothing."""

    def step(self, name: str, done: int, total: int, unit: str) -> None:
        """Write a line."""
        with self._log.open("a", encoding="utf-8") as file:
            file.write(f"{name}: {done}\n")
        time.sleep(0.05)


def extract_slowly(collection: Path, cache: Path, backbone: Backbone, log: Path) -> None:
    """Extract features; a first line says that all is ready."""
    using = extractor(load_backbone(backbone, "random"), number_format="float32", workers=2)
    log.write_text("ready\n", encoding="utf-8")
    collection_features(
        open_collection(collection), using, machine=Machine(cache, progress=Slow(log))
    )


def killed_at_random(
    collection: Collection, backbone: Backbone, caches: list[Path]
) -> list[int | None]:
    """Extract to each of these caches, and kill each extraction somewhere; return how they ended.

    The first is killed when it is ready, the others each a shard later than the one before.
    """
    chance, ends = random.Random(0), []
    for number, cache in enumerate(caches):
        log = cache.with_suffix(".log")
        extraction = process(extract_slowly, collection.folder, cache, backbone, log)
        while not log.exists() or len(log.read_text(encoding="utf-8").splitlines()) <= number:
            assert extraction.is_alive()
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
        extraction.kill()
        extraction.join()
        ends.append(extraction.exitcode)
    return ends
