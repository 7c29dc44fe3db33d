"""What the buttons of our FiftyOne plugin do to a data set.

Each function takes an open data set and changes labels as the App itself would: a frame that
changed is stamped by FiftyOne, so that a later build leaves its clip alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wildpose.errors import UsageError
from wildpose.results.run_folder import RunFolder
from wildpose.review.corrections import CorrectionsSummary, default_out, export_corrections
from wildpose.review.documents import MASKS, TRACKED, UNTRACKED
from wildpose.review.edits import is_of
from wildpose.review.fields import (
    ACCEPTED,
    ADAPT,
    REJECTED,
    REVIEW_STATE,
    REVIEW_STATES,
    SPECIES,
)
from wildpose.review.track_edits import labels_of, track_frames

Selected = Sequence[Mapping[str, Any]]
"""Selected labels as the App tells them: ``label_id``, ``sample_id``, ``field``,
``frame_number``."""

_BOXES = tuple(f"frames.{name}" for name in (TRACKED, UNTRACKED, MASKS))


def run_of(dataset: Any) -> RunFolder:
    """Find the run that a data set was made of.

    Raises
    ------
    UsageError
        The data set is none of ours, or its run is no longer there.
    """
    if dataset is None or "run" not in dataset.info:
        raise UsageError("This data set was not made by wildpose.",
                         "Open one that `wildpose review` made.")
    folder = RunFolder(Path(dataset.info["run"]))
    if not is_of(dataset, folder.path):
        raise UsageError(f"{folder.path}: is another run than the one of this data set.",
                         "Run `wildpose review` on the run again.")
    return folder


def judge(
    dataset: Any, labels: Selected, clips: Sequence[str], *, accepted: bool,
    whole_tracks: bool = False,
) -> int:
    """Tag boxes as right or wrong.

    Parameters
    ----------
    dataset : fiftyone.Dataset
    labels : sequence of mapping
        Selected boxes. Where there are some, only these count.
    clips : sequence of str
        Ids of samples: all their boxes. Boxes without a track are only ever rejected with a clip,
        not accepted: they are doubtful.
    accepted : bool
        Else rejected. The opposite tag is taken away.
    whole_tracks : bool
        Tag the tracks of the selected boxes on all frames.

    Returns
    -------
    int
        Number of boxes.

    Raises
    ------
    UsageError
        Nothing is selected.
    """
    tag, other = (ACCEPTED, REJECTED) if accepted else (REJECTED, ACCEPTED)
    fields = [*_BOXES[:1], *(() if accepted else _BOXES[1:2])]
    if labels and whole_tracks:
        views = list(_tracks_of(dataset, labels))
        fields = list(_BOXES[:1])
    elif labels:
        views, fields = [dataset.select_labels(labels=_known(labels))], list(_BOXES)
    elif clips:
        views = [dataset.select(list(clips))]
    else:
        raise UsageError("Nothing is selected.", "Click boxes of a clip, or tick clips.")
    changed = 0
    for view in views:
        view.untag_labels(other, label_fields=fields)
        view.tag_labels(tag, label_fields=fields)
        changed += sum(view.count(f"{name}.detections") for name in fields)
    return changed


def _known(labels: Selected) -> list[dict[str, Any]]:
    keys = ("label_id", "sample_id", "field", "frame_number")
    return [{key: label[key] for key in keys if label.get(key) is not None} for label in labels]


def _tracks_of(dataset: Any, labels: Selected) -> Iterator[Any]:
    from fiftyone import ViewField

    for sample_id, numbers in track_numbers(dataset, labels).items():
        yield dataset.select(sample_id).filter_labels(
            f"frames.{TRACKED}", ViewField("index").is_in(sorted(numbers)), only_matches=False)


def track_numbers(dataset: Any, labels: Selected) -> dict[str, set[int]]:
    """Find the numbers of the tracks that selected boxes belong to, by id of the sample.

    Parameters
    ----------
    dataset : fiftyone.Dataset
    labels : sequence of mapping

    Returns
    -------
    dict of str to set of int

    Raises
    ------
    UsageError
        None of them belongs to a track.
    """
    found: dict[str, set[int]] = defaultdict(set)
    for name in (TRACKED, MASKS):
        view = dataset.select_labels(labels=_known(labels), fields=f"frames.{name}")
        ids, frames = view.values(["id", f"frames.{name}.detections.index"])
        for sample_id, numbers in zip(ids, frames, strict=True):
            found[sample_id].update(
                index for row in numbers or () for index in row or () if index)
    if not any(found.values()):
        raise UsageError("The selected boxes belong to no track.", "Select a box with a number.")
    return {sample_id: numbers for sample_id, numbers in found.items() if numbers}


def set_species(
    dataset: Any, clips: Sequence[str], labels: Selected, species: str,
    track_id: int | None = None,
) -> str:
    """Name the species of tracks, or of all animals of clips; an empty name takes it away.

    Parameters
    ----------
    dataset : fiftyone.Dataset
    clips : sequence of str
        Ids of samples.
    labels : sequence of mapping
        Selected boxes: their tracks are named. Without any, and without ``track_id``, the clips.
    species : str
    track_id : int, optional
        A track of the one clip that is given.

    Returns
    -------
    str
        What was named, in words, such as "1 track".

    Raises
    ------
    UsageError
        Nothing is selected; there is no such track.
    """
    name = species.strip() or None
    if track_id is not None:
        sample = one_clip(dataset, clips)
        track_frames(sample, track_id)
        numbers = {sample.id: {track_id}}
    elif labels:
        numbers = track_numbers(dataset, labels)
    else:
        _need_clips(clips)
        dataset.select(list(clips)).set_values(SPECIES, [name] * len(clips))
        return _count(len(clips), "clip")
    for sample_id, wanted in numbers.items():
        sample = dataset[sample_id]
        for _, label in labels_of(sample, TRACKED):
            if label.index in wanted:
                label[SPECIES] = name
        sample.save()
    return _count(sum(map(len, numbers.values())), "track")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def one_clip(dataset: Any, clips: Sequence[str]) -> Any:
    """Load the one clip that is open or ticked.

    Raises
    ------
    UsageError
        There is none, or there are several.
    """
    if len(clips) != 1:
        raise UsageError(f"{len(clips) or 'No'} clips are selected.", "Open or tick one clip.")
    return dataset[clips[0]]


def mark_done(dataset: Any, clips: Sequence[str]) -> int:
    """Set ``review_state`` of clips to done; returns their number."""
    _need_clips(clips)
    dataset.select(list(clips)).set_values(REVIEW_STATE, [REVIEW_STATES[-1]] * len(clips))
    return len(clips)


def send_to_adapt(dataset: Any, clips: Sequence[str]) -> int:
    """Tag clips so that the next export lists them for ``wildpose adapt``; returns their number."""
    _need_clips(clips)
    dataset.select(list(clips)).tag_samples(ADAPT)
    return len(clips)


def _need_clips(clips: Sequence[str]) -> None:
    if not clips:
        raise UsageError("No clip is selected.", "Tick clips, or open one.")


def export(dataset: Any) -> CorrectionsSummary:
    """Write the corrections of the data set's run into the run folder.

    Raises
    ------
    GuardError
        Nobody changed anything.
    """
    folder = run_of(dataset)
    return export_corrections(dataset, folder, default_out(folder.path))
