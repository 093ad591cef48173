"""The main job from end to end on paintings by invented painters: no network, no other file."""

from dataclasses import dataclass, replace
from pathlib import Path

from morelli.classifier import Attribution
from morelli.data.ingest import ingest
from morelli.errors import BadFolder, BadWeights, writing
from morelli.features.backbones import find_backbone
from morelli.features.weights import RANDOM, load_backbone
from morelli.invented.painters import PAINTERS, write_paintings
from morelli.progress import Progress, Silent
from morelli.runs.folder import Run
from morelli.runs.train import train_run
from morelli.training.named_recipes import RECIPES

BACKBONE = "resnet18"
NEW_WORKS = 2
"""Works of each painter that are painted for the demo's end and not learned from."""


@dataclass(frozen=True)
class NewWork:
    """A work that was not learned from.

    Attributes:
        image: Its file, relative to the demo's folder.
        painter: Who painted it.
        attribution: Whom the classifier attributes it to.
    """

    image: str
    painter: str
    attribution: Attribution


@dataclass(frozen=True)
class Demo:
    """What the demo made.

    Attributes:
        paintings: Folder of the paintings learned from, a folder for each painter.
        collection: Folder of the collection.
        run: The run.
        new: Folder of the new works.
        new_works: The new works, attributed.
        random: Whether the backbone's weights were random.
    """

    paintings: Path
    collection: Path
    run: Run
    new: Path
    new_works: tuple[NewWork, ...]
    random: bool


def demo(
    out: str | Path,
    *,
    works: int = 60,
    seed: int = 0,
    size: tuple[int, int] | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Demo:
    """Paint, ingest, train and attribute, in a folder.

    Trained weights are used if they are on this machine; nothing is downloaded.

    Args:
        out: A new or empty folder.
        works: Works of each painter.
        seed: Draws the works, the split and the head.
        size: Width and height of the paintings in pixels; by default various.
        cache: Folder of cached features; by default inside `out`.
        progress: Hears how far it is.

    Raises:
        BadFolder: If the folder holds something, or cannot be written.
    """
    out, progress = Path(out), progress or Silent()
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise BadFolder(f"{out} is not empty; choose a new folder, or remove it first")
    paintings, new = out / "paintings", out / "new"
    _paint(paintings, works, seed, size, progress)
    _paint(new, NEW_WORKS, seed + 1, size, progress)
    collection = ingest(paintings, out / "collection", progress=progress)
    recipe = replace(
        RECIPES["plain"], backbone=BACKBONE, weights=_weights(), seed=seed, split_seed=seed
    )
    run = train_run(
        collection, out / "run", recipe, cache=cache or out / "cache", progress=progress
    )
    return Demo(
        paintings, collection.folder, run, new, _attributed(run, new), recipe.weights == RANDOM
    )


def _paint(
    folder: Path, works: int, seed: int, size: tuple[int, int] | None, progress: Progress
) -> None:
    total = works * len(PAINTERS)
    with writing(folder):
        for done, _ in enumerate(write_paintings(folder, works=works, seed=seed, size=size), 1):
            progress.step(f"paint {folder.name}", done, total, "works")


def _attributed(run: Run, new: Path) -> tuple[NewWork, ...]:
    files = sorted(new.glob("*/*.jpg"))
    return tuple(
        NewWork(path.relative_to(new.parent).as_posix(), path.parent.name, attribution)
        for path, attribution in zip(files, run.classifier.attribute_files(files), strict=True)
        if isinstance(attribution, Attribution)
    )


def _weights() -> str:
    try:
        _ = load_backbone(find_backbone(BACKBONE), download=False).network
    except BadWeights:
        return RANDOM
    return ""
