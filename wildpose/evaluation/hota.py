"""HOTA: how well animals are found and kept apart, in one figure.

References
----------
Luiten et al., HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking, IJCV 2021.
At each localisation threshold alpha, with TP, FN, FP the matched and unmatched boxes (eq. 10):
``DetA = TP / (TP + FN + FP)``; for each matched pair c of a true and a predicted track (eq. 14)
``A(c) = TPA / (TPA + FNA + FPA)``; ``AssA`` is the mean of A(c) over all TP, and
``HOTA = sqrt(DetA * AssA)`` (eq. 15), averaged over alpha = .05, .10, ..., .95 (eq. 16).
Boxes are matched so that track pairs with much overlap through the clip go first (section 4.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from wildpose.evaluation.track_overlap import FrameOverlap, TrackOverlap, track_overlap
from wildpose.types import Array, FrameDetections

ALPHAS = np.arange(0.05, 0.99, 0.05)
_ROUNDING = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Hota:
    """Figures in [0, 1], means over :data:`ALPHAS`.

    Attributes
    ----------
    hota : float
    det_a : float
        Are the boxes there? No account of numbers.
    ass_a : float
        Do the numbers stay with the animals?
    loc_a : float
        Mean overlap of matched boxes; 1 where nothing is matched, as in the paper's code.
    """

    hota: float
    det_a: float
    ass_a: float
    loc_a: float


def hota(
    truth: Sequence[FrameDetections], predicted: Sequence[FrameDetections]
) -> Hota | None:
    """HOTA and its parts for one clip; see :func:`~wildpose.evaluation.chain_clips` for many.

    Parameters
    ----------
    truth : sequence of FrameDetections
        ``track_id`` is the number of the animal.
    predicted : sequence of FrameDetections
        Rows with ``track_id`` 0 are not looked at.

    Returns
    -------
    Hota or None
        None where there is neither a true nor a predicted track.

    Raises
    ------
    DataError
        Where a track stands in one frame twice.
    """
    clip = track_overlap(truth, predicted)
    boxes = int(clip.true_length.sum() + clip.said_length.sum())
    if boxes == 0:
        return None
    pairs, closeness = _count_matches(clip)
    matched = pairs.sum(axis=(1, 2))
    det_a = matched / (boxes - matched)
    either = clip.true_length[:, None] + clip.said_length[None, :] - pairs
    agreement = (pairs * pairs / np.maximum(either, 1)).sum(axis=(1, 2))
    ass_a = agreement / np.maximum(matched, 1)
    loc_a = np.where(matched > 0, closeness / np.maximum(matched, 1), 1.0)
    return Hota(
        hota=float(np.sqrt(det_a * ass_a).mean()),
        det_a=float(det_a.mean()),
        ass_a=float(ass_a.mean()),
        loc_a=float(loc_a.mean()),
    )


def _count_matches(clip: TrackOverlap) -> tuple[Array, Array]:
    """Count matched frames of each pair of tracks [alpha, n, m] and sum their IoU [alpha]."""
    alignment = _alignment(clip)
    pairs = np.zeros((len(ALPHAS), *alignment.shape), np.int64)
    closeness = np.zeros(len(ALPHAS))
    for frame in clip.frames:
        rows, columns = _best(alignment, frame)
        iou = frame.iou[rows, columns]
        near = iou >= (ALPHAS - _ROUNDING)[:, None]
        # a pair of tracks stands in a frame once at most, so that no cell is written twice
        pairs[:, frame.true[rows], frame.said[columns]] += near
        closeness += near @ iou
    return pairs, closeness


def _alignment(clip: TrackOverlap) -> Array:
    """Overlap of two tracks through the clip, float64 [n, m] in [0, 1]."""
    shared = np.zeros((len(clip.true_length), len(clip.said_length)))
    for frame in clip.frames:
        whole = frame.iou.sum(0)[None, :] + frame.iou.sum(1)[:, None] - frame.iou
        part = np.divide(frame.iou, whole, out=np.zeros_like(whole), where=whole > _ROUNDING)
        shared[np.ix_(frame.true, frame.said)] += part
    return shared / (clip.true_length[:, None] + clip.said_length[None, :] - shared)


def _best(alignment: Array, frame: FrameOverlap) -> tuple[Array, Array]:
    score = alignment[np.ix_(frame.true, frame.said)] * frame.iou
    rows, columns = linear_sum_assignment(score, maximize=True)
    return rows, columns
