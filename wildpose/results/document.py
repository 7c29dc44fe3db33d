"""The page ``docs/tables.md``, written from the schema.

``python -m wildpose.results.document docs/tables.md`` writes it; a test compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from wildpose.results.schema import DENSE_POSE, TABLES, TABLES_VERSION, Column, TableSchema

_HEAD = """# Tables of a run

Written from `wildpose/results/schema.py` by `python -m wildpose.results.document docs/tables.md`;
change it there. Version {version}.

`wildpose analyze CLIPS --out RUN` leaves these tables in `RUN`. All join on `clip`. Coordinates are
pixels of the picture as it is shown (after rotation), origin at the top left corner, continuous:
x of pixel column i spans [i, i + 1]. Times are seconds from the clip's first frame. Missing values
are null in Parquet and empty in CSV.

| file | table |
|---|---|
| `clips.parquet`, `clips.csv` | [clips](#clips) |
| `tracks.parquet`, `tracks.csv` | [tracks](#tracks) |
| `detections.parquet` | [detections](#detections) |
| `failures.csv` | [failures](#failures) |
| `dense_pose/*.parquet` | [dense_pose](#dense_pose), one file per clip |

"Compressed" is one Zstandard frame. In `dense_pose`, what is compressed of `u`, `v`, `confidence`
and `sigma` is the difference of each cell to the cell with body before it, row by row, modulo 256
(the first one to 0); of `chart` the values as they are.
"""


def tables_page() -> str:
    """Write the whole page, as Markdown."""
    return "\n".join([_HEAD.format(version=TABLES_VERSION), *map(_section, (*TABLES, DENSE_POSE))])


def _section(table: TableSchema) -> str:
    lines = [f"## {table.name}", "", table.row,
             f"Sorted by {', '.join(f'`{name}`' for name in table.order)}.", "",
             "| column | type | unit | meaning |", "|---|---|---|---|"]
    return "\n".join(lines + [_row(column) for column in table.columns]) + "\n"


def _row(column: Column) -> str:
    kind = column.dtype + (" or null" if column.nullable else "")
    meaning = column.description
    if column.allowed:
        meaning += f" One of {', '.join(f'`{value}`' for value in column.allowed)}."
    return f"| `{column.name}` | {kind} | {column.unit} | {meaning} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(tables_page(), encoding="utf-8")
