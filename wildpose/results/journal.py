"""The journal of a run: one SQLite transaction per finished clip.

A clip is in the journal whole or not at all, whatever kills the process. The journal is also the
lock of a run: SQLite keeps it exclusively from the first write until the process ends, however
it ends, so that two runs never write into one folder.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from wildpose.errors import DataError, UsageError
from wildpose.results.files import write_failure
from wildpose.results.record import ClipRecord, FileStamp, Row
from wildpose.results.schema import CLIPS, DETECTIONS, FAILURES, TABLES, TRACKS, TableSchema

JOURNAL_NAME = "journal.sqlite"
_APPLICATION_ID = 0x57504F53
_LAYOUT = 1
_SQL_TYPES = {"string": "TEXT", "int32": "INTEGER", "int64": "INTEGER", "float32": "REAL",
              "float64": "REAL", "bool": "INTEGER", "binary": "BLOB"}


class Journal:
    """The record of a run that survives a kill.

    Use :meth:`open` to make one, and as a context manager, so that it is closed.

    Parameters
    ----------
    path : Path
        The database file.
    connection : sqlite3.Connection
        Open, with the tables made, in autocommit mode.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._db = connection

    @classmethod
    def open(cls, path: Path, fingerprint: Mapping[str, Any]) -> Journal:
        """Make the journal, or open the one of an earlier run with the same settings.

        Parameters
        ----------
        path : Path
            Usually ``RUN/journal.sqlite``; its folder must exist.
        fingerprint : mapping
            The settings that the results hang on, as JSON values.

        Returns
        -------
        Journal

        Raises
        ------
        UsageError
            When another run is writing here, when the earlier run had other settings, or when the
            disk refuses.
        DataError
            When the file is no journal of ours.
        """
        connection = None
        try:
            connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
            _prepare(connection)
            _keep_fingerprint(connection, path.parent, fingerprint)
        except sqlite3.Error as error:
            _close(connection)
            raise _explained(path, error) from error
        except BaseException:
            _close(connection)
            raise
        return cls(path, connection)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and give the run folder free."""
        self._db.close()

    def finished(self) -> dict[str, FileStamp]:
        """Clips that were read, with their files as they were then."""
        rows = self._db.execute("SELECT clip, size_bytes, mtime_ns FROM work "
                                "WHERE clip IN (SELECT clip FROM clips)")
        return {clip: FileStamp(size, mtime) for clip, size, mtime in rows}

    def record(self, record: ClipRecord) -> None:
        """Keep one clip: all its rows in one transaction, in place of what an earlier try left."""
        with self._transaction():
            self._forget([record.clip])
            self._insert(CLIPS, [record.row] if record.row is not None else [])
            self._insert(TRACKS, record.tracks)
            self._insert(DETECTIONS, record.detections)
            self._insert(FAILURES, record.failures)
            self._db.execute("INSERT INTO work VALUES (?, ?, ?, ?)", (
                record.clip, record.stamp.size_bytes, record.stamp.mtime_ns,
                json.dumps(dict(record.stage_seconds))))

    def begin(self, found: Collection[str], failures: Iterable[Row]) -> None:
        """Note what this start of the run found.

        Failures of an earlier start are dropped where their clip is there no longer; those of the
        search itself are replaced. Finished clips stay.

        Parameters
        ----------
        found : collection of str
            Keys of all clips to be analysed.
        failures : iterable of Row
            What the search could not read.
        """
        with self._transaction():
            known = {clip for (clip,) in self._db.execute(
                "SELECT clip FROM failures WHERE clip NOT IN (SELECT clip FROM clips)")}
            self._forget(sorted(known - set(found)))
            self._db.execute("DELETE FROM failures WHERE stage = 'find'")
            self._insert(FAILURES, failures)

    def rows(self, table: TableSchema) -> Iterator[tuple[Any, ...]]:
        """Rows of a table, values in column order, sorted as its schema says."""
        names = ", ".join(f'"{name}"' for name in table.column_names)
        order = ", ".join(f'"{name}"' for name in (*table.order, "rowid"))
        # Only names from the schema enter the text.
        yield from self._db.execute(f'SELECT {names} FROM "{table.name}" ORDER BY {order}')  # noqa: S608 - schema names

    def count(self, table: TableSchema, **equal: str) -> int:
        """Count the rows whose columns have the given values."""
        where = " AND ".join([f'"{name}" = ?' for name in equal] or ["1"])
        query = f'SELECT count(*) FROM "{table.name}" WHERE {where}'  # noqa: S608 - schema names
        return int(self._db.execute(query, tuple(equal.values())).fetchone()[0])

    def total(self, column: str) -> int:
        """Sum of a column of the table clips."""
        query = f'SELECT coalesce(sum("{CLIPS.column(column).name}"), 0) FROM clips'  # noqa: S608 - schema name
        return int(self._db.execute(query).fetchone()[0])

    def clips_with_animals(self) -> int:
        """Count the clips in which an animal was followed."""
        query = "SELECT count(*) FROM clips WHERE animal_tracks > 0"
        return int(self._db.execute(query).fetchone()[0])

    def clips_with_dense_pose(self) -> int:
        """Count the clips that have a file of dense pose."""
        query = "SELECT count(*) FROM clips WHERE dense_pose IS NOT NULL"
        return int(self._db.execute(query).fetchone()[0])

    def stage_seconds(self) -> dict[str, float]:
        """Seconds of work per stage, summed over all clips of the run."""
        sums: dict[str, float] = {}
        for (seconds,) in self._db.execute("SELECT stage_seconds FROM work ORDER BY clip"):
            for stage, value in json.loads(seconds).items():
                sums[stage] = sums.get(stage, 0.0) + value
        return sums

    def _insert(self, table: TableSchema, rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(table.columns))
        values = [tuple(row[name] for name in table.column_names) for row in rows]
        self._db.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', values)  # noqa: S608 - schema names

    def _forget(self, clips: Iterable[str]) -> None:
        for clip in clips:
            for name in (*(table.name for table in TABLES), "work"):
                self._db.execute(f'DELETE FROM "{name}" WHERE clip = ?', (clip,))  # noqa: S608 - schema names

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise _explained(self._path, error) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself after some errors (a full disk is one).
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("ROLLBACK")


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA synchronous = FULL")
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _check_layout(db)
    db.execute("BEGIN EXCLUSIVE")
    db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {_LAYOUT}")
    for table in TABLES:
        columns = ", ".join(f'"{c.name}" {_SQL_TYPES[c.dtype]}' for c in table.columns)
        db.execute(f'CREATE TABLE IF NOT EXISTS "{table.name}" ({columns})')
        db.execute(f'CREATE INDEX IF NOT EXISTS "{table.name}_by_clip" ON "{table.name}" (clip)')
    db.execute("CREATE TABLE IF NOT EXISTS work (clip TEXT PRIMARY KEY, size_bytes INTEGER, "
               "mtime_ns INTEGER, stage_seconds TEXT)")
    db.execute("CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT)")
    db.execute("COMMIT")


def _check_layout(db: sqlite3.Connection) -> None:
    ours = db.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION_ID
    if not ours or db.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
        raise DataError("The journal in the run folder was not made by this version of wildpose.",
                        "Choose another folder with --out.")
    for table in TABLES:
        names = [row[1] for row in db.execute(f'PRAGMA table_info("{table.name}")')]
        if names and tuple(names) != table.column_names:
            raise DataError(f"The journal's table {table.name} has other columns than this "
                            "version of wildpose writes.", "Choose another folder with --out.")


def _keep_fingerprint(
    db: sqlite3.Connection, run: Path, fingerprint: Mapping[str, Any]
) -> None:
    new = {name: json.dumps(value) for name, value in fingerprint.items()}
    old = dict(db.execute("SELECT name, value FROM settings"))
    if not old:
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO settings VALUES (?, ?)", new.items())
        db.execute("COMMIT")
        return
    for name in sorted(new.keys() | old.keys()):
        if new.get(name) != old.get(name):
            raise UsageError(
                f"{run} was begun with {name} = {old.get(name, 'unset')}, this command says "
                f"{new.get(name, 'unset')}.",
                "Use the same settings to go on, or another folder with --out.")


def _explained(path: Path, error: sqlite3.Error) -> UsageError | DataError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return UsageError(f"{path.parent}: another analyze is writing into this run.",
                          "Wait for it to end, or choose another folder with --out.")
    if "not a database" in text or "malformed" in text:
        return DataError(f"{path}: the journal is damaged ({text}).",
                         "Choose another folder with --out and analyze again.")
    return write_failure(path, error)
