from __future__ import annotations

import pytest
import torch
from torch import nn

from wildpose.models.dense_head import (
    GRID,
    MARGIN,
    DenseHead,
    PooledRegions,
    pool_regions,
    region_of,
)
from wildpose.models.heads import BoxHead, MaskHead, RegionMaps


def pooled(count: int) -> PooledRegions:
    torch.manual_seed(0)
    return PooledRegions(torch.randn(count, 128, 28, 28), torch.randn(count, 128, 14, 14),
                         torch.randn(count, 128, 7, 7), torch.randn(count, 24, GRID, GRID))


def column_maps() -> RegionMaps:
    """Maps of a picture 64 x 96 whose values are the x of their cell's centre in pixels."""

    def level(stride: int, channels: int) -> torch.Tensor:
        x = (torch.arange(96 // stride) + 0.5) * stride
        return x.expand(1, channels, 64 // stride, -1).contiguous()

    return RegionMaps({"p3": level(8, 128), "p4": level(16, 128), "p5": level(32, 128)},
                      level(4, 24), (64, 96))


def test_an_answer_has_a_value_for_every_cell_and_chart():
    answer = DenseHead(24)(pooled(2))
    assert answer.mask_logit.shape == answer.mask_alpha.shape == (2, GRID, GRID)
    assert answer.chart_logits.shape == (2, 25, GRID, GRID)
    assert answer.chart_alpha.shape == (2, GRID, GRID)
    assert answer.uv.shape == (2, 2, 24, GRID, GRID)
    assert answer.uv_sigma.shape == (2, 2, GRID, GRID)


@pytest.mark.parametrize("calibrated", [True, False])
def test_no_region_is_an_answer_of_no_rows(calibrated):
    answer = DenseHead(24, calibrated=calibrated)(pooled(0))
    assert all(len(field) == 0 for field in answer)


def test_without_auto_calibration_nothing_is_scaled():
    answer = DenseHead(24, calibrated=False)(pooled(1))
    assert (answer.mask_alpha == 1).all()
    assert (answer.chart_alpha == 1).all()
    assert answer.uv_sigma.unique().numel() == 1


def test_a_fresh_head_is_unsure():
    answer = DenseHead(24)(pooled(2))
    assert answer.mask_logit.abs().mean() < 1
    assert float(answer.uv.mean().detach()) == pytest.approx(0.5, abs=0.1)


def test_context_lets_a_far_cell_change_an_answer():
    torch.manual_seed(1)
    head = DenseHead(24)
    near = pooled(1)
    other = near._replace(near=near.near.clone())
    other.near[..., 0, 0] += 50
    with_context = (head(near).mask_logit - head(other).mask_logit).abs()[0, -1, -1]
    head.context = None
    without = (head(near).mask_logit - head(other).mask_logit).abs()[0, -1, -1]
    assert with_context > 0
    assert without == 0


def test_regions_are_the_boxes_with_a_margin():
    region = region_of(torch.tensor([[10.0, 20.0, 30.0, 30.0]]))[0]
    assert region.tolist() == pytest.approx([20 - 10 * MARGIN, 25 - 5 * MARGIN,
                                             20 + 10 * MARGIN, 25 + 5 * MARGIN])


def test_every_map_is_cut_at_the_same_place():
    region = torch.tensor([[24.0, 16.0, 72.0, 48.0]])
    for field in pool_regions(column_maps(), [region]):
        cells = field.shape[-1]
        wanted = 24 + (torch.arange(cells) + 0.5) / cells * 48
        inside = (wanted > 24) & (wanted < 72)
        assert torch.allclose(field[0, 0, cells // 2][inside], wanted[inside], atol=0.01)


def multiply_adds(head: nn.Module, *given) -> dict[str, int]:
    """Multiply-adds of each convolution and linear layer for one call."""
    counts: dict[str, int] = {}

    def count(name):
        def hook(layer, _, out):
            if isinstance(layer, nn.Conv2d):
                each = layer.weight[0].numel()
                counts[name] = each * out[0].numel()
            else:
                counts[name] = layer.weight.numel()
        return hook

    handles = [m.register_forward_hook(count(n)) for n, m in head.named_modules()
               if isinstance(m, nn.Conv2d | nn.Linear)]
    head(*given)
    for handle in handles:
        handle.remove()
    return counts


@pytest.mark.parametrize("head", ["dense", "box", "mask"])
def test_auto_calibration_costs_less_than_3_percent_of_the_head(head):
    box = [torch.tensor([[24.0, 16.0, 72.0, 48.0]])]
    counts = {
        "dense": lambda: multiply_adds(DenseHead(24), pooled(1)),
        "box": lambda: multiply_adds(BoxHead(calibrated=True), column_maps(), box),
        "mask": lambda: multiply_adds(MaskHead(24, calibrated=True), column_maps(), box),
    }[head]()
    own = sum(n for name, n in counts.items() if name.startswith("uncertainty"))
    assert 0 < own < 0.03 * (sum(counts.values()) - own)
