"""The exact truth of a rendered frame, and the shapes in which others want it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildpose import masks
from wildpose.formats.coco import coco_annotation
from wildpose.formats.densepose import POINTS_PER_PART, dense_pose_fields
from wildpose.formats.mot import MotRow
from wildpose.surface.charts import COARSE_PART
from wildpose.types import Array, ClassId, Detections, Frame, Rle

HARDLY_VISIBLE_PX = 12
HARDLY_VISIBLE_SHARE = 0.04


@dataclass(frozen=True)
class Instance:
    """The truth on one actor in one frame; only actors with visible pixels have one.

    Attributes
    ----------
    track_id : int
        From 1, in the order of the scene's actors.
    class_id : int
    box_xyxy : float32 [4]
        Of the visible part, pixels.
    mask : Rle
        The visible part.
    visibility : float
        Visible share of the whole actor, 0 to 1.
    species : str
        "" where it is not known.
    depth_order : int
        0 for the nearest to the camera.
    family : str
        Group of bodies that are kept out of training together; "" where it is not known.
    facing : str
        Way from rear to head in the picture: ``left right toward away``; "" where not known.
    """

    track_id: int
    class_id: int
    box_xyxy: Array
    mask: Rle
    visibility: float
    species: str = ""
    depth_order: int = 0
    family: str = ""
    facing: str = ""

    @property
    def hardly_visible(self) -> bool:
        """Whether too little is seen to ask anybody to find it."""
        return (self.visibility < HARDLY_VISIBLE_SHARE
                or masks.area(self.mask) < HARDLY_VISIBLE_PX)


@dataclass(frozen=True)
class TruthFrame:
    """A rendered frame with its truth.

    Attributes
    ----------
    frame : Frame
    instances : tuple of Instance
    chart : uint8 [H, W] or None
        Chart of the visible bodies; None where the frame has no dense pose.
    uv : float32 [H, W, 2] or None
    """

    frame: Frame
    instances: tuple[Instance, ...]
    chart: Array | None = None
    uv: Array | None = None


def truth_detections(truth: TruthFrame) -> Detections:
    """Give a frame's truth in the shape of detections: score 1, the true track numbers."""
    seen = truth.instances
    found = Detections.of(
        np.array([i.box_xyxy for i in seen]).reshape(-1, 4), np.ones(len(seen)),
        [i.class_id for i in seen], [i.mask for i in seen], np.ones(len(seen)))
    return found.with_track_id([i.track_id for i in seen])


def truth_coco(clip: str, frames: Sequence[TruthFrame]) -> dict[str, Any]:
    """Write the truth of one clip as COCO images and annotations.

    Parameters
    ----------
    clip : str
        Name of the clip, kept with every image.
    frames : sequence of TruthFrame

    Returns
    -------
    dict
        ``images`` (id from 1, clip, frame_index, time_s, width, height) and ``annotations``
        (COCO box ``xywh``, RLE segmentation, track_id, visibility).
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, truth in enumerate(frames, start=1):
        images.append({"id": number, **image_facts(clip, truth)})
        for one in truth.instances:
            facts = {"track_id": one.track_id, "visibility": round(one.visibility, 3)}
            annotations.append({"id": len(annotations) + 1, **coco_annotation(
                number, one.class_id, one.box_xyxy, one.mask, facts)})
    return {"images": images, "annotations": annotations}


def image_facts(clip: str, truth: TruthFrame) -> dict[str, Any]:
    """Describe a frame as COCO describes a picture, still without a number."""
    height, width = truth.frame.image.shape[:2]
    return {"clip": clip, "frame_index": truth.frame.frame_index,
            "time_s": round(truth.frame.time_s, 4), "width": width, "height": height}


def dense_annotations(
    truth: TruthFrame, rng: np.random.Generator, points: int | None = None
) -> list[dict[str, Any]]:
    """Describe a frame's actors with all that is known, dense pose among it.

    Parameters
    ----------
    truth : TruthFrame
    rng : numpy.random.Generator
        Draws the points of dense pose.
    points : int, optional
        About so many for each body, shared evenly by the parts that are seen; where a part is too
        small for its share, the others get the rest. Without it as many in each part as
        annotators of DensePose-COCO were given.

    Returns
    -------
    list of dict
        COCO annotations of a picture of number 0, still without numbers of their own. What can
        hardly be seen is marked ``hardly_visible``.
    """
    found = []
    for one in truth.instances:
        facts: dict[str, Any] = {
            "track_id": one.track_id, "visibility": round(one.visibility, 3),
            "species": one.species, "depth_order": one.depth_order, "mask_source": "rendered"}
        facts |= {key: word for key, word in (("family", one.family), ("facing", one.facing))
                  if word}
        if one.hardly_visible:
            facts["hardly_visible"] = True
        if truth.chart is not None and truth.uv is not None:
            left, top = np.floor(one.box_xyxy[:2]).astype(int)
            right, bottom = np.ceil(one.box_xyxy[2:]).astype(int)
            window = (slice(top, bottom), slice(left, right))
            chart = np.where(masks.decode(one.mask)[window], truth.chart[window], 0)
            most = POINTS_PER_PART if points is None else even_share(chart, points)
            box = one.box_xyxy - np.array([left, top, left, top])
            facts |= dense_pose_fields(chart, truth.uv[window], box, rng, points_per_part=most)
        found.append(coco_annotation(0, one.class_id, one.box_xyxy, one.mask, facts))
    return found


def even_share(chart: Array, points: int) -> int:
    """The most points of a part so that all parts together get about ``points``.

    Parameters
    ----------
    chart : uint8 [H, W]
        Of one body.
    points : int

    Examples
    --------
    >>> even_share(np.array([[1] * 90 + [3] * 10], np.uint8), 40)
    30
    """
    part = np.asarray(COARSE_PART, np.uint8)[chart]
    sizes = np.sort(np.bincount(part[part > 0]))
    sizes = sizes[sizes > 0]
    left = points
    for number, size in enumerate(sizes):
        share = left // (len(sizes) - number)
        if size > share:
            return max(share, 1)
        left -= int(size)
    return points


def mot_rows(truth: TruthFrame) -> list[MotRow]:
    """Give a frame's actors as rows of a MOT file: animals count, people are ignored."""
    return [MotRow(truth.frame.frame_index, one.track_id,
                   (float(one.box_xyxy[0]), float(one.box_xyxy[1]), float(one.box_xyxy[2]),
                    float(one.box_xyxy[3])),
                   one.class_id == ClassId.ANIMAL and not one.hardly_visible, one.class_id,
                   round(one.visibility, 3))
            for one in truth.instances]
