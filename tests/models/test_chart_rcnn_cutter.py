"""Regions are cut by several threads as by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from wildpose.models.chart_rcnn.pyramid import Cutter


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [0, 1, 47, 48, 100])
def test_several_threads_give_what_one_gives_in_the_same_order(count, three_threads):
    draw = torch.Generator().manual_seed(count)
    level = torch.randn(1, 5, 30, 40, generator=draw)
    corner, side = torch.rand(2, count, 2, generator=draw) * 60
    boxes = torch.cat([corner, corner + side], 1)
    cutter = Cutter(7, 0, True)
    alone = [cutter.from_one(level, box[None], 4) for box in boxes]
    assert torch.equal(cutter.from_one(level, boxes, 4),
                       torch.cat([level.new_zeros(0, 5, 7, 7), *alone]))


def test_a_map_that_learns_gets_its_gradient(three_threads):
    level = torch.ones(1, 2, 8, 8, requires_grad=True)
    Cutter(2, 2, True).from_one(level, torch.tensor([[0.0, 0, 16, 16]] * 60), 4).sum().backward()
    assert float(level.grad.sum()) == pytest.approx(2 * 4 * 60)
