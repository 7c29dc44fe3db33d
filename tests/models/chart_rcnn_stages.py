"""What the DensePose R-CNN computes of a picture on its way, named as in the parity files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from formula_network import picture, weights
from torch import Tensor, nn

from wildpose import masks
from wildpose.models.chart_rcnn import Config, expected_keys, load
from wildpose.models.chart_rcnn.box_head import cut_for_boxes
from wildpose.models.chart_rcnn.network import ChartRcnn
from wildpose.models.chart_rcnn.pictures import network_input, scaled
from wildpose.models.chart_rcnn.surfaces import mask_of, on_pixels
from wildpose.models.mask_pasting import paste_mask

SIZE = (320, 480)
TOP = 4
"""Detections whose dense pose is kept in the parity files."""

_S1X = Config(short_edge=320)
CASES = {
    "case_A_evolution_teacher": (replace(
        _S1X, head="deeplab", uv_confidence="iid_iso", segm_confidence=True, mask_head=True,
        box_aligned=True, box_sampling=0, subject="animal"), 1),
    "case_B_R50_s1x": (replace(_S1X, short_edge=400), 2),
    "case_C_R50_WC2_s1x": (replace(_S1X, uv_confidence="indep_aniso"), 3),
}
"""Configuration and seed of the picture of each case."""


@dataclass(frozen=True)
class Pass:
    """A network's way from a picture to detections."""

    network: ChartRcnn
    said: dict[str, np.ndarray]
    levels: list[Tensor]

    @torch.inference_mode()
    def second_stage(self, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits and deltas of given proposals, in pixels of the network's input."""
        heads = self.network.roi_heads
        regions = cut_for_boxes(self.levels, torch.from_numpy(boxes), self.network.config)
        answer = heads.box_predictor(heads.box_head(regions))
        return answer.logits.numpy(), answer.deltas.numpy()


def network_of(config: Config, known: dict[str, Tensor]) -> ChartRcnn:
    """The network with the weights by formula; ``known`` carries them from case to case."""
    return load(config, weights(expected_keys(config), known))


@torch.inference_mode()
def pass_of(network: ChartRcnn, seed: int, rows: int | None = TOP) -> Pass:
    """Run a case; dense pose of the best ``rows`` detections, or of all."""
    image = picture(*SIZE, seed)[:, :, ::-1]
    shown = scaled(image, network.config)
    size = shown.shape[:2]
    caught: dict[str, Any] = {}
    hooks = _listen(network, caught)
    padded = network_input(shown, network.config)
    levels = exact_levels(network, padded)
    found = network.find(levels, size)
    boxes = found.box_xyxy[:rows]
    maps = network.charts(levels, boxes)
    logits = network.masks(levels, boxes)
    for hook in hooks:
        hook.remove()
    grow = torch.tensor([SIZE[1] / size[1], SIZE[0] / size[0]] * 2)
    at = (found.box_xyxy * grow).clamp(min=torch.zeros(4), max=torch.tensor([480.0, 320] * 2))
    decoder = network.roi_heads.decoder
    assert decoder is not None
    said = {"normalized_padded": padded, **_stages(caught), "decoder": decoder(levels),
            "det.boxes": at, "det.scores": found.score}
    arrays = {key: value.numpy() for key, value in said.items()}
    arrays |= _maps(maps) | _surfaces(maps, at.numpy())
    if logits is not None:
        arrays |= _masks(logits, at.numpy())
    return Pass(network, arrays, levels)


def exact_levels(network: ChartRcnn, padded: Tensor) -> list[Tensor]:
    """The pyramid without the rounding of this machine's convolutions.

    In float32 it differs from one kind of processor to the next by more than all that follows, and
    moves boxes by up to 0.002 pixels.
    """
    network.backbone.double()
    levels = network.levels(padded.double())
    network.backbone.float()
    return [level.float() for level in levels]


def _listen(network: ChartRcnn, caught: dict[str, Any]) -> list[Any]:
    def hook(name: str, module: nn.Module) -> Any:
        return module.register_forward_hook(
            lambda _, given, out: caught.update({name: (given[0], out)}))

    heads = network.roi_heads
    return [hook(name, module) for name, module in {
        "trunk": network.backbone.bottom_up, "pyramid": network.backbone,
        "rpn": network.proposal_generator.rpn_head, "proposals": network.proposal_generator,
        "box": heads.box_head, "answer": heads.box_predictor,
        "dense": heads.densepose_head}.items()]


def _stages(caught: dict[str, Any]) -> dict[str, Tensor]:
    said = {f"c{i}": level for i, level in enumerate(caught["trunk"][1], 2)}
    said |= {f"p{i}": level for i, level in enumerate(caught["pyramid"][1], 2)}
    for i, raw in enumerate(caught["rpn"][1], 2):
        said |= {f"rpn_logits_p{i}": raw.logits, f"rpn_deltas_p{i}": raw.deltas}
    proposals, answer = caught["proposals"][1], caught["answer"][1]
    said |= {"proposals.boxes": proposals.box_xyxy, "proposals.logits": proposals.logit}
    said |= {"box_pooled": caught["box"][0], "box_feat": caught["box"][1]}
    said |= {"box.cls_logits": answer.logits, "box.deltas": answer.deltas}
    return said | {"dp_pooled": caught["dense"][0], "dp_head": caught["dense"][1]}


def _maps(maps: Any) -> dict[str, np.ndarray]:
    said = {}
    for name, field in maps._asdict().items():
        if field is not None:
            flat = field.double()
            said |= {f"dp.{name}.chan_mean": flat.mean((2, 3)).numpy(),
                     f"dp.{name}.chan_std": flat.std((2, 3), correction=0).numpy(),
                     f"dp.{name}.grid16_top4": field[:TOP, :, 3::7, 3::7].numpy(),
                     f"dp.{name}.full_top1_f16": field[0].numpy()}
    return said


def _surfaces(maps: Any, boxes: np.ndarray) -> dict[str, np.ndarray]:
    said, area, bits = {}, [], []
    for i in range(len(maps.u)):
        surface = on_pixels(maps, i, boxes[i])
        drawn, _ = mask_of(surface, SIZE)
        area.append(masks.area(drawn))
        if i >= TOP:
            continue
        bits.append(np.packbits(masks.decode(drawn), -1))
        chart = surface.chart.numpy()
        said |= {f"result{i}.labels": chart, f"result{i}.uv": surface.uv.numpy(),
                 f"result{i}.part_area": np.bincount(chart.ravel(), minlength=25)}
        said |= {f"result{i}.{name}": c.numpy() for name, c in surface.confidences.items()}
    return said | {"dpmask.area": np.array(area), "dpmask.bits_top4": np.stack(bits)}


def _masks(logits: Tensor, boxes: np.ndarray) -> dict[str, np.ndarray]:
    drawn = [paste_mask(part, box, SIZE, edge="faded")[0]
             for part, box in zip(logits.sigmoid().numpy(), boxes, strict=False)]
    return {"mask.logits": logits[:, None].numpy(), "mask.logits_top4": logits[:TOP, None].numpy(),
            "mask.area": np.array([masks.area(m) for m in drawn]),
            "mask.bits_top4": np.stack([np.packbits(masks.decode(m), -1) for m in drawn[:TOP]])}
