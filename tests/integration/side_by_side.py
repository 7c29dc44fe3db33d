"""detectron2 and the network here on the same pictures with the same weights: how far apart.

``python tests/integration/side_by_side.py`` prints the tables that stand in docs/detectron2.md:
the two on frames of the sample clips, and either against the parity files in a folder that
``--parity`` names. Weights by formula; single precision in both.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

from chart_rcnn_stages import CASES as PARITY_CASES
from chart_rcnn_stages import SIZE
from formula_network import picture, weights

from wildpose.models import detectron2
from wildpose.models.chart_rcnn import Config, expected_keys, load
from wildpose.models.chart_rcnn.layers import fold_all, quicken_all
from wildpose.models.chart_rcnn.network import ChartRcnn
from wildpose.models.chart_rcnn.pictures import network_input, scaled
from wildpose.models.detectron2 import Answer
from wildpose.types import Array
from wildpose.video import open_clip

ROOT = Path(__file__).resolve().parents[2]
CLIPS = ("north_plain/IMAG0041.AVI", "ridge_trail/05180016.MP4",
         "river_bend/TC02_20250422_012836.mp4")
CASES = {
    "animal teacher": replace(PARITY_CASES["case_A_evolution_teacher"][0], mask_head=False),
    "R_50 WC2 s1x": PARITY_CASES["case_C_R50_WC2_s1x"][0],
}
"""As published; on pictures of 320 pixels, which keeps the comparison short."""


def real_pictures() -> Iterator[tuple[str, Array]]:
    """The first frame of a clip of each camera, RGB."""
    for name in CLIPS:
        with open_clip(ROOT / "sample_data" / "clips" / name, frames=[0]) as clip:
            yield name, next(iter(clip)).image


@torch.inference_mode()
def look(network: ChartRcnn, image: Array) -> Answer:
    """What the network here says of a picture, all in the form of detectron2's answers."""
    shown = scaled(image, network.config)
    levels = network.levels(network_input(shown, network.config))
    found = network.find(levels, shown.shape[:2])
    maps = network.charts(levels, found.box_xyxy) if len(found.score) else None
    height, width = image.shape[:2]
    grow = torch.tensor([width / shown.shape[1], height / shown.shape[0]] * 2)
    most = torch.tensor([float(width), float(height)] * 2)
    return Answer((found.box_xyxy * grow).clamp(min=torch.zeros(4), max=most), found.score, maps)


def apart(one: Answer, other: Answer) -> dict[str, float]:
    """Largest absolute differences of two answers with the same boxes in the same order."""
    said = {"boxes": _far(one.box_xyxy, other.box_xyxy), "scores": _far(one.score, other.score)}
    if one.maps is None or other.maps is None:
        assert one.maps is other.maps
        return said
    for name, own, its in zip(one.maps._fields, one.maps, other.maps, strict=True):
        assert (own is None) == (its is None), name
        if own is not None and its is not None:
            said[name] = _far(own, its)
    return said


def _far(one: Tensor, other: Tensor) -> float:
    assert one.shape == other.shape, (one.shape, other.shape)
    return float((one - other).abs().max()) if one.numel() else 0.0


def from_parity(answer: Answer, path: Path) -> dict[str, float]:
    """Largest absolute differences of an answer from a file of reference answers."""
    with np.load(path) as file:
        said = {"boxes": _far(answer.box_xyxy, torch.from_numpy(file["det.boxes"])),
                "scores": _far(answer.score, torch.from_numpy(file["det.scores"]))}
        assert answer.maps is not None
        for name, field in zip(answer.maps._fields, answer.maps, strict=True):
            if field is not None:
                truth = torch.from_numpy(file[f"dp.{name}.grid16_top4"])
                said[name] = _far(field[:4, :, 3::7, 3::7], truth)
    return said


def pair(config: Config, known: dict[str, Tensor]) -> tuple[torch.nn.Module, ChartRcnn]:
    """detectron2's network and ours, weights by formula."""
    tensors = weights(expected_keys(config), known)
    theirs = detectron2.build(config)
    theirs.load_state_dict(tensors)
    return theirs, load(config, tensors)


def _print(title: str, said: dict[str, float]) -> None:
    sys.stdout.write(f"{title:52} {'  '.join(f'{k} {v:.1e}' for k, v in said.items())}\n")
    sys.stdout.flush()


def _largest(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: max(row.get(name, 0.0) for row in rows) for name in rows[0]}


def print_on_clips(known: dict[str, Tensor]) -> None:
    """Ours from theirs on frames of clips, as loaded, folded, and as the predictor runs it."""
    for name, config in CASES.items():
        theirs, ours = pair(config, known)
        shown = list(real_pictures())
        its = [detectron2.look(theirs, image, config) for _, image in shown]
        sys.stdout.write(f"{name}: {[len(answer.score) for answer in its]} boxes\n")
        for how, change in (("as loaded", None), ("folded", fold_all), ("quick", quicken_all)):
            if change is not None:
                change(ours)
            rows = [apart(look(ours, image), answer)
                    for (_, image), answer in zip(shown, its, strict=True)]
            _print(f"{name}, ours from theirs, {how}", _largest(rows))


def print_on_parity(known: dict[str, Tensor], folder: Path) -> None:
    """Either from the reference answers, which were made on another machine."""
    for name, (config, seed) in PARITY_CASES.items():
        theirs, ours = pair(config, known)
        image = picture(*SIZE, seed)[:, :, ::-1]
        path = folder / f"{name}.npz"
        _print(f"{name}, theirs", from_parity(detectron2.look(theirs, image, config), path))
        _print(f"{name}, ours", from_parity(look(ours, image), path))
        fold_all(ours)
        quicken_all(ours)
        _print(f"{name}, ours, folded and quick", from_parity(look(ours, image), path))


def main() -> None:
    """Parse and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parity", type=Path, help="folder of the reference answers")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    known: dict[str, Tensor] = {}
    print_on_clips(known)
    if arguments.parity:
        print_on_parity(known, arguments.parity)


if __name__ == "__main__":
    main()
