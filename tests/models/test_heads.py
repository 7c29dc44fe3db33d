from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.models.heads import (
    BoxHead,
    MaskHead,
    RegionMaps,
    apply_deltas,
    deltas_between,
    enlarged,
)

place = st.floats(-500, 500, width=32)
side = st.floats(2, 300, width=32)
pair_of_places = st.tuples(place, place)
pair_of_sides = st.tuples(side, side)
pair_of_factors = st.tuples(*[st.floats(-1.39, 1.39).map(math.exp)] * 2)


def maps(batch: int) -> RegionMaps:
    torch.manual_seed(1)
    size = (64, 128)
    pyramid = {f"p{3 + i}": torch.randn(batch, 128, size[0] >> (3 + i), size[1] >> (3 + i))
               for i in range(3)}
    return RegionMaps(pyramid, torch.randn(batch, 24, 16, 32), size)


BOXES = [torch.tensor([[4.0, 4.0, 40.0, 60.0], [0.0, 0.0, 128.0, 64.0]]), torch.zeros(0, 4),
         torch.tensor([[100.0, 10.0, 101.0, 11.0]])]


@settings(max_examples=60, deadline=None)
@given(corner=pair_of_places, sides=pair_of_sides, shift=pair_of_places, growth=pair_of_factors)
def test_applying_the_deltas_between_two_boxes_gives_the_second(corner, sides, shift, growth):
    low, size = torch.tensor([corner, sides], dtype=torch.float64)
    new_low = low + torch.tensor(shift, dtype=torch.float64)
    new_size = (size * torch.tensor(growth, dtype=torch.float64)).clamp(min=1)
    box = torch.cat([low, low + size])[None]
    target = torch.cat([new_low, new_low + new_size])[None]
    moved = apply_deltas(box, deltas_between(box, target))
    assert torch.allclose(moved, target, atol=1e-3)


def test_zero_deltas_leave_a_box_where_it_is():
    box = torch.tensor([[3.0, 5.0, 30.0, 8.0]])
    assert torch.equal(apply_deltas(box, torch.zeros(1, 4)), box)


def test_a_side_grows_by_a_factor_of_about_four_at_most():
    box = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    moved = apply_deltas(box, torch.tensor([[0.0, 0.0, 1e6, -1e6]]))
    assert float(moved[0, 2] - moved[0, 0]) == pytest.approx(10 * math.exp(1.4), rel=1e-5)
    assert float(moved[0, 3] - moved[0, 1]) == pytest.approx(10 * math.exp(-1.4), rel=1e-4)


def test_enlarged_keeps_the_centre():
    assert enlarged(torch.tensor([[10.0, 20.0, 30.0, 24.0]]), 2).tolist() == [[0, 18, 40, 26]]


def test_a_fresh_box_head_moves_nothing_and_knows_nothing():
    answer = BoxHead(16)(maps(3), BOXES)
    assert answer.deltas.shape == (3, 4)
    assert answer.deltas.abs().max() == 0
    assert answer.class_logits.shape == (3, 3)
    assert answer.class_logits.softmax(1).flatten().tolist() == pytest.approx([1 / 3] * 9)


def test_the_box_head_sees_the_surroundings_of_a_box():
    head, before = BoxHead(16), maps(1)
    torch.nn.init.normal_(head.classes.weight)
    box = [torch.tensor([[48.0, 24.0, 64.0, 40.0]])]
    changed = RegionMaps({k: v.clone() for k, v in before.pyramid.items()}, *before[1:])
    changed.pyramid["p3"][..., :, 5] += 5.0  # the column x = 40 .. 48, left of the box
    with torch.no_grad():
        one, other = head(before, box), head(changed, box)
    assert not torch.allclose(one.class_logits, other.class_logits)


def test_mask_logits_for_every_box_of_every_picture_none_among_them():
    head = MaskHead(24)
    assert head(maps(3), BOXES).logits.shape == (3, 28, 28)
    assert head(maps(3), [torch.zeros(0, 4)] * 3).logits.shape == (0, 28, 28)
