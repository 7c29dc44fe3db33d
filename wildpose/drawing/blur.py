"""Make people in pictures unrecognisable (``--blur-people``).

Each person's box, made larger, is reduced to a few fields of its mean colour and drawn smooth
again: of a whole body a head is then one field, and of a face that fills the box nothing finer than
a sixth of it is left. What a mask leaves out (hair, hands, a foot) still tells people apart, so the
whole box goes, whatever the mask says.

A person is not always found in each frame. So boxes reach into the frames around them: see
:class:`PeopleBoxes`. Where in doubt more is blurred.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from wildpose.types import Array

FIELDS = 6
"""So many fields are left along the longer side of a box."""
MARGIN = 0.15
"""A box grows by this share of its longer side, on each side: boxes cut off hands and feet."""
GROWTH_PER_S = 1.0
"""Further growth with time from the frame where a person was found: people walk some 0.8 body
lengths a second."""
HOLD_S = 0.5
"""So long before and after it, or as far as the next analysed frame, a person is taken to be near
a box that no other box of the same track follows."""
RULE = 1
"""Raised when any of this changes, so that pictures made by an older rule are made anew."""


@dataclass(frozen=True)
class PeopleBoxes:
    """Where people are in a clip, at any time.

    - At the time of a box: there.
    - Between two boxes of one track: in the box that holds both.
    - Else near a box for ``hold_s``: in that box, which grows with the time that lies between.

    Attributes
    ----------
    time_s : float64 [N]
        Presentation times, in any order.
    box_xyxy : float64 [N, 4]
        In pixels of the clip as shown.
    track_id : int64 [N]
        0 for boxes of no track.
    size : (int, int)
        Width and height of the clip as shown.
    hold_s : float
    """

    time_s: Array
    box_xyxy: Array
    track_id: Array
    size: tuple[int, int]
    hold_s: float = HOLD_S

    def __len__(self) -> int:
        return len(self.time_s)

    def held(self, every_s: float | None) -> PeopleBoxes:
        """The same where frames are analysed so far apart: boxes reach to the next one."""
        return replace(self, hold_s=max(HOLD_S, every_s or 0.0))

    @property
    def digest(self) -> str:
        """Differs where other pixels would be blurred, or in another way."""
        parts = [np.ascontiguousarray(values, np.float64).tobytes()
                 for values in (self.time_s, self.box_xyxy, self.track_id)]
        head = f"{RULE} {self.size} {self.hold_s:.6f}".encode()
        return hashlib.sha256(b"".join([head, *parts])).hexdigest()[:16]

    def at(self, time_s: float) -> Array:
        """Regions to blur in the frame shown at this time.

        Parameters
        ----------
        time_s : float
            Seconds from the clip's first frame.

        Returns
        -------
        float64 [M, 4]
            ``(x1, y1, x2, y2)`` in shares of width and height; they may reach over the edge.
        """
        away_s = np.maximum(np.abs(self.time_s - time_s) - 0.001, 0.0)
        near = away_s <= self.hold_s
        regions = [_enlarged(self.box_xyxy[near], MARGIN + GROWTH_PER_S * away_s[near])]
        for track in np.unique(self.track_id[self.track_id > 0]):
            own = self.track_id == track
            before, after = own & (self.time_s <= time_s), own & (self.time_s >= time_s)
            if before.any() and after.any():
                ends = np.stack([self.box_xyxy[before][np.argmax(self.time_s[before])],
                                 self.box_xyxy[after][np.argmin(self.time_s[after])]])
                both = np.concatenate([ends[:, :2].min(0), ends[:, 2:].max(0)])
                regions.append(_enlarged(both[None], np.array([MARGIN])))
        width, height = self.size
        found: Array = np.concatenate(regions) / [width, height, width, height]
        return found


def _enlarged(box_xyxy: Array, share: Array) -> Array:
    box = np.asarray(box_xyxy, np.float64).reshape(-1, 4)
    by = ((box[:, 2:] - box[:, :2]).max(1, initial=0.0) * share)[:, None]
    larger: Array = np.concatenate([box[:, :2] - by, box[:, 2:] + by], axis=1)
    return larger


def blurred(image: Array, regions: Array) -> Array:
    """Blur regions of a picture beyond recognition.

    Parameters
    ----------
    image : uint8 [H, W, 3]
        RGB; stays as it is.
    regions : float [M, 4]
        ``(x1, y1, x2, y2)`` in shares of width and height; what lies outside is cut off.

    Returns
    -------
    uint8 [H, W, 3]
        A copy. Pixels that no region touches are the same; of each region the mean colours of
        at most :data:`FIELDS` by :data:`FIELDS` fields are left, which go over into each other.

    Examples
    --------
    >>> noise = np.random.default_rng(1).integers(0, 256, (60, 60, 3), np.uint8)
    >>> hidden = blurred(noise, np.array([[0.5, 0.0, 1.0, 1.0]]))
    >>> bool((hidden[:, :30] == noise[:, :30]).all()), float(hidden[:, 30:].std()) < 15
    (True, True)
    """
    result = np.array(image)
    height, width = result.shape[:2]
    for region in np.asarray(regions, np.float64).reshape(-1, 4):
        x1, y1 = np.floor(region[:2] * [width, height]).clip(0, [width, height]).astype(int)
        x2, y2 = np.ceil(region[2:] * [width, height]).clip(0, [width, height]).astype(int)
        if x2 > x1 and y2 > y1:
            result[y1:y2, x1:x2] = _smeared(result[y1:y2, x1:x2])
    return result


def _smeared(part: Array) -> Array:
    height, width = part.shape[:2]
    field_px = max(height, width) / FIELDS
    fields = (max(1, round(width / field_px)), max(1, round(height / field_px)))
    coarse = Image.fromarray(part).resize(fields, Image.Resampling.BOX)
    return np.asarray(coarse.resize((width, height), Image.Resampling.BILINEAR))
