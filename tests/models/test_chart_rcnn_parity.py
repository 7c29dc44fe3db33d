"""The DensePose R-CNN computes what the reference implementation does, stage by stage.

Weights and pictures come from formulas, the reference's answers (detectron2's DensePose project at
02b5c4e2, Apache-2.0) from ``make_chart_rcnn_parity.py``. Weights by formula find nothing that means
anything. One test for each case: what a case takes is seconds, and shared.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from chart_rcnn_stages import CASES, TOP, Pass, network_of, pass_of
from formula_network import picture

from wildpose import masks
from wildpose.models.chart_rcnn.network import ChartRcnn
from wildpose.models.chart_rcnn.pictures import network_input
from wildpose.models.chart_rcnn.predictor import ChartRcnnPredictor
from wildpose.models.folder import ModelDescription
from wildpose.types import ClassId, DensePose

pytestmark = pytest.mark.long

DATA = Path(__file__).parent / "data" / "chart_rcnn"
TOLERANCE = 1e-3
"""Of everything: boxes in pixels, scores, logits, coordinates, features (which go up to 50)."""
BY_ORDER = ("box_pooled", "box_feat", "box.", "proposals.")
"""Rows of these change places where two proposals score alike to the last digit."""


@pytest.fixture(scope="module")
def known() -> dict[str, torch.Tensor]:
    """Weights by formula; they are the same in all cases."""
    torch.set_num_threads(1)
    return {}


@cache
def reference(case: str) -> dict[str, np.ndarray]:
    with np.load(DATA / f"{case}.npz") as file:
        return dict(file)


def kept(case: str) -> list[str]:
    return [key[: -len("/values")] for key in reference(case) if key.endswith("/values")]


def both(case: str, name: str, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ours and the reference's values at the places that are kept."""
    truth = reference(case)
    at = truth.get(f"{name}/at", np.arange(len(truth[f"{name}/values"])))
    return said.ravel()[at].astype(np.float64), truth[f"{name}/values"].astype(np.float64)


def is_label(name: str) -> bool:
    return name.endswith(("labels", "bits_top4", "area"))


def check_numbers(case: str, said: dict[str, np.ndarray]) -> None:
    for name in kept(case):
        if is_label(name) or name.startswith((*BY_ORDER, "result")):
            continue
        own, truth = both(case, name, said[name])
        assert np.abs(own - truth).max() <= TOLERANCE, name
        if f"{name}/sum" in reference(case):
            total = np.abs(said[name].astype(np.float64)).sum()
            assert total == pytest.approx(float(reference(case)[f"{name}/sum"]), rel=1e-6), name


def check_shapes(case: str, said: dict[str, np.ndarray]) -> None:
    for name in kept(case):
        shape = tuple(reference(case)[f"{name}/shape"])
        first_rows_only = name.startswith(("dp", "mask"))
        assert said[name].shape[first_rows_only:] == shape[first_rows_only:], name


def check_proposals(case: str, done: Pass) -> None:
    """Proposals nearly all near their rank; the second stage on those of the reference.

    On some processors rounding moves a proposal of nearly equal score, and all behind it, by a row.
    """
    said, truth = done.said, reference(case)
    logits, deltas = done.second_stage(truth["second_stage.boxes"])
    assert np.abs(logits - truth["second_stage.logits"]).max() <= TOLERANCE
    assert np.abs(deltas - truth["second_stage.deltas"]).max() <= TOLERANCE
    at, values = truth["proposals.logits/at"], truth["proposals.logits/values"]
    own = said["proposals.logits"]
    assert np.abs(own[at] - values).max() <= 0.02
    boxes = said["proposals.boxes"].reshape(-1, 4)
    row, side = np.divmod(truth["proposals.boxes/at"], 4)
    rows = np.clip(row[:, None] + np.arange(-3, 4), 0, len(boxes) - 1)
    distance = np.abs(boxes[rows, side[:, None]] - truth["proposals.boxes/values"][:, None])
    assert (distance.min(1) <= 0.01).mean() >= 0.9


def check_surfaces(case: str, said: dict[str, np.ndarray]) -> None:
    """Labels may differ by a pixel where two charts are as likely as each other."""
    truth = reference(case)
    for name in filter(is_label, kept(case)):
        own, values = both(case, name, said[name])
        if name.endswith("area"):
            assert np.abs(own - values).max() <= 5, name
        else:
            assert (own == values).mean() >= 0.999, name
    for name in kept(case):
        if name.startswith("result") and not is_label(name):
            detection = name.split(".")[0]
            labels = truth[f"{detection}.labels/values"].reshape(said[f"{detection}.labels"].shape)
            agree = np.broadcast_to(said[f"{detection}.labels"] == labels, said[name].shape)
            own, values = both(case, name, said[name])
            chosen = agree.ravel()[truth[f"{name}/at"]]
            # These are kept with half precision: of a value up to 4, 11 bits.
            assert np.abs(own - values)[chosen].max() <= 2e-3, name


def check_predictor(case: str, network: ChartRcnn, seed: int) -> None:
    """As it runs in practice, from picture to picture, in single precision throughout."""
    truth = reference(case)
    scores = truth["det.scores/values"]
    description = ModelDescription("by formula", "finds nothing", "none", network.config.as_json())
    between = float(scores[TOP - 1 : TOP + 1].mean())
    predictor = ChartRcnnPredictor(network, description, mask_score=between)
    image = picture(320, 480, seed)[:, :, ::-1]
    (found,) = predictor.predict([image])
    boxes = truth["det.boxes/values"].reshape(-1, 4)
    assert np.abs(found.box_xyxy - boxes).max() <= 0.01
    assert np.abs(found.score - scores).max() <= TOLERANCE
    assert set(found.class_id) == {ClassId[network.config.subject.upper()]}
    assert [mask is not None for mask in found.masks] == [i < TOP for i in range(len(found))]
    areas = [masks.area(mask) for mask in found.masks[:TOP]]
    assert np.abs(areas - truth["dpmask.area/values"]).max() <= 5
    check_grid(found.dense_pose[0], truth["result0.labels/values"], found.box_xyxy[0])
    (given,) = predictor.predict([image], [found.take([1])])
    assert masks.mask_iou([given.masks[0]], [found.masks[1]])[0, 0] > 0.999
    (pose,) = predictor.dense_pose(image, found.box_xyxy[:1])
    assert (pose.chart == found.dense_pose[0].chart).mean() > 0.999


def check_grid(pose: DensePose, labels: np.ndarray, box: np.ndarray) -> None:
    """The grid of the head says the same as the pixels, but on borders of charts."""
    width, height = (box[2:] - box[:2]).astype(int)
    y, x = np.mgrid[:height, :width] + 0.5
    row, column, _ = pose.cells_at(np.stack([x.ravel() + box[0], y.ravel() + box[1]], 1))
    # Charts by formula change from cell to cell: one cell further, 0.6 are the same.
    assert (pose.chart[row, column] == labels).mean() > 0.8
    assert (pose.chart[row - 1, column] == labels).mean() < 0.7
    body = pose.chart > 0
    assert (pose.foreground[body] >= 0.5).all()
    assert (pose.uv_sigma[body] > 0).all()
    assert not pose.uv[:, ~body].any()


@pytest.mark.parametrize("case", CASES)
def test_every_stage_gives_what_the_reference_gives(known, case):
    config, seed = CASES[case]
    network = network_of(config, known)
    done = pass_of(network, seed)
    said = done.said
    assert said["det.boxes"].shape == tuple(reference(case)["det.boxes/shape"])
    check_shapes(case, said)
    check_numbers(case, said)
    check_proposals(case, done)
    check_surfaces(case, said)
    if case == "case_B_R50_s1x":
        check_predictor(case, network, seed)


def test_regions_cut_the_other_way_are_noticed(known):
    """Case A's boxes are cut with the half-pixel shift, dense pose without; either matters."""
    case = "case_A_evolution_teacher"
    config, seed = CASES[case]
    network = network_of(replace(config, box_aligned=False), known)
    with torch.inference_mode():
        shown = network_input(picture(320, 480, seed)[:, :, ::-1], config)
        levels = network.levels(shown)
        assert len(network.find(levels, (320, 480)).score) == 34
        network.config = replace(config, dense_aligned=True)
        boxes = torch.from_numpy(reference(case)["det.boxes/values"]).reshape(-1, 4)[:1]
        maps = network.charts(levels, boxes)
    truth = reference(case)
    own, first = maps.u[:, :, 3::7, 3::7].flatten(), truth["dp.u.grid16_top4/at"] < 25 * 16 * 16
    own = own.numpy()[truth["dp.u.grid16_top4/at"][first]]
    assert np.abs(own - truth["dp.u.grid16_top4/values"][first]).max() > 10 * TOLERANCE
