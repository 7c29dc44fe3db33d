"""``summary.html`` of a run, from its journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wildpose.drawing import ClipRow, FailureRow, RunPage, summary_page
from wildpose.results.files import write_text
from wildpose.results.journal import Journal
from wildpose.results.schema import CLIPS, FAILURES, TableSchema

PAGE_NAME = "summary.html"


def write_page(
    run: Path, journal: Journal, source: str, facts: Mapping[str, str], seconds: float, *,
    people_blurred: bool = False,
) -> None:
    """Write the summary page.

    Parameters
    ----------
    run : Path
    journal : Journal
    source : str
        The folder of clips, as the user gave it.
    facts : mapping
        Settings to show.
    seconds : float
        Wall-clock time.
    people_blurred : bool
        Whether the sheets hide people.
    """
    content = RunPage(
        source=source,
        rows=tuple(_clip_row(row) for row in _rows(journal, CLIPS)),
        failures=tuple(FailureRow(**row | {"remedy": row["remedy"] or ""})
                       for row in _rows(journal, FAILURES)),
        settings=dict(facts),
        seconds=seconds,
        people_blurred=people_blurred,
        finished=dt.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
    )
    write_text(run / PAGE_NAME, summary_page(content))


def _rows(journal: Journal, table: TableSchema) -> list[dict[str, Any]]:
    return [dict(zip(table.column_names, row, strict=True)) for row in journal.rows(table)]


def _clip_row(row: Mapping[str, Any]) -> ClipRow:
    captured = row["capture_time"]
    return ClipRow(
        clip=row["clip"], deployment=row["deployment"], max_animals=row["max_animals"],
        animal_tracks=row["animal_tracks"], person_tracks=row["person_tracks"],
        person_detections=row["person_detections"],
        best_score=row["best_score"], first_s=row["first_animal_s"], last_s=row["last_animal_s"],
        duration_s=row["duration_s"],
        capture_time=captured.replace("T", " ") if captured else None,
        complete=bool(row["complete"]), sheet=row["sheet"],
        dense_pose=row["dense_pose"] is not None,
    )
