"""Which boxes a person has decided on, and which frames become pictures to learn from.

A frame becomes a picture only if each animal on it is known: a box that nobody looked at may be
wrong, and an animal without a box would be learnt as background. Rules in ``docs/corrections.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wildpose.review.fields import ACCEPTED, LABEL_NAMES, REJECTED
from wildpose.review.reviewed import ClipEdits, Prediction, ReviewedBox

MOST_CHECKED = 10
"""Pictures of a clip from frames where boxes were accepted, rejected, deleted or named otherwise:
one click does that to a whole track, and its frames look alike."""
MOST_CONFIRMED = 5
"""Pictures of a clip from frames that nobody changed, in a clip that is done."""


class Verdict(StrEnum):
    """What a person said of a box."""

    ADDED = "human added"
    EDITED = "human edited"
    ACCEPTED = "human accepted"
    CONFIRMED = "human confirmed"
    DELETED = "human deleted"
    REJECTED = "human rejected"
    OPEN = "undecided"


GONE = (Verdict.DELETED, Verdict.REJECTED)
"""Of predictions that are no animal and no person."""


@dataclass(frozen=True)
class ChosenFrame:
    """A frame that becomes a picture.

    Attributes
    ----------
    frame_index : int
    boxes : tuple of (ReviewedBox, Verdict)
    """

    frame_index: int
    boxes: tuple[tuple[ReviewedBox, Verdict], ...]


@dataclass(frozen=True)
class Choice:
    """The frames of a clip.

    Attributes
    ----------
    chosen : tuple of ChosenFrame
        In their order in the clip.
    left_open : int
        Frames that a person worked on but that hold a box that nobody decided on.
    """

    chosen: tuple[ChosenFrame, ...]
    left_open: int


def verdict_on(box: ReviewedBox, *, done: bool) -> Verdict:
    """Say what a person decided on a box.

    Parameters
    ----------
    box : ReviewedBox
    done : bool
        Whether the clip is done: what was left as it was is then right.

    Returns
    -------
    Verdict
        A rejected box is rejected however it was moved; one with both tags is undecided, and so
        is one of a class that we don't know. Boxes that were filled in, by us or by the App, are
        decided on by a tag only.
    """
    if box.label is None:
        return Verdict.DELETED
    tags = box.label.tags & {ACCEPTED, REJECTED}
    if REJECTED in tags:
        return Verdict.OPEN if ACCEPTED in tags else Verdict.REJECTED
    if box.label.name not in LABEL_NAMES:
        return Verdict.OPEN
    if by_hand(box):
        return Verdict.ADDED if box.added else Verdict.EDITED
    if tags:
        return Verdict.EDITED if box.moved or box.renamed else Verdict.ACCEPTED
    return _of_its_track(box, box.prediction, done=done)


def _of_its_track(box: ReviewedBox, own: Prediction | None, *, done: bool) -> Verdict:
    """What follows for a box that nobody touched itself; only the detector's own can be right."""
    if own is None or own.interpolated or box.moved:
        return Verdict.OPEN
    if box.renamed:
        return Verdict.EDITED
    return Verdict.CONFIRMED if done and own.track_id else Verdict.OPEN


def by_hand(box: ReviewedBox) -> bool:
    """Whether a person drew or moved this very box on this very frame."""
    return box.label is not None and box.label.keyframe and (box.added or box.moved)


def choose_frames(edits: ClipEdits) -> Choice:
    """Choose the frames of a clip that become pictures.

    Parameters
    ----------
    edits : ClipEdits

    Returns
    -------
    Choice
    """
    hand: list[ChosenFrame] = []
    checked: list[ChosenFrame] = []
    confirmed: list[ChosenFrame] = []
    left_open = 0
    for frame_index, boxes in sorted(edits.boxes.items()):
        frame = ChosenFrame(frame_index,
                            tuple((b, verdict_on(b, done=edits.done)) for b in boxes))
        kinds = set(_kinds(frame))
        if not edits.done and any(_blocks(box, verdict) for box, verdict in frame.boxes):
            left_open += bool(kinds)
        elif "hand" in kinds:
            hand.append(frame)
        elif "checked" in kinds:
            checked.append(frame)
        elif any(verdict is Verdict.CONFIRMED for _, verdict in frame.boxes):
            confirmed.append(frame)
    chosen = [*hand, *spread(checked, MOST_CHECKED), *spread(confirmed, MOST_CONFIRMED)]
    return Choice(tuple(sorted(chosen, key=lambda frame: frame.frame_index)), left_open)


def _kinds(frame: ChosenFrame) -> Iterator[str]:
    for box, verdict in frame.boxes:
        if by_hand(box) and verdict not in GONE:
            yield "hand"
        elif (box.prediction is not None and not box.prediction.interpolated
              and verdict not in (Verdict.OPEN, Verdict.CONFIRMED)):
            yield "checked"


def _blocks(box: ReviewedBox, verdict: Verdict) -> bool:
    """Doubtful boxes without a track do not: they are neither learnt nor punished."""
    return verdict is Verdict.OPEN and (box.prediction is None or box.prediction.track_id != 0)


def spread(frames: Sequence[ChosenFrame], most: int) -> list[ChosenFrame]:
    """Take at most so many, evenly over the sequence, each from the middle of its share."""
    if len(frames) <= most:
        return list(frames)
    return [frames[int((i + 0.5) * len(frames) / most)] for i in range(most)]
