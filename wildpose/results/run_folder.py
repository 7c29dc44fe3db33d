"""Reading a run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wildpose.errors import DataError, UsageError
from wildpose.results.dense_pose import read_dense_pose
from wildpose.results.journal import JOURNAL_NAME
from wildpose.results.schema import (
    CLIPS,
    DETECTIONS,
    FAILURES,
    TRACKS,
    TableSchema,
)
from wildpose.results.validation import problems_of
from wildpose.types import DensePose

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

INFO_NAME = "run.json"


def is_run(path: Path) -> bool:
    """Whether a folder was written by ``analyze``, finished or not."""
    return (path / JOURNAL_NAME).is_file() or (path / INFO_NAME).is_file()


class RunFolder:
    """The results of one ``analyze``, validated when read.

    Parameters
    ----------
    path : Path
        The run folder.

    Raises
    ------
    UsageError
        When it is no run folder, or when its analysis has not come to an end.

    Examples
    --------
    >>> RunFolder(Path("no/such/run"))
    Traceback (most recent call last):
        ...
    wildpose.errors.UsageError: no/such/run: no such folder. Give the folder that `wildpose ...
    """

    def __init__(self, path: Path) -> None:
        remedy = "Give the folder that `wildpose analyze --out` wrote."
        if not path.is_dir():
            raise UsageError(f"{path}: no such folder.", remedy)
        if not is_run(path):
            raise UsageError(f"{path}: not a run folder.", remedy)
        if not all((path / name).is_file() for name in (INFO_NAME, "clips.parquet")):
            raise UsageError(f"{path}: its analysis has not come to an end.",
                             "Run the same `wildpose analyze` again: it goes on where it stopped.")
        self.path = path

    def info(self) -> dict[str, Any]:
        """Read ``run.json``: versions, model, settings, machine, counts, seconds."""
        try:
            content = json.loads((self.path / INFO_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unreadable(self.path / INFO_NAME, error) from error
        if not isinstance(content, dict):
            raise _unreadable(self.path / INFO_NAME, ValueError("not an object"))
        return content

    def clips(self) -> pd.DataFrame:
        """Table of the clips that were read; columns as in ``docs/tables.md``."""
        return self._frame(CLIPS)

    def tracks(self) -> pd.DataFrame:
        """Table of the animals and people followed through the clips."""
        return self._frame(TRACKS)

    def detections(self) -> pd.DataFrame:
        """Table of the animals and people in each analysed frame."""
        return self._frame(DETECTIONS)

    def dense_pose(self, clip: str) -> list[DensePose | None]:
        """Read the dense pose of a clip's detections.

        Parameters
        ----------
        clip : str
            Its key in the tables.

        Returns
        -------
        list of DensePose or None
            One for each of the clip's rows in :meth:`detections`, in their order; None where a
            detection has none, all None where the model has no dense-pose head. About 28 kB each:
            a clip of hours is better read by :func:`wildpose.results.dense_pose.read_dense_pose`.

        Raises
        ------
        UsageError
            When the run has no such clip.
        DataError
            When its file is missing or damaged.
        """
        import pyarrow.compute as pc

        clips = self.arrow(CLIPS)
        rows = clips.filter(pc.equal(clips["clip"], clip)).to_pylist()
        if not rows:
            raise UsageError(f"{self.path}: holds no clip called {clip}.",
                             "Names of clips stand in clips.csv.")
        poses: list[DensePose | None]
        poses = [None] * (rows[0]["animal_detections"] + rows[0]["person_detections"])
        if rows[0]["dense_pose"] is not None:
            for position, pose in read_dense_pose(self.path / rows[0]["dense_pose"]):
                poses[position] = pose
        return poses

    def failures(self) -> pd.DataFrame:
        """Table of what was not read, or read in part."""
        return self._frame(FAILURES)

    def sheet(self, name: str) -> Path:
        """Where a contact sheet lies; ``name`` is a value of ``clips.sheet``."""
        return self.path / name

    def arrow(self, table: TableSchema) -> pa.Table:
        """Read a table as it is on the disk, without validating it as :meth:`clips` does.

        Only columns that were not yet there when the run was made are added, without values.
        """
        import pyarrow.parquet as pq

        source = self.path / f"{table.name}.parquet"
        try:
            data = _read_csv(self.path, table) if table is FAILURES else pq.read_table(source)
        except (OSError, ValueError) as error:
            raise _unreadable(source, error) from error
        return _with_added(data, table)

    def _frame(self, table: TableSchema) -> pd.DataFrame:
        import pandas as pd

        data = self.arrow(table)
        fault = next(problems_of(table, data), None)
        if fault:
            raise DataError(f"{self.path}: {fault}.", "Analyze the clips again with this version.")
        frame = data.to_pandas()
        for column in table.columns:
            if column.nullable and column.dtype.startswith("int"):
                values = data.column(column.name).to_pylist()
                frame[column.name] = pd.array(values, dtype=column.dtype.capitalize())
        return frame


def _read_csv(run: Path, table: TableSchema) -> pa.Table:
    from pyarrow import csv

    schema = table.arrow_schema()
    convert = csv.ConvertOptions(
        column_types={field.name: field.type for field in schema},
        null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False)
    parse = csv.ParseOptions(newlines_in_values=True)
    data = csv.read_csv(run / f"{table.name}.csv", parse_options=parse, convert_options=convert)
    return data


def _with_added(data: pa.Table, table: TableSchema) -> pa.Table:
    import pyarrow as pa

    for column in table.columns:
        if column.added and column.name not in data.column_names:
            field = table.arrow_schema().field(column.name)
            data = data.append_column(field, pa.nulls(data.num_rows, field.type))
    return data


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: can't be read: {' '.join(str(error).split())}.",
                     "Run the same `wildpose analyze` again: it writes the tables anew.")
