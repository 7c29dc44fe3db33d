"""Put two tracks of a clip together, or part one.

Number (``index``) and ``instance`` of a label always change together, in boxes and masks alike, or
the App would show one animal as two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from wildpose.errors import UsageError
from wildpose.review.documents import MASKS, TRACKED, object_id
from wildpose.review.fields import CLIP_KEY


def merge_tracks(sample: Any, keep: int, other: int) -> int:
    """Make two tracks of a clip one.

    Parameters
    ----------
    sample : fiftyone.Sample
    keep, other : int
        Numbers as the App shows them; the second becomes the first.

    Returns
    -------
    int
        Number of boxes with a new number.

    Raises
    ------
    UsageError
        There is no such track; both are on the same frame, or of different classes.
    """
    if keep == other:
        raise UsageError(f"{keep} and {other} are one track already.", "Give two numbers.")
    first, second = track_frames(sample, keep), track_frames(sample, other)
    both = sorted(first.keys() & second.keys())
    if both:
        raise UsageError(
            f"Tracks {keep} and {other} are both on frame {both[0]}, so they are two animals.",
            "If they are not, delete one of the two boxes on each frame that has both.")
    names = {label.label for labels in (first, second) for label in labels.values()}
    if len(names) > 1:
        raise UsageError(f"Tracks {keep} and {other} are of two classes: "
                         f"{' and '.join(sorted(names))}.", "Give both the same class first.")
    instance = next(iter(first.values())).instance
    return _renumber(sample, other, second.keys(), keep, instance)


def split_track(sample: Any, track_id: int, frame_number: int) -> int:
    """Give a track another number from a frame on.

    Parameters
    ----------
    sample : fiftyone.Sample
    track_id : int
        As the App shows it.
    frame_number : int
        First frame of the new track, counted from 1 as the App does.

    Returns
    -------
    int
        Number of the new track: one more than the clip's highest.

    Raises
    ------
    UsageError
        There is no such track, or it does not go on from before that frame.
    """
    import fiftyone as fo

    frames = track_frames(sample, track_id)
    later = [number for number in frames if number >= frame_number]
    if not later or len(later) == len(frames):
        raise UsageError(
            f"Track {track_id} is on frames {min(frames)} to {max(frames)}: frame {frame_number} "
            "parts nothing.", "Go to the first frame on which it is another animal.")
    new = 1 + max(label.index or 0 for _, label in labels_of(sample, TRACKED))
    instance = fo.Instance(id=str(object_id(sample[CLIP_KEY], "track", new)))
    _renumber(sample, track_id, later, new, instance)
    return new


def labels_of(sample: Any, name: str) -> Iterator[tuple[int, Any]]:
    """Go through the labels in a frame field of a clip, each with its frame number (from 1)."""
    for number, frame in sample.frames.items():
        if frame[name] is not None:
            yield from ((number, label) for label in frame[name].detections)


def track_frames(sample: Any, track_id: int) -> dict[int, Any]:
    """Find the boxes of a track, by frame number.

    Raises
    ------
    UsageError
        The clip has no such track.
    """
    frames = {number: label for number, label in labels_of(sample, TRACKED)
              if label.index == track_id}
    if not frames:
        raise UsageError(f"The clip has no track {track_id}.",
                         "The numbers stand beside the boxes (index).")
    return frames


def _renumber(sample: Any, old: int, frames: Iterable[int], new: int, instance: Any) -> int:
    wanted, changed = set(frames), 0
    for name in (TRACKED, MASKS):
        for number, label in labels_of(sample, name):
            if number in wanted and label.index == old:
                label.index, label.instance, label.keyframe = new, instance, True
                changed += name == TRACKED
    sample.save()
    return changed
