"""The columns of a collection's shards."""

import json

import pyarrow as pa

from morelli.data.columns import described_names


def test_a_schema_without_a_description_names_no_classes() -> None:
    assert described_names(pa.schema([("artist", pa.int64())])) == {}
    odd = {"huggingface": json.dumps({"info": {"features": {"artist": [], "genre": {}}}})}
    assert described_names(pa.schema([("artist", pa.int64())], metadata=odd)) == {}
