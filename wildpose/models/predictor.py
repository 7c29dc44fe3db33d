"""What the rest of the package calls: pictures in, calibrated detections out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wildpose import masks
from wildpose.errors import ModelError
from wildpose.models.backbones import fold_normalisation
from wildpose.models.calibration import Calibration
from wildpose.models.detector import Architecture, Detector, PictureAnswer
from wildpose.models.folder import (
    ModelDescription,
    file_sha256,
    find_model,
    read_description,
)
from wildpose.models.proposals import ProposalLimits
from wildpose.types import Array, ClassId, Detections, Rle

PADDING = 114
LOWEST_SCORE = 0.02


@dataclass(frozen=True)
class Letterbox:
    """How a picture was put on the network's canvas: scaled by ``scale``, top left.

    Attributes
    ----------
    canvas : (int, int)
        Height and width.
    inner : (int, int)
        Height and width of the scaled picture.
    scale_xy : (float, float)
        Canvas pixels per picture pixel.
    """

    canvas: tuple[int, int]
    inner: tuple[int, int]
    scale_xy: tuple[float, float]


def choose_letterbox(
    size: tuple[int, int], canvases: Sequence[tuple[int, int]]
) -> Letterbox:
    """The canvas that shows a picture (height, width) largest, and where it lands on it."""
    scale, canvas = max((min(c[0] / size[0], c[1] / size[1]), c) for c in canvases)
    inner = (max(1, min(canvas[0], round(size[0] * scale))),
             max(1, min(canvas[1], round(size[1] * scale))))
    return Letterbox(canvas, inner, (inner[1] / size[1], inner[0] / size[0]))


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
    """

    def __init__(
        self,
        detector: Detector,
        description: ModelDescription,
        device: str = "cpu",
        minimum_score: float = 0.05,
        mask_score: float = 0.2,
    ) -> None:
        self.detector = detector.to(device).eval()
        self.device = device
        self.description = description
        self.name = description.name
        self.digest = description.weights_sha256
        self.threshold = description.threshold
        self.minimum_score = minimum_score
        self.mask_score = mask_score
        self.input_size = description.canvases[0]
        curves = [description.calibration.get(c.name.lower(), Calibration()) for c in ClassId]
        self._curves = curves
        lowest = min(c.score(minimum_score) for c in curves)
        self._limits = ProposalLimits(minimum_score=max(LOWEST_SCORE, lowest**2 * 0.99))
        self._lowest = lowest

    def predict(self, images: Sequence[Array]) -> list[Detections]:
        """Detections of each picture, best first.

        Parameters
        ----------
        images : sequence of uint8 [H, W, 3]
            RGB; sizes may differ.

        Returns
        -------
        list of Detections
            Boxes in pixels of each picture; masks from ``mask_score`` on.
        """
        boxes = [choose_letterbox(i.shape[:2], self.description.canvases) for i in images]
        found: list[Detections] = [Detections.empty()] * len(images)
        for canvas in dict.fromkeys(b.canvas for b in boxes):
            index = [i for i, b in enumerate(boxes) if b.canvas == canvas]
            pictures = torch.stack([_on_canvas(images[i], boxes[i]) for i in index])
            answers = self._answer(pictures, [(images[i].shape[:2], boxes[i]) for i in index])
            for i, detections in zip(index, answers, strict=True):
                found[i] = detections
        return found

    @torch.inference_mode()
    def _answer(
        self, pictures: Tensor, frames: list[tuple[tuple[int, ...], Letterbox]]
    ) -> list[Detections]:
        answers, maps = self.detector.detect(
            pictures.to(self.device), self._limits, self._lowest
        )
        kept = [self._from(a, self.minimum_score) for a in answers]
        drawn = [self._from(a, self.mask_score).box_xyxy for a in kept]
        probability = self.detector.mask_head(maps, drawn).sigmoid()
        parts = probability.cpu().numpy().astype(np.float32)
        results, start = [], 0
        for answer, with_mask, (size, box) in zip(kept, drawn, frames, strict=True):
            rows = parts[start : start + len(with_mask)]
            start += len(rows)
            results.append(self._detections(answer, rows, (size[0], size[1]), box))
        return results

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
        self, answer: PictureAnswer, parts: Array, size: tuple[int, int], box: Letterbox
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
        )
        return detections.take(masks.box_area(xyxy) > 0)


def load_predictor(
    name_or_folder: str | Path,
    *,
    device: str = "cpu",
    threads: int | None = None,
    minimum_score: float = 0.05,
    mask_score: float = 0.2,
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
        Detections below this probability get no mask.

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
        detector = Detector(Architecture(**description.architecture))
        detector.load_state_dict(load_file(weights))
        fold_normalisation(detector.trunk)
        return Predictor(detector, description, device, minimum_score, mask_score)
    except (RuntimeError, TypeError, KeyError, SafetensorError) as error:
        raise ModelError(f"{folder}: the weights can't be used ({str(error).splitlines()[0]}).",
                         "Run `wildpose doctor`.") from error


def _on_canvas(image: Array, box: Letterbox) -> Tensor:
    height, width = box.inner
    canvas = np.full((*box.canvas, 3), PADDING, np.uint8)
    small = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    canvas[:height, :width] = np.asarray(small)
    return torch.from_numpy(canvas).permute(2, 0, 1)


def paste_mask(
    probability: Array, box_xyxy: Array, size: tuple[int, int]
) -> tuple[Rle, float]:
    """Draw a mask of a region into a picture.

    Parameters
    ----------
    probability : float [S, S]
        Foreground probability; cell (i, j) covers its share of the box.
    box_xyxy : float [4]
        The region, in pixels of the picture.
    size : (int, int)
        Height and width of the picture.

    Returns
    -------
    (Rle, float)
        The mask at probability 0.5 and the mean probability inside; NaN where nothing is inside.
    """
    far = [size[1], size[0]]
    x1, y1 = np.clip(np.floor(box_xyxy[:2]).astype(int), 0, far)
    x2, y2 = np.clip(np.ceil(box_xyxy[2:]).astype(int), 0, far)
    rows = _sampling(y1, y2, float(box_xyxy[1]), float(box_xyxy[3]), len(probability))
    columns = _sampling(x1, x2, float(box_xyxy[0]), float(box_xyxy[2]), len(probability))
    patch = rows @ probability @ columns.T
    full = np.zeros(size, bool)
    inside = patch >= 0.5
    full[y1:y2, x1:x2] = inside
    confidence = float(patch[inside].mean()) if inside.any() else float("nan")
    return masks.encode(full), confidence


def _sampling(first: int, last: int, low: float, high: float, cells: int) -> Array:
    """Linear interpolation at pixel centres ``first .. last - 1`` as a matrix [pixels, cells]."""
    centre = (np.arange(first, last) + 0.5 - low) / (high - low) * cells - 0.5
    centre = np.clip(centre, 0, cells - 1)
    left = np.minimum(np.floor(centre).astype(int), cells - 2)
    weight = np.zeros((len(centre), cells), np.float32)
    index = np.arange(len(centre))
    weight[index, left] = 1 - (centre - left)
    weight[index, left + 1] += centre - left
    return weight
