"""What a collection says of itself: `collection.json`, and the card that lets it go to the Hub."""

from dataclasses import dataclass
from pathlib import Path

from morelli.data.aside import write_text
from morelli.data.records import as_json, from_json, read_json, sparse, write_record
from morelli.data.selection import Selection
from morelli.errors import BadFolder, writing

FORMAT = 1
"""Version of the folder's layout; a later one is refused."""

SETTINGS = "collection.json"
CARD = "README.md"

_CARD = """\
---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
task_categories:
- image-classification
---

# {works:,} works, made by Morelli

From {source}. Chosen by {task}. Images are {size}.

`work_id` is the SHA-256 of the source's image bytes. `width` to `border_bottom` tell what the
source file was like; `source_shard`, `source_row` and `source_path` where it stood.
`collection.json` says how the collection was made, `quarantine.csv` which works could not be used
and why.
"""


@dataclass(frozen=True)
class Plan:
    """What a collection is made of, known before its first shard is written.

    Attributes:
        format: Version of the folder's layout.
        source: Kind, place, repository and revision.
        selection: Which of the source's works are chosen.
        size: Short side kept in pixels; None for the original size.
        class_names: For each label column, the source's full list of class names.
        chosen: Number of chosen works.
        shards: File names of its shards, in order.
    """

    format: int
    source: dict[str, str]
    selection: Selection
    size: int | None
    class_names: dict[str, tuple[str, ...]]
    chosen: int
    shards: tuple[str, ...]


@dataclass(frozen=True)
class Cleaning:
    """What a cleaned collection comes from.

    Attributes:
        collection: Folder of the collection before.
        works: Number of its works.
        decisions: SHA-256 of the log of decisions, in hexadecimal.
    """

    collection: str
    works: int
    decisions: str


@sparse
@dataclass(frozen=True)
class Outcome:
    """What became of a plan.

    Attributes:
        works: Number of works in the shards.
        quarantined: Number of chosen works that could not be used.
        cleaned: What it comes from, if it is a cleaned collection.
    """

    works: int
    quarantined: int
    cleaned: Cleaning | None = None


def write_contents(folder: Path, plan: Plan, outcome: Outcome) -> None:
    """Write what makes a folder of shards a collection: the card, and `collection.json` last.

    Raises:
        BadFolder: If the folder cannot be written.
    """
    with writing(folder):
        write_text(folder / CARD, card(plan, outcome.works))
        write_record(folder / SETTINGS, as_json(plan) | as_json(outcome))


def read_contents(folder: Path) -> tuple[Plan, Outcome]:
    """Read what `write_contents` wrote.

    Raises:
        BadFolder: If it is damaged, or of a newer Morelli.
    """
    path = folder / SETTINGS
    value = read_json(path)
    newer = isinstance(value, dict) and isinstance(value.get("format"), int)
    if newer and value["format"] > FORMAT:
        raise BadFolder(f"{folder} was written by a newer Morelli; upgrade to read it")
    plan, outcome = from_json(value, Plan, path), from_json(value, Outcome, path)
    for name in ("task", "include_unknown"):  # what decides labels never falls back to a default
        if name not in value["selection"]:
            raise BadFolder(f"{path} is damaged: its selection lacks {name!r}; make it anew")
    return plan, outcome


def card(plan: Plan, works: int) -> str:
    """Return the card of a collection: `README.md` with its YAML head."""
    size = plan.size
    return _CARD.format(
        works=works,
        source=plan.source.get("repository", plan.source["kind"]),
        task=plan.selection.task,
        size="in their original size" if size is None else f"{size} pixels on the short side",
    )
