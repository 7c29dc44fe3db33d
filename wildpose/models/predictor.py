"""What the rest of the package calls: pictures in, calibrated detections out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wildpose import masks
from wildpose.errors import ModelError
from wildpose.models.backbones import fold_normalisation
from wildpose.models.calibration import Calibration
from wildpose.models.chart_rcnn import FAMILY, Config
from wildpose.models.chart_rcnn.network import load
from wildpose.models.dense_head import pool_regions, region_of
from wildpose.models.dense_pose import CutBy, dense_poses
from wildpose.models.detector import Architecture, Detector, PictureAnswer
from wildpose.models.folder import (
    ModelDescription,
    file_sha256,
    find_model,
    read_description,
)
from wildpose.models.heads import MaskAnswer, RegionMaps
from wildpose.models.letterbox import Letterbox, choose_letterbox, on_canvas
from wildpose.models.mask_pasting import paste_mask
from wildpose.models.proposals import ProposalLimits
from wildpose.models.second_look import joined, mirrored, mirrored_back
from wildpose.types import Array, ClassId, DensePose, Detections, Rle

LOWEST_SCORE = 0.02


class Predictor:
    """A loaded model.

    Attributes
    ----------
    name, digest : str
        Name and checksum of the weights.
    threshold : float
        Default probability from which a detection is shown.
    minimum_score : float
        Detections below this probability are not returned.
    mask_score : float
        Detections below this probability get no mask: masks cost more than boxes.
    has_dense_pose : bool
        Detections with a mask get dense pose too.
    cut_by : {"dense_head", "mask_head"}
        Whose foreground cuts dense pose out: what the model was found to be best with.
    second_look : bool
        Animals are looked for in each picture and in its mirror image; by default where the model
        was found to be better so.
    dense_pose_seconds : float
        Time spent on dense pose so far.
    """

    def __init__(
        self,
        detector: Detector,
        description: ModelDescription,
        device: str = "cpu",
        minimum_score: float = 0.05,
        mask_score: float = 0.2,
        *,
        dense_pose: bool = True,
        second_look: bool | None = None,
    ) -> None:
        self.detector = detector.to(device).eval()
        self.device = device
        self.description = description
        self.name = description.name
        self.digest = description.weights_sha256
        self.threshold = description.threshold
        self.minimum_score = minimum_score
        self.mask_score = mask_score
        self.has_dense_pose = dense_pose and self.detector.dense_head is not None
        self.cut_by: CutBy = description.dense_pose_cut_by
        self.dense_pose_seconds = 0.0
        self.input_size = description.canvases[0]
        curves = [description.calibration.get(c.name.lower(), Calibration()) for c in ClassId]
        self._curves = curves
        lowest = min(c.score(minimum_score) for c in curves)
        architecture = self.detector.architecture
        self.second_look = architecture.second_look if second_look is None else second_look
        # an animal that one look is not sure of still counts in the mean of both
        self._lowest = lowest / 4 if self.second_look else lowest
        first = self._lowest ** (1 / architecture.first_stage_weight)
        self._limits = ProposalLimits(minimum_score=max(LOWEST_SCORE, first * 0.99))

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
            Boxes in pixels of each picture; masks from ``mask_score`` on. Of given boxes: the same
            rows, each with a mask and dense pose whatever its score.
        """
        found = [Detections.empty()] * len(images) if boxes is None else list(boxes)
        wanted = [i for i in range(len(images)) if boxes is None or len(boxes[i])]
        frames = {i: choose_letterbox(images[i].shape[:2], self.description.canvases)
                  for i in wanted}
        for canvas in dict.fromkeys(box.canvas for box in frames.values()):
            index = [i for i in wanted if frames[i].canvas == canvas]
            pictures = torch.stack([on_canvas(images[i], frames[i]) for i in index])
            sizes = [(images[i].shape[:2], frames[i]) for i in index]
            answers = (self._answer(pictures, sizes) if boxes is None
                       else self._answer_on(pictures, sizes, [boxes[i] for i in index]))
            for i, detections in zip(index, answers, strict=True):
                found[i] = detections
        return found

    @torch.inference_mode()
    def _answer(
        self, pictures: Tensor, frames: list[tuple[tuple[int, ...], Letterbox]]
    ) -> list[Detections]:
        answers, maps = self._look(pictures.to(self.device), [box for _, box in frames])
        kept = [self._from(a, self.minimum_score) for a in answers]
        drawn = [self._from(a, self.mask_score).box_xyxy for a in kept]
        parts, poses = self._heads(maps, drawn, [box for _, box in frames])
        results, start = [], 0
        for answer, with_mask, (size, box) in zip(kept, drawn, frames, strict=True):
            rows = slice(start, start + len(with_mask))
            start = rows.stop
            results.append(self._detections(answer, parts[rows], (size[0], size[1]), box,
                                            poses[rows]))
        return results

    def _look(
        self, pictures: Tensor, frames: list[Letterbox]
    ) -> tuple[list[PictureAnswer], RegionMaps]:
        answers, maps = self.detector.detect(pictures, self._limits, self._lowest)
        if not self.second_look:
            return answers, maps
        widths = [frame.inner[1] for frame in frames]
        again, _ = self.detector.detect(mirrored(pictures, widths), self._limits, self._lowest)
        pairs = zip(answers, again, widths, strict=True)
        return [joined(one, mirrored_back(other, width)) for one, other, width in pairs], maps

    @torch.inference_mode()
    def _answer_on(
        self, pictures: Tensor, frames: list[tuple[tuple[int, ...], Letterbox]],
        given: list[Detections],
    ) -> list[Detections]:
        maps = self.detector.region_maps(pictures.to(self.device))
        drawn = [self._on_canvas(own.box_xyxy, box)
                 for own, (_, box) in zip(given, frames, strict=True)]
        parts, poses = self._heads(maps, drawn, [box for _, box in frames])
        results, start = [], 0
        for own, (size, _) in zip(given, frames, strict=True):
            rows = slice(start, start + len(own))
            start = rows.stop
            pasted = [paste_mask(part, box, (size[0], size[1]))
                      for part, box in zip(parts[rows], own.box_xyxy, strict=True)]
            results.append(replace(
                own, masks=tuple(mask for mask, _ in pasted),
                mask_confidence=np.array([c for _, c in pasted], np.float32),
                dense_pose=tuple(poses[rows]) or (None,) * len(own)))
        return results

    def _heads(
        self, maps: RegionMaps, drawn: list[Tensor], frames: list[Letterbox]
    ) -> tuple[Array, list[DensePose]]:
        """Foreground of all boxes, float32 [R, S, S], and their dense pose where there is any."""
        masked = self.detector.mask_head(maps, drawn)
        poses = self._poses(maps, drawn, frames, masked)
        return masked.probability().cpu().numpy().astype(np.float32), poses

    def _on_canvas(self, box_xyxy: Array, box: Letterbox) -> Tensor:
        scale = np.array(box.scale_xy * 2, np.float32)
        asked = np.asarray(box_xyxy, np.float32).reshape(-1, 4) * scale
        return torch.from_numpy(asked).to(self.device)

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
            The model has no dense-pose head.
        """
        if not self.has_dense_pose:
            raise ModelError(f"{self.name} gives no dense pose.",
                             "Take a model that has a dense-pose head.")
        box = choose_letterbox(image.shape[:2], self.description.canvases)
        maps = self.detector.region_maps(on_canvas(image, box)[None].to(self.device))
        boxes = [self._on_canvas(box_xyxy, box)]
        return self._poses(maps, boxes, [box], self.detector.mask_head(maps, boxes))

    def _poses(
        self, maps: RegionMaps, boxes: list[Tensor], frames: list[Letterbox], masked: MaskAnswer
    ) -> list[DensePose]:
        """Dense pose of all boxes in one run, in pixels of each picture; nothing without a head."""
        head = self.detector.dense_head
        if not self.has_dense_pose or head is None or not sum(len(b) for b in boxes):
            return []
        started = time.perf_counter()
        regions = [region_of(b) for b in boxes]
        scaled = [r.cpu().numpy() / np.array(f.scale_xy * 2, np.float32)
                  for r, f in zip(regions, frames, strict=True)]
        mask = masked.probability() if self.cut_by == "mask_head" else None
        answer = head(pool_regions(maps, regions).channels_last())
        poses = dense_poses(answer, np.concatenate(scaled), mask)
        self.dense_pose_seconds += time.perf_counter() - started
        return poses

    def _from(self, answer: PictureAnswer, minimum: float) -> PictureAnswer:
        """The boxes of at least this probability, best first."""
        probability = self._probability(answer)
        order = np.argsort(-probability, kind="stable")
        keep = torch.from_numpy(order[probability[order] >= minimum]).to(answer.score.device)
        return PictureAnswer(answer.box_xyxy[keep], answer.score[keep], answer.column[keep])

    def _probability(self, answer: PictureAnswer) -> Array:
        score, column = answer.score.cpu().numpy(), answer.column.cpu().numpy()
        each = np.stack([c.probability(score) for c in self._curves])
        chosen: Array = each[column, np.arange(len(column))]
        return chosen

    def _detections(
        self, answer: PictureAnswer, parts: Array, size: tuple[int, int], box: Letterbox,
        poses: list[DensePose],
    ) -> Detections:
        scale = np.array(box.scale_xy * 2, np.float32)
        xyxy = answer.box_xyxy.cpu().numpy() / scale
        xyxy = np.clip(xyxy, 0, np.array([size[1], size[0]] * 2, np.float32))
        pasted: list[tuple[Rle | None, float]] = [
            paste_mask(part, own, size) for part, own in zip(parts, xyxy, strict=False)
        ]
        pasted += [(None, float("nan"))] * (len(xyxy) - len(pasted))
        detections = Detections.of(
            xyxy,
            self._probability(answer),
            answer.column.cpu().numpy() + 1,
            [m for m, _ in pasted],
            [c for _, c in pasted],
            [*poses, *[None] * (len(xyxy) - len(poses))],
        )
        return detections.take(masks.box_area(xyxy) > 0)


def load_predictor(
    name_or_folder: str | Path,
    *,
    device: str = "cpu",
    threads: int | None = None,
    minimum_score: float = 0.05,
    mask_score: float = 0.2,
    dense_pose: bool = True,
    second_look: bool | None = None,
) -> Predictor:
    """Load a shipped model by name, or any model folder.

    Parameters
    ----------
    name_or_folder : str or Path
    device : str
        A torch device.
    threads : int, optional
        Threads of torch in this process.
    minimum_score : float
        Detections below this probability are left out.
    mask_score : float
        Detections below this probability get no mask and no dense pose.
    dense_pose : bool
        False leaves the dense-pose head out.
    second_look : bool, optional
        Whether animals are looked for in the mirror image, too, in place of the model's own choice.
        Has no meaning for a DensePose R-CNN.

    Raises
    ------
    ModelError
        No such model, a broken folder, weights that do not fit or were changed.
    """
    folder = find_model(name_or_folder)
    description = read_description(folder)
    weights = folder / "weights.safetensors"
    if not weights.is_file():
        raise ModelError(f"{weights} is missing.", "Copy the model folder anew.")
    if file_sha256(weights) != description.weights_sha256:
        raise ModelError(f"{weights}: the checksum is not the one in model.json.",
                         "The file is damaged or was exchanged: copy the model folder anew.")
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        if description.architecture.get("family") == FAMILY:
            from wildpose.models.chart_rcnn.predictor import ChartRcnnPredictor

            network = load(Config.from_json(description.architecture), load_file(weights))
            return ChartRcnnPredictor(network, description, device, minimum_score, mask_score,
                                      dense_pose=dense_pose)
        detector = Detector(Architecture(**description.architecture))
        detector.load_state_dict(load_file(weights))
        fold_normalisation(detector.trunk)
        detector.to(memory_format=torch.channels_last)  # an eighth of the time less on a processor
        return Predictor(detector, description, device, minimum_score, mask_score,
                         dense_pose=dense_pose, second_look=second_look)
    except (RuntimeError, TypeError, KeyError, SafetensorError) as error:
        raise ModelError(f"{folder}: the weights can't be used ({str(error).splitlines()[0]}).",
                         "Run `wildpose doctor`.") from error
