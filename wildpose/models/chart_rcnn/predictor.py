"""Pictures in, detections with dense pose out, by a DensePose R-CNN."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from wildpose import masks
from wildpose.errors import ModelError
from wildpose.models.calibration import Calibration
from wildpose.models.chart_rcnn.chart_maps import ChartMaps
from wildpose.models.chart_rcnn.layers import fold_all, quicken_all
from wildpose.models.chart_rcnn.network import ChartRcnn
from wildpose.models.chart_rcnn.pictures import network_input, scaled
from wildpose.models.chart_rcnn.surfaces import mask_of, on_grid, on_pixels
from wildpose.models.folder import ModelDescription
from wildpose.models.mask_pasting import paste_mask
from wildpose.models.predictor import Predictor
from wildpose.types import Array, ClassId, DensePose, Detections, Rle

SCENE_EDGE = 256
"""Shorter edge at which a whole scene is described: what stands where needs no more."""
AT_ONCE = 16
"""Regions that the dense head sees at once: more need memory and are no faster."""

Drawn = tuple[Rle, float, DensePose]
"""Mask, its confidence, and dense pose of one box."""


class _Seen(NamedTuple):
    """A picture as the network saw it: p2 to p6, heights and widths, pixels per pixel."""

    levels: list[Tensor]
    size: tuple[int, int]
    shown: tuple[int, int]
    scale: Array


class ChartRcnnPredictor(Predictor):
    """A loaded DensePose R-CNN; attributes as in :class:`wildpose.models.predictor.Predictor`.

    Its scores stand as they leave the network, unless the model's description has a calibration
    for what it finds.
    """

    def __init__(
        self,
        network: ChartRcnn,
        description: ModelDescription,
        device: str = "cpu",
        minimum_score: float = 0.05,
        mask_score: float = 0.2,
        *,
        dense_pose: bool = True,
    ) -> None:
        fold_all(network)
        if torch.device(device).type == "cpu":
            quicken_all(network)
        self.network = network.to(device).eval()
        self.device = device
        self.description = description
        self.name = description.name
        self.digest = description.weights_sha256
        self.threshold = description.threshold
        self.minimum_score = minimum_score
        self.mask_score = mask_score
        self.has_dense_pose = dense_pose
        self.cut_by = description.dense_pose_cut_by
        self.dense_pose_seconds = 0.0
        self.input_size = (network.config.short_edge, network.config.long_edge)
        self._class = ClassId[network.config.subject.upper()]
        self._curve: Calibration | None = description.calibration.get(network.config.subject)

    @torch.inference_mode()
    def predict(
        self, images: Sequence[Array], boxes: Sequence[Detections] | None = None
    ) -> list[Detections]:
        """Detections of each picture, best first; or what the heads say of boxes that are given.

        Parameters
        ----------
        images : sequence of uint8 [H, W, 3]
            RGB; sizes may differ.
        boxes : sequence of Detections, optional
            One for each picture, in its pixels, boxes with an area: these are taken and none is
            looked for.

        Returns
        -------
        list of Detections
            Boxes in pixels of each picture; masks and dense pose from ``mask_score`` on. Of given
            boxes: the same rows, each with a mask and dense pose whatever its score.
        """
        if boxes is None:
            return [self._found(image) for image in images]
        return [self._filled(image, own) if len(own) else own
                for image, own in zip(images, boxes, strict=True)]

    @torch.inference_mode()
    def dense_pose(self, image: Array, box_xyxy: Array) -> list[DensePose]:
        """Dense pose on given boxes of one picture.

        Parameters
        ----------
        image : uint8 [H, W, 3]
            RGB.
        box_xyxy : float [N, 4]
            In pixels of the picture.

        Returns
        -------
        list of DensePose, length N

        Raises
        ------
        ModelError
            It was loaded without dense pose.
        """
        if not self.has_dense_pose:
            raise ModelError(f"{self.name} was loaded without dense pose.",
                             "Load it with dense_pose=True.")
        asked = np.asarray(box_xyxy, np.float32).reshape(-1, 4)
        return [pose for _, _, pose in self._drawn(self._seen(image), asked)]

    @torch.inference_mode()
    def scene(self, image: Array) -> Array:
        """Describe a whole picture uint8 [H, W, 3]: the mean of the trunk's coarsest map.

        Returns
        -------
        float32 [2048]
        """
        small = replace(self.network.config, short_edge=SCENE_EDGE, long_edge=2 * SCENE_EDGE)
        shown = scaled(image, small)
        maps = self.network.backbone.bottom_up(network_input(shown, small).to(self.device))
        rows, columns = (-(-edge // 32) for edge in shown.shape[:2])  # without the padding
        mean: Array = maps.c5[0, :, :rows, :columns].mean((1, 2)).cpu().numpy()
        return mean

    def _seen(self, image: Array) -> _Seen:
        shown = scaled(image, self.network.config)
        levels = self.network.levels(network_input(shown, self.network.config).to(self.device))
        (height, width), (tall, wide) = image.shape[:2], shown.shape[:2]
        scale = np.array([wide / width, tall / height] * 2, np.float32)
        return _Seen(levels, (height, width), (tall, wide), scale)

    def _found(self, image: Array) -> Detections:
        seen, curve = self._seen(image), self._curve
        lowest = self.minimum_score if curve is None else curve.score(self.minimum_score)
        found = self.network.find(seen.levels, seen.shown, lowest)
        xyxy = found.box_xyxy.cpu().numpy() / seen.scale
        xyxy = np.clip(xyxy, 0, np.array(seen.size[::-1] * 2, np.float32))
        score = found.score.cpu().numpy()
        score = score if curve is None else curve.probability(score)
        sound = masks.box_area(xyxy) > 0
        xyxy, score = xyxy[sound], score[sound]
        drawn = self._drawn(seen, xyxy[score >= self.mask_score])
        return self._with_drawn(
            Detections.of(xyxy, score, np.full(len(xyxy), int(self._class))), drawn)

    def _filled(self, image: Array, own: Detections) -> Detections:
        return self._with_drawn(own, self._drawn(self._seen(image), own.box_xyxy))

    def _with_drawn(self, detections: Detections, drawn: list[Drawn]) -> Detections:
        """The detections, the first of them with what was drawn."""
        bare = len(detections) - len(drawn)
        poses = [pose if self.has_dense_pose else None for _, _, pose in drawn]
        return replace(
            detections,
            masks=(*(mask for mask, _, _ in drawn), *[None] * bare),
            mask_confidence=np.array([*(sure for _, sure, _ in drawn), *[np.nan] * bare],
                                     np.float32),
            dense_pose=(*poses, *[None] * bare))

    def _drawn(self, seen: _Seen, box_xyxy: Array) -> list[Drawn]:
        """Masks and dense pose of boxes [N, 4] in pixels of the picture."""
        if not len(box_xyxy):
            return []
        started = time.perf_counter()
        boxes = torch.from_numpy(np.asarray(box_xyxy * seen.scale, np.float32)).to(self.device)
        drawn: list[Drawn] = []
        regions = self.network.regions(seen.levels, boxes)
        for first in range(0, len(boxes), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            logits = self.network.masks(seen.levels, boxes[some])
            drawn += self._draw(self.network.charts_of(regions[some]), box_xyxy[some], seen.size,
                                None if logits is None else logits.sigmoid())
        self.dense_pose_seconds += time.perf_counter() - started
        return drawn

    def _draw(
        self, maps: ChartMaps, box_xyxy: Array, size: tuple[int, int], parts: Tensor | None
    ) -> list[Drawn]:
        cut = parts if self.cut_by == "mask_head" else None
        poses = on_grid(maps, box_xyxy, self.network.config.uv_epsilon, cut)
        if parts is None:
            drawn = [mask_of(on_pixels(maps, i, box), size) for i, box in enumerate(box_xyxy)]
        else:
            drawn = [paste_mask(part, box, size, edge="faded")
                     for part, box in zip(parts.cpu().numpy(), box_xyxy, strict=True)]
        return [(mask, sure, pose) for (mask, sure), pose in zip(drawn, poses, strict=True)]
