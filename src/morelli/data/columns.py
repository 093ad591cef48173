"""The columns of a collection's shards, and what the Hub is to know of them."""

import json
from collections.abc import Mapping

import pyarrow as pa

_TRAIT_TYPES = {
    "width": pa.int32(),
    "height": pa.int32(),
    "format": pa.string(),
    "mode": pa.string(),
    "byte_count": pa.int64(),
    "compression": pa.string(),
    "has_profile": pa.bool_(),
    "orientation": pa.int32(),
    "sharpness": pa.float64(),
    "border_left": pa.int32(),
    "border_top": pa.int32(),
    "border_right": pa.int32(),
    "border_bottom": pa.int32(),
}

_HUB_TYPES = {
    "double": "float64",
    "float": "float32",
    "halffloat": "float16",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}
"""Types that the Hub's description calls by another name than Arrow does."""

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""Type of the image column, as the Hub has it."""

OWN_COLUMNS = (
    "image",
    "work_id",
    *_TRAIT_TYPES,
    "source_shard",
    "source_row",
    "source_path",
)
"""Columns that ingest writes itself; of the same name, a source's own are replaced."""


def schema(class_names: Mapping[str, tuple[str, ...]], extra: pa.Schema) -> pa.Schema:
    """Return the schema of a collection's shards, with the Hub's description in its metadata.

    Args:
        class_names: For each label column of the source, its full list of class names.
        extra: Further columns that the source has, such as a title.
    """
    fields = [pa.field("image", IMAGE)]
    fields += [pa.field(task, pa.int64()) for task in class_names]
    fields += list(extra)
    fields.append(pa.field("work_id", pa.string()))
    fields += [pa.field(name, kind) for name, kind in _TRAIT_TYPES.items()]
    fields += [
        pa.field("source_shard", pa.string()),
        pa.field("source_row", pa.int64()),
        pa.field("source_path", pa.string()),
    ]
    features = {field.name: _feature(field, class_names) for field in fields}
    described = json.dumps({"info": {"features": features}}, ensure_ascii=False)
    return pa.schema(fields, metadata={"huggingface": described})


def _feature(field: pa.Field, class_names: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    if field.name == "image":
        return {"_type": "Image"}
    if field.name in class_names:
        return {"names": list(class_names[field.name]), "_type": "ClassLabel"}
    kind = str(field.type)
    return {"dtype": _HUB_TYPES.get(kind, kind), "_type": "Value"}


def described_names(described: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Return the class names that a schema's Hub description gives for its label columns."""
    text = (described.metadata or {}).get(b"huggingface")
    if text is None:
        return {}
    features = json.loads(text).get("info", {}).get("features", {})
    return {
        name: tuple(feature["names"])
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and "names" in feature
    }
