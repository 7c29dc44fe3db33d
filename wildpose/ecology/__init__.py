"""From a finished run to the tables of ecologists: events, MaxN, activity, effort, time budgets.

Everything takes and gives pandas tables. :func:`ecology_tables` makes all of them;
:func:`named_run` does the first half, for those who go on by themselves.
"""

from wildpose.ecology.abundance import abundance, abundance_by_deployment
from wildpose.ecology.activity import activity_by_hour, clock_radians
from wildpose.ecology.budget import time_budgets
from wildpose.ecology.clip_counts import count_clips
from wildpose.ecology.clock import clip_times
from wildpose.ecology.daylight import day_or_night, sun_height_deg
from wildpose.ecology.deployments import folder_deployments, read_deployments
from wildpose.ecology.directions import body_directions
from wildpose.ecology.effort import effort_days
from wildpose.ecology.events import Independence, event_table, with_events
from wildpose.ecology.joining import place_clips, place_failures
from wildpose.ecology.max_n import max_n
from wildpose.ecology.movement import body_lengths_per_s
from wildpose.ecology.sightings import sightings
from wildpose.ecology.species import UNKNOWN_SPECIES, SpeciesNames, read_species, species_of
from wildpose.ecology.staying import staying_times
from wildpose.ecology.tables import (
    EcologySettings,
    EcologyTables,
    NamedRun,
    ecology_tables,
    named_run,
)
from wildpose.ecology.zones import parse_zone

__all__ = [
    "UNKNOWN_SPECIES",
    "EcologySettings",
    "EcologyTables",
    "Independence",
    "NamedRun",
    "SpeciesNames",
    "abundance",
    "abundance_by_deployment",
    "activity_by_hour",
    "body_directions",
    "body_lengths_per_s",
    "clip_times",
    "clock_radians",
    "count_clips",
    "day_or_night",
    "ecology_tables",
    "effort_days",
    "event_table",
    "folder_deployments",
    "max_n",
    "named_run",
    "parse_zone",
    "place_clips",
    "place_failures",
    "read_deployments",
    "read_species",
    "sightings",
    "species_of",
    "staying_times",
    "sun_height_deg",
    "time_budgets",
    "with_events",
]
