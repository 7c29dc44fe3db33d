"""The decoder sees no more of a picture than the boxes need, and says the same."""

from __future__ import annotations

import pytest
import torch

from wildpose.models.chart_rcnn.decoder import Decoder, Window
from wildpose.models.chart_rcnn.pyramid import STRIDES, WIDTH, Cutter

GRID = 14, 16
"""Rows and columns of p5: a picture of 448 x 512 pixels."""
BOXES = {
    "in the middle": [[200.0, 180, 290, 260]],
    "two": [[150.3, 200.7, 190, 240], [260.1, 130, 300, 275.4]],
    "at an edge": [[0.0, 300, 60, 448]],
    "at the last corner": [[480.5, 430.2, 512, 448]],
    "all of it": [[0.0, 0, 512, 448]],
    "without an area": [[250.0, 250, 250, 250]],
}
CUTTERS = Cutter(28, 2, False), Cutter(28, 0, True)


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def levels() -> list[torch.Tensor]:
    return [torch.randn(1, WIDTH, *(n * STRIDES[3] // stride for n in GRID))
            for stride in STRIDES[:4]]


@pytest.fixture(scope="module")
def whole(decoder, levels) -> torch.Tensor:
    return decoder(levels)


def farthest(decoder: Decoder, levels: list[torch.Tensor], whole: torch.Tensor, name: str) -> float:
    """Largest difference of the regions of boxes, cut from a window and from the whole map."""
    boxes = torch.tensor(BOXES[name])
    window = Window.around(boxes, GRID)
    part = decoder(window.cut(levels))
    return max(float((cutter.from_one(part, window.moved(boxes), STRIDES[0])
                      - cutter.from_one(whole, boxes, STRIDES[0])).abs().max())
               for cutter in CUTTERS)


@pytest.mark.parametrize("name", BOXES)
def test_regions_are_those_of_the_whole_picture(name, decoder, levels, whole):
    assert farthest(decoder, levels, whole, name) <= 1e-5 * float(whole.abs().max())


def test_a_narrower_window_would_be_noticed(decoder, levels, whole, monkeypatch):
    monkeypatch.setattr("wildpose.models.chart_rcnn.decoder.REACH", 1)
    assert farthest(decoder, levels, whole, "in the middle") > 1e-3


def test_a_window_is_no_larger_than_it_has_to_be():
    assert Window.around(torch.tensor(BOXES["in the middle"]), GRID) == (2, 3, 12, 13)
    assert Window.around(torch.tensor(BOXES["at an edge"]), GRID) == (6, 0, 14, 5)
    assert Window.around(torch.tensor(BOXES["all of it"]), GRID) == (0, 0, *GRID)
