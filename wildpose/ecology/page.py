"""The page of the report: tables and pictures in one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from wildpose.drawing import html
from wildpose.ecology.daylight import DAY_HOURS
from wildpose.ecology.events import Independence
from wildpose.ecology.movement import MOVING
from wildpose.ecology.plots import (
    activity_picture,
    budget_pictures,
    light_picture,
    staying_picture,
)
from wildpose.ecology.tables import EcologyTables

MOST_ROWS = 200
MOST_SPECIES = 6
_NOT_KNOWN = "(not known)"


def report_page(
    run: str, tables: EcologyTables, rule: Independence, files: Mapping[str, str]
) -> str:
    """Write the page as HTML.

    Parameters
    ----------
    run : str
        Name of the run, as the user gave it.
    tables : EcologyTables
    rule : Independence
        That the events were made with.
    files : mapping
        Name of each table's CSV beside the page, to what it holds.

    Returns
    -------
    str
        To be written as UTF-8; pictures are inside.
    """
    species = _by_events(tables)
    return html.page(f"Ecology of {run}", [
        _head(run, tables), _species(tables, rule), _activity(tables, species),
        _behaviour(tables, species), _deployments(tables),
        _by_deployment(tables), _events(tables), _without_time(tables), _failed(tables),
        _files(files)])


def _by_events(tables: EcologyTables) -> list[str]:
    """Species, the ones with most events first."""
    ordered = tables.abundance.sort_values(["events", "species"], ascending=[False, True])
    return [str(name) for name in ordered["species"]]


def _head(run: str, tables: EcologyTables) -> str:
    table = tables.deployments
    known = table[table["deployment"] != ""]
    effort = known["effort_days"].sum(skipna=False)
    numbers = [(int(table["clips"].sum()), "clips"), (int(table["with_animals"].sum()),
               "with animals"), (len(tables.events), "independent events"),
               (len(known), "deployments"),
               ("not known" if pd.isna(effort) else f"{effort:.1f}", "trap nights"),
               (len(tables.failed), "could not be read"),
               (len(tables.without_time), "without a time")]
    shown = [item for i, item in enumerate(numbers) if i < 5 or item[0]]
    return f"<h1>Ecology of <code>{html.text(run)}</code></h1>\n{html.counts(shown)}"


def _species(tables: EcologyTables, rule: Independence) -> str:
    note = (f"{rule.sentence()} Individuals are the sum over events of the most animals that one "
            "frame shows (MaxN). RAI is events for 100 trap nights, over all deployments together.")
    if tables.abundance.empty:
        return f"<h2>Species</h2>\n<p>{html.text(note)}</p><p>No event.</p>"
    if tables.abundance["rai"].isna().all():
        note += (" There is no RAI, since the effort is not known: give the dates of the "
                 "deployments with --deployments.")
    names = {"species": "Species", "events": "Events", "individuals": "Individuals",
             "deployments_with": "Deployments", "first_seen": "First seen",
             "last_seen": "Last seen", "effort_days": "Trap nights", "rai": "RAI"}
    ordered = tables.abundance.sort_values("events", ascending=False, kind="stable")
    return f"<h2>Species</h2>\n<p>{html.text(note)}</p>" + _table(ordered, names)


def _activity(tables: EcologyTables, species: Sequence[str]) -> str:
    if not species:
        return ""
    by_sun = int((tables.events["light_by"] == "sun").sum())
    note = ("Events by the hour at which they begin, on the clock of the camera. Angles for the R "
            "packages activity and overlap stand in events.csv (radians). Day and night: for "
            f"{by_sun} of {len(tables.events)} events by the height of the sun (deployments with "
            "latitude, longitude and timezone), else by the clock, from "
            f"{DAY_HOURS[0]}:00 to {DAY_HOURS[1]}:00.{_left_out(species)}")
    cards = []
    for name in species[:MOST_SPECIES]:
        cards += [_card(activity_picture(tables.activity, name), f"Activity of {name}"),
                  _card(light_picture(tables.events, name), f"Day and night of {name}")]
    return f"<h2>Activity</h2>\n<p>{html.text(note)}</p>" + _cards(cards)


def _behaviour(tables: EcologyTables, species: Sequence[str]) -> str:
    tracked = set(tables.budgets["species"])
    ordered = [*(name for name in species if name in tracked), *sorted(tracked - set(species))]
    if not ordered:
        return ""
    note = (f"Time of all tracks together. An animal moves where its box goes {MOVING:g} body "
            "lengths per second or more. Direction (as in the picture) and side (the animal's own) "
            "come from dense pose and are an estimate; the card of the model says how often it is "
            "right. A stay is cut off where the animal was "
            f"there when the clip began or ended.{_left_out(ordered)}")
    cards = []
    for name in ordered[:MOST_SPECIES]:
        words = ("Moving and still", "Direction of the body", "Side shown")
        pictures = budget_pictures(tables.budgets, name)
        cards += [_card(picture, f"{word}: {name}")
                  for picture, word in zip(pictures, words, strict=True)]
        cards.append(_card(staying_picture(tables.staying, name), f"Staying times of {name}"))
    return f"<h2>What animals did in view</h2>\n<p>{html.text(note)}</p>" + _cards(cards)


def _deployments(tables: EcologyTables) -> str:
    names = {"deployment": "Deployment", "start": "From", "end": "Until",
             "effort_days": "Trap nights", "clips": "Clips", "with_animals": "With animals",
             "with_people": "With people", "nothing_found": "Nothing found",
             "read_in_part": "Read in part", "without_time": "Without a time",
             "failed": "Could not be read"}
    note = ("Trap nights are days of 24 hours between the two moments. A clip that could not be "
            "read is not one in which nothing was found: it may hold animals.")
    shown = tables.deployments.assign(
        deployment=tables.deployments["deployment"].replace("", _NOT_KNOWN))
    return f"<h2>Deployments</h2>\n<p>{html.text(note)}</p>" + _table(shown, names)


def _by_deployment(tables: EcologyTables) -> str:
    if tables.abundance_by_deployment.empty:
        return ""
    names = {"deployment": "Deployment", "species": "Species", "events": "Events",
             "individuals": "Individuals", "first_seen": "First seen", "last_seen": "Last seen",
             "effort_days": "Trap nights", "rai": "RAI"}
    note = "No RAI stands where a deployment has no trap nights, or where they are not known."
    return (f"<h2>Species at each deployment</h2>\n<p>{html.text(note)}</p>"
            + _table(tables.abundance_by_deployment, names))


def _events(tables: EcologyTables) -> str:
    if tables.events.empty:
        return ""
    names = {"deployment": "Deployment", "species": "Species", "start": "Begins", "end": "Ends",
             "clips": "Clips", "max_n": "MaxN", "light": "Light"}
    return "<h2>Events</h2>" + _table(tables.events, names)


def _without_time(tables: EcologyTables) -> str:
    if tables.without_time.empty:
        return ""
    note = ("These clips do not say when they were recorded. They are in the counts of clips, in "
            "MaxN, in time budgets and staying times, but in no event.")
    names = {"clip": "Clip", "deployment": "Deployment", "animal_tracks": "Animal tracks"}
    shown = tables.without_time.assign(
        deployment=tables.without_time["deployment"].replace("", _NOT_KNOWN))
    return f"<h2>Clips without a time</h2>\n<p>{html.text(note)}</p>" + _table(shown, names)


def _failed(tables: EcologyTables) -> str:
    if tables.failed.empty:
        return ""
    note = "Nothing is known about these clips: they may hold animals."
    names = {"clip": "Clip", "folder": "Folder", "reason": "What is wrong"}
    return (f"<h2>Clips that could not be read</h2>\n<p>{html.text(note)}</p>"
            + _table(tables.failed, names))


def _files(files: Mapping[str, str]) -> str:
    rows = [(html.link(name, name), html.text(meaning)) for name, meaning in files.items()]
    return "<h2>The tables as files</h2>" + html.table(("File", "Holds"), rows)


def _table(frame: pd.DataFrame, names: Mapping[str, str]) -> str:
    shown = frame[list(names)].head(MOST_ROWS)
    numeric = [i for i, name in enumerate(names) if pd.api.types.is_numeric_dtype(frame[name])]
    rows = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    rest = len(frame) - len(shown)
    more = f"<p class='quiet'>{rest} more stand in the file.</p>" if rest else ""
    return html.table(list(names.values()), rows, numeric=numeric) + more


def _cell(value: object) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f'<span style="white-space:nowrap">{value:%Y-%m-%d %H:%M}</span>'
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"<span class='name'>{html.text(value)}</span>" if isinstance(value, str) else str(value)


def _left_out(species: Sequence[str]) -> str:
    few = len(species) <= MOST_SPECIES
    return "" if few else f" The {MOST_SPECIES} species with most events are shown."


def _card(picture: bytes, alt: str) -> str:
    return f'<div class="card"><img src="{html.data_url(picture)}" alt="{html.text(alt)}"></div>'


def _cards(cards: Sequence[str]) -> str:
    return f"<div class='cards'>{''.join(cards)}</div>"
