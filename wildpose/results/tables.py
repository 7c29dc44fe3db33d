"""The tables of a run, written from its journal.

Rows are read one batch at a time, so that memory does not grow with the run; every table is
written beside and renamed. The same journal gives the same bytes.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wildpose.results.files import write_failure, written_beside
from wildpose.results.journal import Journal
from wildpose.results.schema import CLIPS, DETECTIONS, FAILURES, TRACKS, Column, TableSchema

BATCH_ROWS = 20_000
PARQUET_TABLES = (CLIPS, TRACKS, DETECTIONS)
CSV_TABLES = (CLIPS, TRACKS, FAILURES)


def write_tables(journal: Journal, run: Path) -> None:
    """Write all tables of a run into its folder.

    Parameters
    ----------
    journal : Journal
    run : Path
        The run folder.

    Raises
    ------
    UsageError
        When the folder can't be written; tables that were there before stay whole.
    """
    for table in PARQUET_TABLES:
        _write(run / f"{table.name}.parquet", table, journal)
    for table in CSV_TABLES:
        _write(run / f"{table.name}.csv", table, journal)


def _write(target: Path, table: TableSchema, journal: Journal) -> None:
    write = _write_parquet if target.suffix == ".parquet" else _write_csv
    try:
        with written_beside(target) as beside:
            write(beside, table, journal)
    except OSError as error:
        raise write_failure(target, error) from error


def _write_parquet(path: Path, table: TableSchema, journal: Journal) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = table.arrow_schema()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _batches(journal.rows(table)):
            columns = [
                pa.array([_typed(column, value) for value in values], field.type)
                for column, field, values in zip(
                    table.columns, schema, zip(*rows, strict=True), strict=True)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _write_csv(path: Path, table: TableSchema, journal: Journal) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        for row in journal.rows(table):
            writer.writerow([_text(column, value)
                             for column, value in zip(table.columns, row, strict=True)])


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(itertools.islice(rows, BATCH_ROWS)):
        yield batch


def _typed(column: Column, value: Any) -> Any:
    # SQLite has no booleans.
    return bool(value) if column.dtype == "bool" and value is not None else value


def _text(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if column.dtype == "bool":
        return "true" if value else "false"
    # Seven digits tell every float32 apart from its neighbours in [0, 1] and print it short.
    return f"{value:.7g}" if column.dtype == "float32" else str(value)
