"""The card that lets a collection go to the Hub as it is: `README.md` with its YAML head."""

from typing import Any

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


def text(said: dict[str, Any]) -> str:
    """Return the card of a collection, given what its `collection.json` says."""
    size = said["size"]
    source = said["source"]
    return _CARD.format(
        works=said["works"],
        source=source.get("repository", source["kind"]),
        task=said["selection"]["task"],
        size="in their original size" if size is None else f"{size} pixels on the short side",
    )
