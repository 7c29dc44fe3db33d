"""Where people are in a clip, as far as can be told: what ``--blur-people`` hides.

A person is not found in each frame, and now and then taken for an animal. So boxes reach into the
frames around them, and tracks of animals that are a person's track going on count as people's.
Where in doubt more is hidden.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from wildpose.masks import box_iou
from wildpose.types import Array

MARGIN = 0.15
"""A box grows by this share of its longer side, on each side: boxes cut off hands and feet."""
GROWTH_PER_S = 1.0
"""Further growth with time from the frame where a person was found: people walk some 0.8 body
lengths a second."""
HOLD_S = 0.5
"""So long before and after, or as far as the next analysed frame, a person is taken to be near a
box where no other box of the same track says more."""
LINK_S = 2.0
"""So long may lie between a person's track and one of an animal that goes on where it ended."""
_ALIKE = 1.6
_SAME_IOU = 0.5
_SAME_S = 0.002
"""Times as near as this are those of one frame: tables and containers round them."""
RULE = 1
"""Raised when any of this changes, so that pictures made by an older rule are made anew."""


@dataclass(frozen=True)
class ClipBoxes:
    """All boxes of a clip, animals and people, arrays of length N.

    Attributes
    ----------
    time_s : float64 [N]
        Presentation times, in any order.
    box_xyxy : float64 [N, 4]
        In pixels of the clip as shown.
    track_id : int64 [N]
        0 for boxes of no track.
    is_person : bool [N]
    size : (int, int)
        Width and height of the clip as shown.
    """

    time_s: Array
    box_xyxy: Array
    track_id: Array
    is_person: Array
    size: tuple[int, int]


@dataclass(frozen=True)
class PeopleBoxes:
    """Where people are in a clip, at any time.

    - At the time of a box: there.
    - Between two boxes of one track: in the box that holds both.
    - Up to ``hold_s`` from the first or last box of a track, or from a box of no track: in that
      box, which grows with the time that lies between. The next analysed frame is in reach: a
      person is missed there, or taken for an animal, more often than gone.

    Attributes
    ----------
    time_s, box_xyxy, track_id, size
        As in :class:`ClipBoxes`.
    hold_s : float
    """

    time_s: Array
    box_xyxy: Array
    track_id: Array
    size: tuple[int, int]
    hold_s: float = HOLD_S

    @classmethod
    def among(cls, boxes: ClipBoxes, every_s: float | None = None) -> PeopleBoxes:
        """Choose those of people.

        An animal's track counts as a person's where it begins after a person's track ended (or
        ends before one begins), soon, near and of about the same size; or where it lies over one.

        Parameters
        ----------
        boxes : ClipBoxes
        every_s : float, optional
            Seconds between analysed frames; None: every frame.
        """
        person = boxes.is_person.astype(bool)
        link_s = max(LINK_S, 1.5 * (every_s or 0.0))
        left = [int(t) for t in np.unique(boxes.track_id[~person]) if t > 0]
        found = True
        while found:
            found = False
            for track in list(left):
                own = (boxes.track_id == track) & ~boxes.is_person
                if _lies_over(boxes, own, person) or _goes_on(boxes, own, person, link_s):
                    person, found = person | own, True
                    left.remove(track)
        return cls(boxes.time_s[person], boxes.box_xyxy[person], boxes.track_id[person],
                   boxes.size, max(HOLD_S, every_s or 0.0))

    @property
    def digest(self) -> str:
        """Differs where other pixels would be hidden."""
        parts = [np.ascontiguousarray(values, np.float64).tobytes()
                 for values in (self.time_s, self.box_xyxy, self.track_id)]
        head = f"{RULE} {self.size} {self.hold_s:.6f}".encode()
        return hashlib.sha256(b"".join([head, *parts])).hexdigest()[:16]

    def at(self, time_s: float) -> Array:
        """Regions to hide in the frame shown at this time.

        Parameters
        ----------
        time_s : float
            Seconds from the clip's first frame.

        Returns
        -------
        float64 [M, 4]
            ``(x1, y1, x2, y2)`` in shares of width and height; they may reach over the edge.
        """
        away_s = np.abs(self.time_s - time_s)
        near = away_s <= self.hold_s + _SAME_S
        single = near & (self.track_id == 0)
        between: list[Array] = []
        for track in np.unique(self.track_id[self.track_id > 0]):
            own = np.flatnonzero(self.track_id == track)
            before = own[self.time_s[own] <= time_s + _SAME_S]
            after = own[self.time_s[own] >= time_s - _SAME_S]
            if len(before) and len(after):
                ends = self.box_xyxy[[before[np.argmax(self.time_s[before])],
                                      after[np.argmin(self.time_s[after])]]]
                between.append(np.concatenate([ends[:, :2].min(0), ends[:, 2:].max(0)]))
            else:
                end = own[np.argmin(away_s[own])]
                single[end] = near[end]
        regions = [_enlarged(self.box_xyxy[single], MARGIN + GROWTH_PER_S * away_s[single]),
                   _enlarged(np.array(between), np.full(len(between), MARGIN))]
        width, height = self.size
        found: Array = np.concatenate(regions) / [width, height, width, height]
        return found


def _lies_over(boxes: ClipBoxes, own: Array, person: Array) -> bool:
    """Whether these boxes are those of a person at the same times."""
    same = np.abs(boxes.time_s[own][:, None] - boxes.time_s[person][None]) <= _SAME_S
    return bool((same & (box_iou(boxes.box_xyxy[own], boxes.box_xyxy[person]) >= _SAME_IOU)).any())


def _goes_on(boxes: ClipBoxes, own: Array, person: Array, link_s: float) -> bool:
    """Whether this track begins where a person's ended, or ends where one begins."""
    first, last = _ends(boxes, np.flatnonzero(own))
    loose = [np.array([i]) for i in np.flatnonzero(person & (boxes.track_id == 0))]
    tracks = [np.flatnonzero(person & (boxes.track_id == track))
              for track in np.unique(boxes.track_id[person & (boxes.track_id > 0)])]
    for rows in [*tracks, *loose]:
        begin, end = _ends(boxes, rows)
        if _follows(boxes, end, first, link_s) or _follows(boxes, last, begin, link_s):
            return True
    return False


def _ends(boxes: ClipBoxes, rows: Array) -> tuple[int, int]:
    order = rows[np.argsort(boxes.time_s[rows], kind="stable")]
    return int(order[0]), int(order[-1])


def _follows(boxes: ClipBoxes, one: int, other: int, link_s: float) -> bool:
    """Whether the second box may be what was in the first, somewhat later."""
    gap_s = float(boxes.time_s[other] - boxes.time_s[one])
    if not _SAME_S < gap_s <= link_s + _SAME_S:
        return False
    before, after = boxes.box_xyxy[one], boxes.box_xyxy[other]
    sides = [float((box[2:] - box[:2]).max()) for box in (before, after)]
    (reach,) = _enlarged(before[None], np.array([MARGIN + GROWTH_PER_S * gap_s]))
    centre = (after[:2] + after[2:]) / 2
    inside = (centre >= reach[:2]).all() and (centre <= reach[2:]).all()
    return bool(inside and max(sides) <= _ALIKE * min(sides))


def _enlarged(box_xyxy: Array, share: Array) -> Array:
    box = np.asarray(box_xyxy, np.float64).reshape(-1, 4)
    by = ((box[:, 2:] - box[:, :2]).max(1, initial=0.0) * share)[:, None]
    larger: Array = np.concatenate([box[:, :2] - by, box[:, 2:] + by], axis=1)
    return larger
