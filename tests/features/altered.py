"""A collection of which a column was changed."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from morelli.data.collection import Collection, open_collection


def altered(collection: Collection, out: Path, column: str, values: Any) -> Collection:
    """Copy a collection and change a column of its first shard."""
    shutil.copytree(collection.folder, out)
    path = out / "data" / collection.shards[0]
    table = pq.read_table(path)
    index = table.schema.get_field_index(column)
    field = table.schema.field(index)
    column_data = pa.array(values(table[column]), field.type)
    pq.write_table(table.set_column(index, field, column_data), path)
    return open_collection(out)
