"""The reference implementation's losses of predictions and annotations that are made by formula."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from wildpose.models.chart_rcnn import Config
from wildpose.models.chart_rcnn.chart_maps import ChartMaps, channels_of
from wildpose.training.chart_losses import (
    ChartTruth,
    MarkedPoints,
    at_points,
    chart_losses,
    correlated_nll,
    masks_on_grid,
    parts_on_grid,
    places_of,
)

CELLS, PROPOSALS, POINTS, HEIGHT, WIDTH = 112, 3, 20, 256, 320
S1X = Config()
WC1 = replace(S1X, uv_confidence="iid_iso", point_weight=0.0005)
STUDENT = replace(WC1, coarse_from_masks=True)
SETTINGS = {
    "s1x": S1X,
    "WC1": WC1,
    "WC2": replace(WC1, uv_confidence="indep_aniso"),
    "evolution_student": STUDENT,
    "evolution_teacher": replace(STUDENT, index_weight=1.0),
}
NAMES = {"u": "U", "v": "V", "uv": "UV", "chart": "I", "coarse": "S"}


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    """What the reference computes (detectron2's DensePose project, Apache-2.0)."""
    with np.load(Path(__file__).parent / "data" / "chart_losses.npz") as file:
        return dict(file)


def drawn(key: str) -> np.random.RandomState:
    return np.random.RandomState(zlib.crc32(f"wildpose-loss-v1/{key}".encode()))


def maps_of(config: Config) -> ChartMaps:
    """Random answers; those of u, v and kappa half as large."""
    names = {"ann_index": "coarse_segm", "index_uv": "fine_segm"}
    fields = {}
    for layer, channels in channels_of(config).items():
        name = names.get(layer, layer)
        scale = 0.5 if name in ("u", "v", "kappa_u", "kappa_v") else 1.0
        values = scale * drawn(name).standard_normal((PROPOSALS, channels, CELLS, CELLS))
        fields[name] = torch.from_numpy(values.astype(np.float32)).requires_grad_()
    return ChartMaps(**fields)


def points_of(instances: tuple[int, ...], true_xyxy: torch.Tensor) -> MarkedPoints:
    """Points are given in 256ths of their true box."""
    rows, xy, charts, uv = [], [], [], []
    for i in instances:
        random = drawn(f"points{i}")
        x, y = random.uniform(0, 256, POINTS), random.uniform(0, 256, POINTS)
        charts.append(random.randint(1, 25, POINTS))
        uv.append(np.stack([random.uniform(0, 1, POINTS), random.uniform(0, 1, POINTS)], 1))
        xy.append(np.stack([x, y], 1))
        rows.append(np.full(POINTS, i))
    row, place, chart, coordinates = (
        torch.from_numpy(np.concatenate(parts)) for parts in (rows, xy, charts, uv))
    corner, far = true_xyxy[row, :2], true_xyxy[row, 2:]
    at = corner + place.float() / 256 * (far - corner)
    return MarkedPoints(row, at, one_hot(chart.long(), 25).bool(), coordinates.float())


def marked_parts() -> torch.Tensor:
    y, x = np.mgrid[:256, :256]
    parts = [np.where(((x - 128) / 110) ** 2 + ((y - 128) / (90 + 10 * i)) ** 2 <= 1,
                      1 + (x // 32 + y // 64 + i) % 14, 0) for i in range(PROPOSALS)]
    return torch.from_numpy(np.stack(parts))


def instance_masks(true_xyxy: np.ndarray) -> torch.Tensor:
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    masks = []
    for x1, y1, x2, y2 in true_xyxy.astype(np.float64):
        across, down = (2 * x - x1 - x2) / (x2 - x1), (2 * y - y1 - y2) / (y2 - y1)
        masks.append(across**2 + down**2 <= 1)
    return torch.from_numpy(np.stack(masks))


def truth_of(
    reference: dict[str, np.ndarray], config: Config, instances: tuple[int, ...] = (0, 1, 2)
) -> ChartTruth:
    """The annotations; only these instances have dense pose."""
    true, proposal = (torch.from_numpy(reference[f"{k}_boxes"]) for k in ("gt", "proposal"))
    marked = torch.tensor([i in instances for i in range(PROPOSALS)])
    points, known = points_of(instances, true), marked
    if config.coarse_from_masks:
        layers = instance_masks(true.numpy()).float()
        coarse = masks_on_grid(layers, torch.arange(3), proposal, CELLS)
        known = torch.ones(3).bool()
    else:
        coarse = parts_on_grid(marked_parts(), true, proposal, CELLS)
    return ChartTruth(proposal, points, coarse, known, torch.ones(3))


@pytest.mark.parametrize(("setting", "instances"), [
    *((name, (0, 1, 2)) for name in SETTINGS),
    ("evolution_teacher", (0, 2)), ("WC1", (0, 2)),
])
def test_losses_and_gradients_are_those_of_the_reference(reference, setting, instances):
    config, maps = SETTINGS[setting], maps_of(SETTINGS[setting])
    losses = chart_losses(maps, truth_of(reference, config, instances), config)
    prefix = setting if len(instances) == 3 else f"{setting}_dp_on_first_and_third_only"
    truth = {key: float(value) for key, value in reference.items() if key.startswith(f"{prefix}.")}
    assert len(truth) == len(losses) + sum(field is not None for field in maps)
    for name, loss in losses.items():
        assert loss.item() == pytest.approx(truth[f"{prefix}.loss_densepose_{NAMES[name]}"],
                                            rel=1e-5)
    torch.stack(list(losses.values())).sum().backward()
    for name, field in maps._asdict().items():
        if field is not None:
            gradient = float(field.grad.double().abs().sum())
            assert gradient == pytest.approx(truth[f"{prefix}.grad_abs_sum.{name}"], rel=1e-4)


def test_points_lie_where_the_reference_puts_them(reference):
    truth = truth_of(reference, S1X)
    places = places_of(truth, CELLS)
    assert places.valid.sum() == 53
    np.testing.assert_array_equal(places.valid, reference["interp.j_valid"])
    for axis, name in enumerate("xy"):
        np.testing.assert_array_equal(places.low[:, axis], reference[f"interp.{name}_lo"])
        np.testing.assert_array_equal(places.high[:, axis], reference[f"interp.{name}_hi"])
    said = at_points(maps_of(S1X).u, truth.points.row, places)
    said = said.gather(1, truth.points.charts.int().argmax(1)[:, None])[:, 0].detach()
    inside = places.valid.numpy()
    np.testing.assert_allclose(said[inside], reference["interp.u_at_points"][inside], atol=1e-5)


def test_targets_of_the_coarse_segmentation_are_those_of_the_reference(reference):
    parts = truth_of(reference, S1X).coarse
    assert (parts.numpy() == reference["coarse_gt_resampled"]).mean() > 0.9999
    masks = truth_of(reference, STUDENT).coarse
    bits = np.packbits(masks.numpy().astype(bool), axis=-1)
    np.testing.assert_array_equal(bits, reference["mask_gt_cropped"])


def test_instances_without_points_teach_the_coarse_mask_alone(reference):
    maps = maps_of(STUDENT)
    none = MarkedPoints(torch.zeros(0).long(), torch.zeros(0, 2), torch.zeros(0, 25).bool(),
                        torch.zeros(0, 2))
    truth = replace(truth_of(reference, STUDENT), points=none)
    losses = chart_losses(maps, truth, STUDENT)
    torch.stack(list(losses.values())).sum().backward()
    assert losses["uv"].item() == losses["chart"].item() == 0
    assert losses["coarse"].item() > 0
    assert maps.fine_segm.grad.abs().sum() == 0


def test_an_error_along_the_predicted_direction_costs_less():
    variance, kappa = torch.tensor([0.1]), torch.tensor([[1.0, 0.0]])
    along = correlated_nll(torch.tensor([[0.5, 0.0]]), variance, kappa)
    across = correlated_nll(torch.tensor([[0.0, 0.5]]), variance, kappa)
    assert along < across
