"""Camtrap DP packages of small runs, for tests that look at one rule each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from camtrap_dp_checks import head, table
from run_writer import Box, write_run

from wildpose.export import ExportOptions, export_run

HEADER = "deployment,start,end,latitude,longitude,timezone"
RIDGE = "ridge,2026-05-01T08:00,2026-05-31T08:00,46.21,7.36,+01:00"
PROJECT = """\
project: {title: Ridge, samplingDesign: targeted, captureMethod: [activityDetection]}
contributors: [{title: A. Ranger, role: contact}]
"""
LICENSES = "licenses: [{scope: data, name: CC0-1.0}, {scope: media, name: CC-BY-4.0}]\n"
FOX = (Box(3, 1, (10, 20, 58, 56), 0.9), Box(30, 1, (40, 20, 88, 56), 0.8))
PERSON = (Box(3, 1, (10, 20, 58, 56), 0.9, "person"), Box(6, 1, (12, 20, 60, 56), 0.9, "person"))


@dataclass(frozen=True)
class Package:
    """What was written, and what the user was told."""

    folder: Path
    notes: str

    def __getitem__(self, name: str) -> list[dict[str, str]]:
        return table(self.folder, name)

    @property
    def head(self) -> dict:
        return head(self.folder)

    def observations(self, level: str) -> list[dict[str, str]]:
        return [row for row in self["observations"] if row["observationLevel"] == level]


def package(
    place: Path, clips: Mapping[str, Sequence[Box]], times: Mapping[str, str | None] | None = None,
    *, table: Sequence[str] = (HEADER, RIDGE), project: str = PROJECT, run: Mapping | None = None,
    **options: object,
) -> Package:
    """Write a run of clips of 5 s, and its package.

    `times` are capture times by clip, on 2026-05-10 where only an hour is given; `run` goes to
    `write_run`.
    """
    place.mkdir(exist_ok=True)
    whole = {clip: time if time is None or "T" in time else f"2026-05-10T{time}"
             for clip, time in (times or {}).items()}
    write_run(place / "run", clips, **(run or {}),
              facts_of={clip: {"capture_time": time} for clip, time in whole.items()})
    (place / "cameras.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    (place / "project.yaml").write_text(project, encoding="utf-8")
    given = ExportOptions(deployments=place / "cameras.csv", project=place / "project.yaml",
                          **options)
    said = export_run(place / "run", "camtrap-dp", place / "package", given)
    return Package(said.out, "\n".join(said.notes))
