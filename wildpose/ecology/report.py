"""A folder with the tables of ecology as CSV and a page of tables and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from wildpose.ecology.page import report_page
from wildpose.ecology.tables import EcologySettings, EcologyTables, ecology_tables
from wildpose.results.files import write_failure, write_text
from wildpose.results.run_folder import RunFolder

PAGE_NAME = "report.html"
FILES = {
    "deployments": "Deployments with dates, effort and what became of their clips.",
    "sightings": "Each clip and species: MaxN, first and last seen, event.",
    "events": "Independent events: begin, end, MaxN, day or night, radians of the clock.",
    "abundance": "Each species: events, individuals, first and last seen, RAI.",
    "abundance_by_deployment": "The same for each deployment.",
    "activity": "Events of each species by hour of the clock.",
    "staying": "Each track: how long it stayed in view, and whether the clip cut it off.",
    "budgets": "Each track: seconds moving and still, direction of the body, side shown.",
    "without_time": "Clips that do not say when they were recorded.",
    "failed": "Clips that could not be read.",
}
"""Name of each table, which is that of its CSV, and what it holds."""


@dataclass(frozen=True)
class Report:
    """What a report holds and where it lies.

    Attributes
    ----------
    run, out : Path
    tables : EcologyTables
    """

    run: Path
    out: Path
    tables: EcologyTables

    def as_json(self) -> dict[str, Any]:
        """Make the object that the command line prints."""
        deployments, species = self.tables.deployments, self.tables.abundance
        known = deployments["deployment"] != ""
        figures = ("events", "individuals", "rai", "rai_individuals")
        return {
            "run": self.run, "report": self.out, "page": self.out / PAGE_NAME,
            "clips": int(deployments["clips"].sum()),
            "clips_failed": len(self.tables.failed),
            "clips_without_time": len(self.tables.without_time),
            "deployments": int(known.sum()),
            "effort_days": float(deployments.loc[known, "effort_days"].sum(skipna=False)),
            "events": len(self.tables.events),
            "species": {row["species"]: {name: row[name] for name in figures}
                        for row in species.to_dict("records")},
        }


def write_report(run: Path, out: Path, settings: EcologySettings) -> Report:
    """Write the tables and the page of a run.

    Parameters
    ----------
    run : Path
        A run folder.
    out : Path
        Folder that is made where missing; files of an earlier report are replaced.
    settings : EcologySettings

    Returns
    -------
    Report

    Raises
    ------
    UsageError, DataError
        When the run or a table can't be used (nothing is written then), or ``out`` can't be
        written.
    """
    tables = ecology_tables(RunFolder(run), settings)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            write_text(out / f"{name}.csv", table_csv(getattr(tables, name)))
        named = {f"{name}.csv": meaning for name, meaning in FILES.items()}
        write_text(out / PAGE_NAME,
                   report_page(run.resolve().name, tables, settings.independence, named))
    except OSError as error:
        raise write_failure(out, error) from error
    return Report(run, out, tables)


def table_csv(table: pd.DataFrame) -> str:
    """Write a table as CSV: times as ISO 8601 to the second, missing values empty, true and false.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    str
    """
    plain = table.copy()
    for name in plain.columns:
        if pd.api.types.is_bool_dtype(plain[name]):
            plain[name] = plain[name].map({True: "true", False: "false"})
    text: str = plain.to_csv(index=False, lineterminator="\n", float_format="%.9g",
                             date_format="%Y-%m-%dT%H:%M:%S")
    return text
