"""What a user may choose of an export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ExportOptions:
    """Choices that only some formats know.

    Attributes
    ----------
    dense_pose : bool
        Write dense pose, where the run has it: points and parts, about 9 kB for each detection.
    deployments : Path, optional
        Table of deployments, as :func:`wildpose.ecology.read_deployments` takes it.
    project : Path, optional
        What is to be said of the project, as
        :func:`wildpose.export.camtrap_dp_project.read_project` takes it.
    species : str
        Of all animals for which no table gives another; empty: not known.
    species_table : Path, optional
        As :func:`wildpose.ecology.read_species` takes it.
    gap : float
        Minutes between the clips of two events, at least.
    level : str
        Observations of clips (``media``), of events (``event``) or ``both``.
    """

    dense_pose: bool = False
    deployments: Path | None = None
    project: Path | None = None
    species: str = ""
    species_table: Path | None = None
    gap: float = 30.0
    level: str = "both"
