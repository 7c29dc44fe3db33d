"""First look through a clip: which of its pictures could be labelled, and what they are like.

Frames stream through once. Of each only a thumbnail is held, and of those that were not seen
before at that place the features of the network's trunk.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wildpose.adaptation.diversity import thin
from wildpose.adaptation.footage import BURST_PICTURES, of_folder
from wildpose.adaptation.glimpse import (
    Boxes,
    NearDuplicates,
    grey,
    motion_in,
    moving_boxes,
    same_view,
    thumbnail,
)
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.sources import open_source
from wildpose.errors import ClipError
from wildpose.types import Array, Frame
from wildpose.video import is_grey

if TYPE_CHECKING:
    from wildpose.models.predictor import Predictor

BURST_GAP_S = 60.0
"""Stills that are farther apart by the camera's clock are of different bursts."""


@dataclass(frozen=True)
class Candidate:
    """A picture that could be labelled.

    Attributes
    ----------
    job : ClipJob
        The clip or burst that it is of.
    frame_index : int
    time_s : float
    size : (int, int)
        Height and width.
    night : bool
        Without colour.
    motion : float
        0..1, see :func:`wildpose.adaptation.glimpse.motion_in`.
    moving : tuple of (x1, y1, x2, y2), or None
        See :func:`wildpose.adaptation.glimpse.moving_boxes`.
    feature : float32 [C]
        Of length one.
    """

    job: ClipJob
    frame_index: int
    time_s: float
    size: tuple[int, int]
    night: bool
    motion: float
    moving: Boxes | None
    feature: Array


@dataclass(frozen=True)
class Look:
    """What a look through one clip gave.

    Attributes
    ----------
    kept : tuple of Candidate
    seen, near_duplicates, thinned : int
        Pictures looked at, and dropped in each stage.
    """

    kept: tuple[Candidate, ...]
    seen: int
    near_duplicates: int
    thinned: int


@dataclass(frozen=True)
class _Glimpse:
    """One frame, seen small; the feature is None where it was seen before."""

    frame_index: int
    time_s: float
    size: tuple[int, int]
    night: bool
    grey: Array
    feature: Array | None


def look_through(
    job: ClipJob, predictor: Predictor, seen: NearDuplicates, every_s: float, most: int
) -> Look:
    """Look through one clip, or one folder of stills.

    Parameters
    ----------
    job : ClipJob
        A folder of stills is taken apart into bursts: where the camera's clock leaps by a minute,
        where the view changes, and after ten pictures.
    predictor : Predictor
        Whose trunk gives the features.
    seen : NearDuplicates
        What was seen so far.
    every_s : float
        Seconds between the frames of a video; stills are all looked at.
    most : int
        Candidates to keep of each clip or burst.

    Returns
    -------
    Look

    Raises
    ------
    ClipError
        Not a single frame can be read.
    """
    with open_source(job, every_s) as source:
        glimpses = [_glimpse(frame, job.deployment, predictor, seen) for frame in source]
        if not glimpses:
            raise ClipError(f"{job.clip}: {source.shortfall or 'no frame could be decoded'}.",
                            "Copy it again from the card.")
    kept: list[Candidate] = []
    fresh = sum(g.feature is not None for g in glimpses)
    for part, part_of in _parts(job, glimpses):
        kept += _kept(part, part_of, most)
    return Look(tuple(kept), len(glimpses), len(glimpses) - fresh, fresh - len(kept))


def scene_feature(predictor: Predictor, image: Array) -> Array:
    """Describe a whole picture, uint8 [H, W, 3]: the mean of the trunk's coarsest map.

    Parameters
    ----------
    predictor : Predictor
    image : uint8 [H, W, 3]

    Returns
    -------
    float32 [C]
        Of length one.
    """
    from wildpose.models.chart_rcnn.predictor import ChartRcnnPredictor

    if isinstance(predictor, ChartRcnnPredictor):
        mean = predictor.scene(image)
    else:
        mean = _mean_of_trunk(predictor, image)
    feature: Array = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return feature


def _mean_of_trunk(predictor: Predictor, image: Array) -> Array:
    import torch

    from wildpose.models.backbones import normalise
    from wildpose.models.letterbox import choose_letterbox, on_canvas

    box = choose_letterbox(image.shape[:2], predictor.description.canvases)
    with torch.inference_mode():
        picture = on_canvas(image, box)[None].to(predictor.device)
        coarse = predictor.detector.trunk(normalise(picture)).c5[0]
        # The canvas's grey margin says what shape a picture has, not what it shows.
        rows, columns = (max(1, round(n * inner / whole)) for n, inner, whole in
                         zip(coarse.shape[1:], box.inner, box.canvas, strict=True))
        mean: Array = coarse[:, :rows, :columns].mean((1, 2)).cpu().numpy().astype(np.float32)
    return mean


def _glimpse(frame: Frame, place: str, predictor: Predictor, seen: NearDuplicates) -> _Glimpse:
    small = thumbnail(frame.image)
    light = grey(small)
    feature = None if seen.seen_before(place, light) else scene_feature(predictor, frame.image)
    size = frame.image.shape[0], frame.image.shape[1]
    return _Glimpse(frame.frame_index, frame.time_s, size, is_grey(small), light, feature)


def _parts(job: ClipJob, glimpses: list[_Glimpse]) -> Iterator[tuple[list[_Glimpse], ClipJob]]:
    """Take a folder of stills apart into bursts; each is a clip named after its first picture."""
    if not job.pictures:
        yield glimpses, job
        return
    bursts: list[list[_Glimpse]] = [glimpses[:1]]
    for before, after in itertools.pairwise(glimpses):
        same = (after.time_s - before.time_s <= BURST_GAP_S and before.size == after.size
                and same_view(before.grey, after.grey) and len(bursts[-1]) < BURST_PICTURES)
        if same:
            bursts[-1].append(after)
        else:
            bursts.append([after])
    for burst in bursts:
        names = tuple(job.pictures[g.frame_index] for g in burst)
        folder = of_folder(job.clip)
        whole = len(bursts) == 1 and folder == job.clip
        key = folder if whole else f"{folder}/{names[0]}"
        yield ([replace(g, frame_index=i, time_s=g.time_s - burst[0].time_s)
                for i, g in enumerate(burst)], replace(job, clip=key, pictures=names))


def _kept(part: list[_Glimpse], job: ClipJob, most: int) -> Iterator[Candidate]:
    greys = np.stack([g.grey for g in part])
    motion, moving = motion_in(greys), moving_boxes(greys, part[0].size)
    fresh = np.array([i for i, g in enumerate(part) if g.feature is not None], np.int64)
    times = np.array([part[i].time_s for i in fresh])
    for i in fresh[thin(times, motion[fresh], most)]:
        glimpse = part[i]
        if glimpse.feature is not None:
            yield Candidate(job, glimpse.frame_index, glimpse.time_s, glimpse.size, glimpse.night,
                            float(motion[i]), None if moving is None else moving[i],
                            glimpse.feature)
