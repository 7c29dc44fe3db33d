"""Parts of the DensePose R-CNN that the parity cases do not switch on."""

from __future__ import annotations

import numpy as np
import torch

from wildpose import masks
from wildpose.models.backbones import FrozenBatchNorm2d
from wildpose.models.chart_rcnn.chart_maps import ChartMaps, uv_sigma
from wildpose.models.chart_rcnn.dense_heads import NonLocal
from wildpose.models.chart_rcnn.layers import fold_all, frozen_convolution
from wildpose.models.chart_rcnn.pyramid import level_of
from wildpose.models.chart_rcnn.surfaces import mask_of, on_grid, on_pixels
from wildpose.models.mask_pasting import paste_mask

LEFT, RIGHT = slice(0, 4), slice(4, 8)


def half_a_body() -> ChartMaps:
    """One region: chart 3 on the left, background on the right; u 1.5, v 0.25."""
    coarse, fine = torch.zeros(1, 2, 8, 8), torch.zeros(1, 25, 8, 8)
    coarse[:, 1, :, LEFT], coarse[:, 0, :, RIGHT], fine[:, 3] = 9.0, 9.0, 9.0
    flat = torch.ones(1, 25, 8, 8)
    return ChartMaps(coarse, fine, 1.5 * flat, 0.25 * flat)


def test_a_fresh_non_local_layer_changes_nothing_and_a_trained_one_hears_everything():
    torch.manual_seed(1)
    layer, x = NonLocal(), torch.randn(1, 256, 8, 8)
    assert torch.equal(layer(x), x)
    torch.nn.init.ones_(layer.W[1].weight)
    moved = x.clone()
    moved[..., 7, 7] += 1
    assert (layer(moved) - layer(x))[..., 0, 0].abs().max() > 0


def test_folded_normalisation_gives_the_same():
    torch.manual_seed(1)
    layer = frozen_convolution(3, 4, relu=False)
    assert isinstance(layer.norm, FrozenBatchNorm2d)
    layer.norm.running_mean.normal_()
    layer.norm.running_var.uniform_(0.5, 2)
    x = torch.randn(1, 3, 9, 9)
    before = layer(x)
    fold_all(layer)
    assert layer.norm is None
    torch.testing.assert_close(layer(x), before)


def test_boxes_go_to_the_level_of_their_size():
    sides = torch.tensor([0.0, 111, 112, 224, 448, 5000])
    boxes = torch.stack([torch.zeros(6), torch.zeros(6), sides, sides], 1)
    assert level_of(boxes, 4).tolist() == [0, 0, 1, 2, 3, 3]


def test_the_grid_holds_charts_where_there_is_a_body_and_clamped_coordinates():
    box = np.array([[10, 20, 26, 36]], np.float32)
    (pose,) = on_grid(half_a_body(), box, 0.01)
    assert (pose.chart[:, LEFT] == 3).all()
    assert not pose.chart[:, RIGHT].any()
    assert (pose.uv[0, :, LEFT] == 1).all()
    assert (pose.uv[1, :, LEFT] == 0.25).all()
    assert pose.cut_by == "dense_head"


def test_a_mask_head_can_cut_the_grid_out_instead():
    upper = torch.zeros(1, 28, 28)
    upper[:, :14] = 1
    (pose,) = on_grid(half_a_body(), np.array([[0, 0, 8, 8]], np.float32), 0.01, upper)
    assert (pose.chart[:3] == 3).all()
    assert not pose.chart[5:].any()
    assert pose.cut_by == "mask_head"


def test_pixels_of_a_box_are_counted_from_its_cut_off_corner():
    surface = on_pixels(half_a_body(), 0, np.array([10.9, 20.9, 27.0, 37.0]))
    assert surface.corner == (10, 20)
    assert surface.chart.shape == (16, 16)
    assert surface.uv[0].max() == 1.5, "not clamped here"
    rle, sure = mask_of(surface, (60, 60))
    assert masks.box_of_mask(rle).tolist() == [10, 20, 18, 36]
    assert sure > 0.9


def test_the_spread_along_the_predicted_direction_counts():
    plain = half_a_body()._replace(sigma_2=torch.zeros(1, 25, 8, 8))
    directed = plain._replace(kappa_u=torch.ones(1, 25, 8, 8), kappa_v=torch.ones(1, 25, 8, 8))
    alone, both = uv_sigma(plain, 0.01), uv_sigma(directed, 0.01)
    torch.testing.assert_close(both.square() - alone.square(), torch.ones(1, 25, 8, 8))
    assert uv_sigma(half_a_body(), 0.01) is None


def test_a_mask_that_fades_at_its_edge_is_no_larger_than_one_that_is_held():
    full, box = np.full((28, 28), 0.6, np.float32), np.array([0, 0, 56, 56], np.float32)
    held, _ = paste_mask(full, box, (56, 56))
    faded, _ = paste_mask(full, box, (56, 56), edge="faded")
    assert masks.area(held) == 56 * 56
    assert masks.area(faded) == 56 * 56 - 4 * 55
