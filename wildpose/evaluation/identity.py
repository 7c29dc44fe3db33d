"""IDF1: the share of boxes that carry the right animal's number through the whole clip.

References
----------
Ristani et al., Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking,
ECCV Workshops 2016, section 3: true and predicted tracks are paired one to one such that as many
boxes as possible agree (IDTP); all others are IDFN or IDFP, and
``IDF1 = 2 IDTP / (2 IDTP + IDFP + IDFN)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from wildpose.evaluation.track_overlap import track_overlap
from wildpose.types import FrameDetections

IDENTITY_IOU = 0.5


@dataclass(frozen=True)
class Identity:
    """Counts of boxes and the figures made of them.

    Attributes
    ----------
    idtp, idfn, idfp : int
        Boxes with the right number, true boxes without, predicted boxes without.
    """

    idtp: int
    idfn: int
    idfp: int

    @property
    def idf1(self) -> float:
        """Harmonic mean of precision and recall, in [0, 1]."""
        return 2 * self.idtp / (2 * self.idtp + self.idfp + self.idfn)

    @property
    def precision(self) -> float | None:
        """Share of predicted boxes with the right number; None without predicted boxes."""
        said = self.idtp + self.idfp
        return self.idtp / said if said else None

    @property
    def recall(self) -> float | None:
        """Share of true boxes found under the right number; None without true boxes."""
        true = self.idtp + self.idfn
        return self.idtp / true if true else None


def idf1(
    truth: Sequence[FrameDetections],
    predicted: Sequence[FrameDetections],
    iou: float = IDENTITY_IOU,
) -> Identity | None:
    """IDF1 and its counts for one clip; see :func:`~wildpose.evaluation.chain_clips` for many.

    Parameters
    ----------
    truth : sequence of FrameDetections
        ``track_id`` is the number of the animal.
    predicted : sequence of FrameDetections
        Rows with ``track_id`` 0 are not looked at.
    iou : float
        Overlap from which on two boxes agree.

    Returns
    -------
    Identity or None
        None where there is neither a true nor a predicted track.

    Raises
    ------
    DataError
        Where a track stands in one frame twice.
    """
    clip = track_overlap(truth, predicted)
    true, said = int(clip.true_length.sum()), int(clip.said_length.sum())
    if true + said == 0:
        return None
    agree = np.zeros((len(clip.true_length), len(clip.said_length)), np.int64)
    for frame in clip.frames:
        agree[np.ix_(frame.true, frame.said)] += frame.iou >= iou
    # every box outside the pairing is one error, so the most agreements are the fewest errors
    idtp = int(agree[linear_sum_assignment(agree, maximize=True)].sum())
    return Identity(idtp=idtp, idfn=true - idtp, idfp=said - idtp)
