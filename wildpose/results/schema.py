"""The one list of tables and columns of a run.

Writers take their column order and types from here, readers validate against it, and
``docs/tables.md`` is generated from it (:mod:`wildpose.results.document`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

DType = Literal["string", "int32", "int64", "float32", "float64", "bool", "binary"]

TABLES_VERSION = 1
"""Raised when a column is renamed, removed or changes its meaning; added columns keep it: they are
null where a run was written before they were there."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
    dtype : DType
        Type in Parquet; readers get the same.
    description : str
        What it says, for a reader of ``docs/tables.md``.
    unit : str
        Unit or coordinate frame; empty where there is none.
    nullable : bool
        Whether the value can be missing.
    allowed : tuple of str
        The only values that a string may have; empty for any.
    minimum, maximum : float or None
        Bounds of a number, inclusive.
    added : bool
        Runs of earlier versions lack the column; readers fill in null.
    """

    name: str
    dtype: DType
    description: str
    unit: str = ""
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    added: bool = False


@dataclass(frozen=True)
class TableSchema:
    """One table of a run: its name, what a row is, its columns and the columns that order it."""

    name: str
    row: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Find the column called ``name``; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}")

    def arrow_schema(self) -> pa.Schema:
        """Make the schema of the Parquet file."""
        import pyarrow as pa

        kinds = {"string": pa.string(), "int32": pa.int32(), "int64": pa.int64(),
                 "float32": pa.float32(), "float64": pa.float64(), "bool": pa.bool_(),
                 "binary": pa.binary()}
        fields = [pa.field(c.name, kinds[c.dtype], nullable=c.nullable) for c in self.columns]
        metadata = {"wildpose_table": self.name, "wildpose_tables_version": str(TABLES_VERSION)}
        return pa.schema(fields, metadata=metadata)


CLASS_NAMES = ("animal", "person")
STAGES = ("find", "open", "decode", "analyse")
SEVERITIES = ("failed", "partial", "skipped")

_CLIP = Column("clip", "string", "Path of the clip relative to the folder that was analysed, with "
               "`/` between folders. The key that joins all tables.")
_DEPLOYMENT = Column("deployment", "string", "Camera at one place for one period: the folder that "
                     "holds the clip; `.` for the top folder.")
_CLASS = Column("class", "string", "What was found.", allowed=CLASS_NAMES)


def _count(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "int32", description, "count", nullable=nullable, minimum=0)


def _seconds(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "float64", description, "s", nullable=nullable, minimum=0)


CLIPS = TableSchema(
    "clips",
    "One row per clip that could be read, in whole or in part. A clip without animals is a row "
    "of zeros; a clip that could not be read stands in failures instead.",
    (
        _CLIP,
        _DEPLOYMENT,
        Column("path", "string", "Where the file was when it was analysed."),
        Column("width", "int32", "Width of the picture as shown, after rotation.", "px", minimum=1),
        Column("height", "int32", "Height of the picture as shown, after rotation.", "px",
               minimum=1),
        Column("frame_rate", "float64", "Frames per second that the file declares; null where it "
               "declares none.", "1/s", nullable=True, minimum=0),
        _seconds("duration_s", "Time from the first frame to the end of the last one decoded.",
                 nullable=True),
        _count("frames_declared", "Frames that the file says it holds.", nullable=True),
        _count("frames_decoded", "Frames that could be decoded."),
        _count("frames_sampled", "Frames that were analysed."),
        _count("packet_errors", "Packets of video that could not be decoded (for folders of "
               "pictures: pictures that could not be read)."),
        Column("every_s", "float64", "Time between analysed frames; null: every frame. In runs "
               "with `--detections` the usual time between those of the file.", "s",
               nullable=True, minimum=0),
        Column("capture_time", "string", "When the recording began, as ISO 8601, with an offset "
               "only where the file states one.", nullable=True),
        Column("capture_time_source", "string", "Tag or rule that the time comes from; `none` "
               "where it is missing."),
        _count("animal_tracks", "Animals followed through the clip. 0: no animal."),
        _count("person_tracks", "People followed through the clip."),
        _count("animal_detections", "Rows of class animal in detections."),
        _count("person_detections", "Rows of class person in detections."),
        _count("max_animals", "Largest number of tracked animals in one frame."),
        Column("best_score", "float32", "Highest score of a tracked animal.", "probability",
               nullable=True, minimum=0, maximum=1),
        _seconds("first_animal_s", "Time of the first frame with a tracked animal.", nullable=True),
        _seconds("last_animal_s", "Time of the last frame with a tracked animal.", nullable=True),
        _count("best_frame_index", "Frame that holds the highest score of a tracked "
               "animal.",
               nullable=True),
        Column("complete", "bool", "Whether the clip could be read to its end without loss."),
        Column("notes", "string", "Oddities of the file that did no harm.", nullable=True),
        Column("sheet", "string", "Contact sheet, relative to the run folder; null where nothing "
               "was followed.", nullable=True),
        Column("dense_pose", "string", "Dense pose of the clip's detections, relative to the run "
               "folder; null where there is none.", nullable=True, added=True),
        _seconds("seconds", "Time that the analysis of this clip took: the one column that differs "
                 "when the same clip is analysed again."),
    ),
    ("clip",),
)

TRACKS = TableSchema(
    "tracks",
    "One row per animal or person followed through a clip.",
    (
        _CLIP,
        _DEPLOYMENT,
        Column("track_id", "int32", "Number of the track within its clip, from 1.", minimum=1),
        _CLASS,
        _count("first_frame", "`frame_index` of its first detection."),
        _count("last_frame", "`frame_index` of its last detection."),
        _seconds("first_time_s", "`time_s` of its first detection."),
        _seconds("last_time_s", "`time_s` of its last detection."),
        _seconds("duration_s", "`last_time_s - first_time_s`."),
        _count("detections", "Number of its detections."),
        Column("mean_score", "float32", "Mean score of its detections.", "probability",
               minimum=0, maximum=1),
        Column("max_score", "float32", "Highest score of its detections.", "probability",
               minimum=0, maximum=1),
    ),
    ("clip", "track_id"),
)

DETECTIONS = TableSchema(
    "detections",
    "One row per animal or person in one analysed frame.",
    (
        _CLIP,
        _DEPLOYMENT,
        _count("frame_index", "Position of the frame in the file as decoded, from 0."),
        _seconds("time_s", "Presentation time from the clip's first frame."),
        Column("track_id", "int32", "Track that it belongs to; 0: of none, a single doubtful "
               "moment that no other frame confirms, not counted as an animal.", minimum=0),
        _CLASS,
        Column("score", "float32", "Calibrated probability that the box holds what `class` says; "
               "in runs with `--detections` the score of the detector that found the box.",
               "probability", minimum=0, maximum=1),
        Column("x1", "float32", "Left edge.", "px as shown"),
        Column("y1", "float32", "Top edge.", "px as shown"),
        Column("x2", "float32", "Right edge.", "px as shown"),
        Column("y2", "float32", "Bottom edge.", "px as shown"),
        Column("mask_rle", "string", "COCO compressed run-length code (`counts`) of the mask; its "
               "`size` is the clip's [height, width].", nullable=True),
        Column("mask_confidence", "float32", "Mean foreground probability inside the mask.",
               "probability", nullable=True, minimum=0, maximum=1),
        Column("picture", "string", "File name of the still within its folder; null for video.",
               nullable=True),
    ),
    ("clip", "frame_index"),
)

FAILURES = TableSchema(
    "failures",
    "One row per file, folder or clip that was not read, or was read in part, with the reason.",
    (
        _CLIP,
        _DEPLOYMENT,
        Column("stage", "string", "Where it went wrong.", allowed=STAGES),
        Column("severity", "string", "`failed`: not in clips. `partial`: also in clips, with what "
               "could be read. `skipped`: left out on purpose.", allowed=SEVERITIES),
        Column("reason", "string", "What is wrong, in one line."),
        Column("remedy", "string", "What to do about it.", nullable=True),
    ),
    ("clip", "stage"),
)

CUT_BY = ("mask_head", "dense_head")


def _cells(name: str, description: str) -> Column:
    return Column(name, "binary", f"{description} Compressed.", "8 bits per cell")


DENSE_POSE = TableSchema(
    "dense_pose",
    "One row per detection with dense pose. A clip's rows are a file of their own, which "
    "`dense_pose` in [clips](#clips) names. `RunFolder.dense_pose(clip)` reads them as arrays.",
    (
        _CLIP,
        _count("detection", "Position of the detection among the clip's rows in the table "
               "detections, from 0."),
        _count("frame_index", "As in the table detections."),
        Column("x1", "float32", "Left edge of the grid.", "px as shown"),
        Column("y1", "float32", "Top edge of the grid.", "px as shown"),
        Column("x2", "float32", "Right edge of the grid.", "px as shown"),
        Column("y2", "float32", "Bottom edge of the grid.", "px as shown"),
        Column("grid_height", "int32", "Rows of the grid.", "cells", minimum=1),
        Column("grid_width", "int32", "Columns of the grid.", "cells", minimum=1),
        Column("cut_by", "string", "Whose foreground says which cells show body.", allowed=CUT_BY),
        _cells("chart", "Chart of each cell, row by row: 1 to 24, 0 for no body."),
        _cells("u", "u of each cell with body, times 255."),
        _cells("v", "v of each cell with body, times 255."),
        _cells("confidence", "Probability of the chart of each cell with body, times 255."),
        _cells("sigma", "Standard deviation of u and v of each cell with body: 0 for none, n for "
               "2 ** ((n - 1) * 12 / 254 - 10)."),
    ),
    ("clip", "detection"),
)

TABLES = (CLIPS, TRACKS, DETECTIONS, FAILURES)
"""The tables of a run that hold all of its clips."""
