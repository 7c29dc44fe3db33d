"""What people said of whole clips and tracks: names of species, tracks put together or parted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from wildpose.review.reviewed import ClipEdits

SPECIES_COLUMNS = ("clip", "track_id", "species")
TRACK_COLUMNS = ("clip", "track_id", "new_track_id", "first_frame", "last_frame")


@dataclass(frozen=True)
class TrackPart:
    """A stretch of one of the machine's tracks that is now part of a track.

    Attributes
    ----------
    clip : str
    track_id, new_track_id : int
        Before and after; 0: of no track.
    first_frame, last_frame : int
        Frame indices.
    """

    clip: str
    track_id: int
    new_track_id: int
    first_frame: int
    last_frame: int


def track_parts(edits: ClipEdits) -> list[TrackPart]:
    """List the tracks of a clip that a person changed, with all their parts.

    Parameters
    ----------
    edits : ClipEdits

    Returns
    -------
    list of TrackPart
        By track and frame. A track all of whose boxes kept their number is not among them.
    """
    frames: dict[tuple[int, int], list[int]] = defaultdict(list)
    for frame_index, boxes in edits.boxes.items():
        for box in boxes:
            if box.prediction is not None and box.label is not None and box.prediction.track_id:
                frames[box.prediction.track_id, box.label.track_id].append(frame_index)
    changed = {before for before, after in frames if before != after}
    parts = [TrackPart(edits.clip, before, after, min(found), max(found))
             for (before, after), found in frames.items() if before in changed]
    return sorted(parts, key=lambda part: (part.track_id, part.first_frame))


def species_rows(
    edits: ClipEdits, known: bool, animals: Collection[int]
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Make the rows of a clip for ``wildpose report --species-table``.

    Parameters
    ----------
    edits : ClipEdits
    known : bool
        Whether the clip is in the run's table ``clips``.
    animals : collection of int
        Numbers of the clip's animals in the run's table ``tracks``.

    Returns
    -------
    rows : list of (str, str, str)
        Clip, ``track_id`` as the run has it (empty: all animals of the clip), species.
    notes : list of str
        One for each name that the table can't hold.
    """
    if not known:
        lost = edits.species or _names(edits)
        return [], [f"{edits.clip}: its species can't be listed, as it is not in the run's "
                    "table of clips"] if lost else []
    rows = [(edits.clip, "", edits.species)] if edits.species else []
    notes = []
    for track_id, names in sorted(_names(edits).items()):
        where = f"{edits.clip}, track {track_id}"
        if len(names) > 1:
            notes.append(f"{where}: called {' and '.join(sorted(names))}; left out of "
                         "species.csv. Name the whole track (operator \"Set species\")")
        elif names and track_id in animals:
            rows.append((edits.clip, str(track_id), min(names)))
        elif names:
            notes.append(f"{where}: called {min(names)}, but the run has no such animal track; "
                         "left out of species.csv")
    return rows, notes


def _names(edits: ClipEdits) -> dict[int, set[str]]:
    """Species by track as the run counts, or as the App does where a person drew it."""
    names: dict[int, set[str]] = defaultdict(set)
    for boxes in edits.boxes.values():
        for box in boxes:
            if box.label is not None and box.label.species:
                own = box.label.track_id if box.prediction is None else box.prediction.track_id
                names[own].add(box.label.species)
    return names
