"""Whether data follows the schema of its table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wildpose.results.schema import Column, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa


def problems_of(table: TableSchema, data: pa.Table) -> Iterator[str]:
    """Find what is wrong with data that should follow a table's schema, one line per fault.

    Parameters
    ----------
    table : TableSchema
    data : pyarrow.Table

    Yields
    ------
    str
        ``"detections.score: ..."``; nothing where all is well. Columns that the schema does not
        know are no fault (a newer version may have added them).
    """
    for column in table.columns:
        if column.name not in data.column_names:
            yield f"{table.name}.{column.name}: the column is missing"
            continue
        for fault in _faults(column, data.column(column.name), table.arrow_schema()):
            yield f"{table.name}.{column.name}: {fault}"


def _faults(column: Column, values: pa.ChunkedArray, schema: pa.Schema) -> Iterator[str]:
    import pyarrow.compute as pc

    expected = schema.field(column.name).type
    if values.type != expected:
        yield f"is {values.type}, should be {expected}"
        return
    if values.null_count and not column.nullable:
        yield f"{values.null_count} values are missing"
    if column.allowed:
        strange = sorted(set(pc.unique(values).to_pylist()) - {*column.allowed, None})
        if strange:
            yield f"holds {strange[0]!r}, allowed are {', '.join(column.allowed)}"
    if column.minimum is None and column.maximum is None:
        return
    extent = pc.min_max(values).as_py()
    if column.minimum is not None and extent["min"] is not None and extent["min"] < column.minimum:
        yield f"holds {extent['min']}, below {column.minimum:g}"
    if column.maximum is not None and extent["max"] is not None and extent["max"] > column.maximum:
        yield f"holds {extent['max']}, above {column.maximum:g}"
